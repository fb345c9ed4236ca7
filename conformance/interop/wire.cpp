// Our client against a server of the store, published or ours (README.md):
//   exchange HOST:PORT SEED     every method against a model, alone on a fresh store; prints which
//                               layout the server answered to and how many calls it answered
//   together HOST:PORT SEED     many connections and calls at once
//   stop HOST:PORT SEED         calls without end; prints "calling"; when the server goes, each
//                               call under way ends once, with an error, and no other begins
#include <interop/wire_client.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <iterator>
#include <map>
#include <random>
#include <span>

namespace trunkline::interop {
namespace {

namespace service = store_service;
using byte_string = std::vector<std::byte>;

void require(bool holds, std::string const& what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

byte_string bytes_of(std::string_view text) {
    auto const bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

bool same(std::optional<bytes_view> found, byte_string const* expected) {
    return found.has_value() == (expected != nullptr) &&
           (!found || std::ranges::equal(*found, *expected));
}

/// Random bytes, none of them zero; `kinds` different ones, so that their packing varies.
byte_string random_bytes(std::mt19937_64& random, std::size_t size, std::uint64_t kinds) {
    byte_string made(size);
    std::ranges::generate(
        made, [&] { return std::byte{static_cast<std::uint8_t>(1 + random() % kinds)}; });
    return made;
}

/// The n-th key: empty, text of several scripts, any bytes, or longer than one frame.
byte_string key_of(std::uint64_t seed, std::uint64_t n) {
    auto key = bytes_of(std::to_string(seed) + "/" + std::to_string(n));
    if (n == 0) {
        key.clear();
    } else if (n % 6 == 1) {
        std::ranges::copy(bytes_of("/ключ/鍵/🗝"), std::back_inserter(key));
    } else if (n % 6 == 2) {
        std::mt19937_64 random(seed ^ n);
        std::generate_n(std::back_inserter(key), 256,
                        [&] { return std::byte{static_cast<std::uint8_t>(random())}; });
    } else if (n % 6 == 3) {
        key.insert(key.begin(), std::byte{0});
    } else if (n % 12 == 4) {
        key.resize(70'000, std::byte{'k'});
    }
    return key;
}

/// A success; points to what it says.
template <class Response>
struct answer {
    std::shared_ptr<reply<Response>> held;
    Response const* operator->() const { return &**held->value; }
};

/// Plays random calls and compares each answer with a map.
class exchange {
public:
    exchange(wire_client& server, std::uint64_t seed)
        : server_(server), seed_(seed), random_(seed) {}

    std::size_t run() {
        count();
        require(ask(service::file_size, {})->value == 0, "the store is not fresh");
        for (int step = 0; step < 600; ++step) {
            play_step();
        }
        sizes();
        refusals();
        batch_write(0);
        batch_read({});
        everything();
        return calls_;
    }

private:
    template <class Method>
    answer<typename Method::response> ask(Method const& method,
                                          typename Method::request const& request) {
        ++calls_;
        return {server_.ask(method, request)};
    }

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    byte_string const* expected(byte_string const& key) const {
        auto const found = model_.find(key);
        return found == model_.end() ? nullptr : &found->second;
    }

    void expect_tail(std::uint64_t tail) {
        require(ask(service::file_size, {})->value == tail, "a tail that is not the file's size");
    }

    void write(byte_string const& key, byte_string value) {
        expect_tail(ask(service::write, {key, value})->tail_offset);
        model_[key] = std::move(value);
    }

    void batch_write(std::uint64_t count) {
        std::vector<std::pair<byte_string, byte_string>> entries;
        for (; count > 0; --count) {
            entries.emplace_back(key_of(seed_, below(40)), random_bytes(random_, 1 + below(60), 9));
        }
        service::batch_write_request request;
        for (auto const& [key, value] : entries) {
            request.entries.push_back({key, value});
        }
        expect_tail(ask(service::batch_write, request)->tail_offset);
        for (auto& [key, value] : entries) {
            model_[key] = std::move(value);
        }
    }

    void remove(byte_string const& key) {
        auto const before = ask(service::file_size, {})->value;
        auto const tail = ask(service::remove, {key})->tail_offset;
        require(tail == before + (model_.erase(key) > 0 ? 21 : 0), "the tail after a delete");
        look_at(key);
    }

    void look_at(byte_string const& key) {
        auto const* const wanted = expected(key);
        require(ask(service::exists, {key})->value == (wanted != nullptr), "exists");
        require(same(ask(service::read, {key})->entry_payload, wanted), "read");
    }

    void batch_read(std::vector<byte_string> const& keys) {
        service::batch_read_request request;
        request.keys.assign(keys.begin(), keys.end());
        auto const got = ask(service::batch_read, request);
        require(got->entries_payloads.size() == keys.size(), "batch_read: number of values");
        for (std::size_t at = 0; at < keys.size(); ++at) {
            require(same(got->entries_payloads[at], expected(keys[at])), "batch_read");
        }
    }

    void count() {
        require(ask(service::len, {})->value == model_.size(), "len");
        require(ask(service::is_empty, {})->value == model_.empty(), "is_empty");
    }

    void play_step() {
        constexpr std::array<std::uint64_t, 5> kinds{2, 3, 6, 16, 255};
        auto const key = key_of(seed_, below(50));
        switch (below(9)) {
            case 0:
            case 1:
            case 2:
                return write(key, random_bytes(random_, 1 + below(400), kinds[below(5)]));
            case 3:
                return batch_write(below(12));
            case 4:
                return remove(key);
            case 5: {
                std::vector<byte_string> keys(below(30));
                std::ranges::generate(keys, [this] { return key_of(seed_, below(60)); });
                return batch_read(keys);
            }
            case 6:
                return count();
            default:
                return look_at(key);
        }
    }

    void sizes() {
        for (std::size_t const size :
             {1,     2,     3,     63,    64,    65,    254,   255,    256,     4096,
              65505, 65519, 65520, 65521, 65535, 65536, 65537, 131072, 1 << 20, 3 << 20}) {
            for (std::uint64_t const kinds : {2, 255}) {
                auto const key = bytes_of(std::to_string(size) + " " + std::to_string(kinds));
                write(key, random_bytes(random_, size, kinds));
                look_at(key);
            }
        }
    }

    template <class Method>
    void refuse(Method const& method, typename Method::request const& request,
                std::string_view text) {
        ++calls_;
        auto const got = server_.try_ask(method, request);
        require(got->code == rpc::status::system_error, "a status that is not 2");
        require(as_text(got->body) == text, "another text: " + std::string(as_text(got->body)));
    }

    void refusals() {
        byte_string const refused = bytes_of("refused");
        byte_string const good = bytes_of("good");
        for (auto const& [value, text] :
             {std::pair(byte_string{}, "Payload cannot be empty."),
              std::pair(byte_string(1), "NULL-byte payloads cannot be written directly.")}) {
            refuse(service::write, {refused, value}, text);
            refuse(service::batch_write, {{{good, good}, {refused, value}}}, text);
        }
        look_at(good);
        look_at(refused);
        write(bytes_of("zeros"), byte_string(2));
        look_at(bytes_of("zeros"));
    }

    void everything() {
        std::vector<byte_string> keys;
        for (std::uint64_t n = 0; n < 60; ++n) {
            keys.push_back(key_of(seed_, n));
        }
        for (auto const& [key, value] : model_) {
            keys.push_back(key);
        }
        for (auto const& key : keys) {
            look_at(key);
        }
        batch_read(keys);
        count();
    }

    wire_client& server_;
    std::uint64_t seed_;
    std::mt19937_64 random_;
    std::map<byte_string, byte_string> model_;
    std::size_t calls_ = 0;
};

/// One key written, read, deleted and missed, each call made by the answer to the one before.
class errand {
public:
    errand(wire_world& world, wire_client& server, byte_string key, byte_string value)
        : world_(world), server_(server), key_(std::move(key)), value_(std::move(value)) {}

    void begin() {
        server_.call(service::write, {key_, value_}, [this](auto const& got) {
            world_.require(got->value.has_value(), "write");
            read();
        });
    }

    [[nodiscard]] bool done() const { return done_; }

private:
    void read() {
        server_.call(service::read, {key_}, [this](auto const& got) {
            world_.require(got->value && same((**got->value).entry_payload, &value_), "read");
            remove();
        });
    }

    void remove() {
        server_.call(service::remove, {key_}, [this](auto const& got) {
            world_.require(got->value.has_value(), "delete");
            miss();
        });
    }

    void miss() {
        server_.call(service::batch_read, {{key_}}, [this](auto const& got) {
            world_.require(got->value && same((**got->value).entries_payloads.at(0), nullptr),
                           "missing");
            done_ = true;
        });
    }

    wire_world& world_;
    wire_client& server_;
    byte_string key_;
    byte_string value_;
    bool done_ = false;
};

void run_together(wire_world& world, std::string const& address, std::uint64_t seed) {
    auto const layout = wire_client::detect(world, address)->layout();
    std::vector<std::unique_ptr<wire_client>> servers;
    std::vector<std::unique_ptr<errand>> errands;
    std::mt19937_64 random(seed);
    for (int connection = 0; connection < 4; ++connection) {
        servers.push_back(std::make_unique<wire_client>(world, address, layout));
        for (std::size_t n = 0; n < 60; ++n) {
            auto const name =
                std::to_string(seed) + " " + std::to_string(connection) + " " + std::to_string(n);
            errands.push_back(
                std::make_unique<errand>(world, *servers.back(), bytes_of(name),
                                         random_bytes(random, 1 + n * 997 % 50'000, 255)));
            errands.back()->begin();
        }
    }
    auto const all_done = [&errands] {
        return std::ranges::all_of(errands, [](auto const& each) { return each->done(); });
    };
    require(world.wait(all_done, wire_client::patience), "calls without an answer");
}

/// Writes without end on one connection, eight at a time, until each has failed.
class endless {
public:
    endless(wire_world& world, wire_client& server) : world_(world), server_(server) {
        for (std::size_t lane = 0; lane < open_.size(); ++lane) {
            write(lane);
        }
    }

    [[nodiscard]] std::size_t answered() const { return answered_; }
    [[nodiscard]] bool all_lost() const { return lost_ == open_.size(); }

private:
    void write(std::size_t lane) {
        open_[lane] = true;
        server_.call(service::write, {bytes_of(std::to_string(lane)), value_},
                     [this, lane](auto const& got) {
                         world_.require(open_[lane], "a call ended twice");
                         open_[lane] = false;
                         if (got->lost) {
                             ++lost_;
                             return;
                         }
                         world_.require(got->value.has_value(), "write");
                         ++answered_;
                         write(lane);
                     });
    }

    wire_world& world_;
    wire_client& server_;
    byte_string value_ = byte_string(3000, std::byte{7});
    std::array<bool, 8> open_{};
    std::size_t answered_ = 0;
    std::size_t lost_ = 0;
};

void run_stop(wire_world& world, std::string const& address) {
    auto const server = wire_client::detect(world, address);
    endless calls(world, *server);
    require(world.wait([&] { return calls.answered() >= 100; }, wire_client::patience),
            "no answers");
    std::cout << "calling\n" << std::flush;
    require(world.wait([&] { return calls.all_lost() && server->ended(); }, wire_client::patience),
            "calls that neither were answered nor failed");
    bool refused = false;
    server->call(service::len, {}, [&refused](auto const& got) { refused = got->lost.failed(); });
    require(refused, "a call on a connection that has ended");
}

int run(std::span<std::string const> words) {
    require(words.size() == 3, "exchange, together or stop, HOST:PORT, SEED");
    auto const seed = std::stoull(words[2]);
    wire_world world;
    if (words[0] == "exchange") {
        auto const server = wire_client::detect(world, words[1]);
        auto const calls = exchange(*server, seed).run();
        std::cout << (server->layout() == frame::layout::a ? "old" : "new") << " header, " << calls
                  << " calls\n";
    } else if (words[0] == "together") {
        run_together(world, words[1], seed);
    } else if (words[0] == "stop") {
        run_stop(world, words[1]);
    } else {
        require(false, "no such word: " + words[0]);
    }
    return 0;
}

}  // namespace
}  // namespace trunkline::interop

int main(int count, char** arguments) {
    try {
        std::vector<std::string> const words(arguments + 1, arguments + count);
        return trunkline::interop::run(words);
    } catch (std::exception const& error) {
        std::cerr << "wire: " << error.what() << '\n';
        return 1;
    }
}
