// kill -9 of a server that is written to: whatever it has answered is there, and nothing partial.
// TRUNKLINE_KILL_RUNS sets how often each way is tried (5), TRUNKLINE_KILL_SEED what chance does.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/check.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/test_support/running_server.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace test_support;

std::uint64_t number_from(char const* name, std::uint64_t otherwise) {
    char const* const text = std::getenv(name);
    return text != nullptr ? std::stoull(text) : otherwise;
}

// What a payload says about itself, so that a part of one or a mixture is seen.
std::string payload_of(std::string const& key, std::uint64_t version, std::size_t size) {
    auto const text = key + " " + std::to_string(version) + " ";
    std::string payload = text;
    while (payload.size() < size) {
        payload += text;
    }
    return payload;
}

// A deletion is a version, too; of every key each fifth.
bool deletes(std::uint64_t version) {
    return version % 5 == 4;
}

std::size_t size_of(std::uint64_t version) {
    constexpr std::array<std::size_t, 6> sizes{10, 60, 500, 5000, 9000, 70'000};
    return sizes[version % sizes.size()];
}

// The keys of one client: some written alone, and three always together. Survives the servers.
class written_keys {
public:
    explicit written_keys(int number) : name_("client " + std::to_string(number) + " key ") {}

    static constexpr std::size_t alone = 4;
    static constexpr std::size_t together = 3;
    static constexpr std::size_t key_count = alone + together;

    [[nodiscard]] std::string key(std::size_t at) const { return name_ + std::to_string(at); }

    struct state {
        std::uint64_t sent = 0;          // the version of the last write that was sent
        std::uint64_t acknowledged = 0;  // and of the last one that was answered
    };
    std::array<state, alone + 1> states{};  // the last one is that of the keys that go together

private:
    std::string name_;
};

class writing_client {
public:
    writing_client(running_server const& server, written_keys& keys, std::uint64_t seed)
        : caller_(server.connect()), keys_(keys), chance_(seed) {}

    // Until the server is gone. Several calls are under way at once.
    void write_until_the_end(std::atomic<std::uint64_t>& answered) {
        try {
            for (;;) {
                std::string frames;
                for (auto i = chance_() % 6 + 1; i > 0; --i) {
                    frames += next_call();
                }
                caller_->socket().send_raw(frames);
                while (noted_ < calls_.size()) {
                    if (!caller_->receive_one()) {
                        return;
                    }
                    answered += note_answers();
                }
            }
        } catch (std::exception const&) {
            // Killed, with some calls unanswered.
        }
    }

    [[nodiscard]] int refusals() const { return refusals_; }

private:
    std::string next_call() {
        auto const at = chance_() % keys_.states.size();
        auto const version = ++keys_.states[at].sent;
        calls_.emplace_back(at, version);
        using namespace store_service;
        if (at == written_keys::alone) {
            std::vector<std::string> keys;
            std::vector<std::string> payloads;
            batch_write_request request;
            for (std::size_t i = at; i < written_keys::key_count; ++i) {
                keys.push_back(keys_.key(i));
                payloads.push_back(payload_of(keys.back(), version, size_of(version + i)));
            }
            for (std::size_t i = 0; i < keys.size(); ++i) {
                request.entries.push_back({as_bytes(keys[i]), as_bytes(payloads[i])});
            }
            return bytes_of(batch_write.id, request);
        }
        auto const key = keys_.key(at);
        if (deletes(version)) {
            return bytes_of(remove.id, key_request{as_bytes(key)});
        }
        auto const payload = payload_of(key, version, size_of(version));
        return bytes_of(write.id, write_request{as_bytes(key), as_bytes(payload)});
    }

    template <class Request>
    std::string bytes_of(std::uint64_t id, Request const& request) {
        auto const arguments = bitcode::encode(request).to_vector();
        return caller_->call_bytes(id, as_text(arguments));
    }

    // Answers to one connection's writes come in their order.
    std::uint64_t note_answers() {
        std::uint64_t fresh = 0;
        for (; noted_ < calls_.size() && caller_->answers().contains(noted_); ++noted_, ++fresh) {
            auto const [at, version] = calls_[noted_];
            auto const& got = caller_->answers().at(noted_);
            refusals_ += got.code == rpc::status::success ? 0 : 1;
            keys_.states[at].acknowledged = version;
        }
        return fresh;
    }

    std::unique_ptr<store_caller> caller_;
    written_keys& keys_;
    std::mt19937_64 chance_;
    std::vector<std::pair<std::size_t, std::uint64_t>> calls_;
    std::size_t noted_ = 0;
    int refusals_ = 0;
};

class killed_servers : public ::testing::TestWithParam<char const*> {
protected:
    static constexpr int clients = 3;

    scratch_folder folder;
    std::string path = (folder / "s.bin").string();
    std::vector<written_keys> keys;
    std::uint64_t const seed = number_from("TRUNKLINE_KILL_SEED", std::random_device{}());
    std::mt19937_64 chance{seed};
    std::uint64_t answers = 0;

    void SetUp() override {
        for (int i = 0; i < clients; ++i) {
            keys.emplace_back(i);
        }
        std::printf("TRUNKLINE_KILL_SEED=%llu\n", static_cast<unsigned long long>(seed));
    }

    // A crash in the very first write of a file may leave no store.
    void make_first_entry() const {
        ASSERT_TRUE(store::store::open(path).value()->write(as_bytes("first"), as_bytes("entry")));
    }

    // A server that writes nothing on standard error but what it dies of.
    [[nodiscard]] static std::vector<std::string> flags() {
        return {"--threads", "2", "--durability", GetParam(), "--log-level", "error"};
    }

    // Lets the clients write to a server that ends at its call number `last`, perhaps before it
    // serves.
    void write_until_call(std::uint64_t last) {
        std::unique_ptr<running_server> server;
        try {
            server = std::make_unique<running_server>(
                TRUNKLINE_PROGRAM, path, flags(),
                std::map<std::string, std::string>{
                    {"LD_PRELOAD", TRUNKLINE_FAULT_SWITCH},
                    {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                    {"TRUNKLINE_TEST_KILL_AT", std::to_string(last)}});
        } catch (did_not_run const& end) {
            EXPECT_EQ(end.exit_code, exit_signal + SIGKILL) << end.what();
            EXPECT_EQ(end.error, "");
            return;
        }
        write_to(*server, [](std::uint64_t) {});
    }

    // Lets the clients write until the server is gone; `on_answers` may end it.
    void write_to(running_server& server, std::function<void(std::uint64_t)> const& on_answers) {
        std::vector<std::thread> threads;
        std::atomic<std::uint64_t> answered{0};
        std::atomic<int> running{clients};
        std::atomic<int> refusals{0};
        for (auto& each : keys) {
            threads.emplace_back([&, client_seed = chance()] {
                try {
                    writing_client client(server, each, client_seed);
                    client.write_until_the_end(answered);
                    refusals += client.refusals();
                } catch (std::exception const&) {
                    // It was gone before the connection stood.
                }
                --running;
            });
        }
        while (running != 0) {
            on_answers(answered);
            std::this_thread::yield();
        }
        for (auto& each : threads) {
            each.join();
        }
        EXPECT_EQ(refusals, 0);
        answers += answered;
        EXPECT_EQ(server.process().wait(), exit_signal + SIGKILL);
        EXPECT_EQ(server.process().rest_of_error(), "");
    }

    // One version for a key that was written alone; for keys that go together the same one.
    void check_file_after(std::string const& where) {
        auto const opened = store::store::open(path);
        if (!opened && opened.error() == store::store_error::not_a_store && nothing_kept()) {
            // Of the first write of the file something is there, and not all.
            std::filesystem::remove(path);
            forget_all();
            return;
        }
        ASSERT_TRUE(opened) << where << ": " << opened.error().message();
        auto const& data = *opened;
        for (auto& each : keys) {
            for (std::size_t at = 0; at < each.states.size(); ++at) {
                auto const found = version_in(*data, each, at);
                auto& known = each.states[at];
                EXPECT_TRUE(found && *found >= known.acknowledged && *found <= known.sent)
                    << where << ", " << each.key(at) << ": found "
                    << (found ? std::to_string(*found) : "something partial") << ", acknowledged "
                    << known.acknowledged << ", sent " << known.sent;
                known.acknowledged = known.sent = found.value_or(known.sent);
            }
        }
    }

    // True until anything has been answered, or found.
    [[nodiscard]] bool nothing_kept() const {
        return std::ranges::all_of(keys, [](written_keys const& of) {
            return std::ranges::all_of(of.states,
                                       [](auto const& known) { return known.acknowledged == 0; });
        });
    }

    void forget_all() {
        for (auto& each : keys) {
            each.states = {};
        }
    }

    // The version that the file holds, nothing for anything partial.
    static std::optional<std::uint64_t> version_in(store::store const& data, written_keys const& of,
                                                   std::size_t at) {
        auto const known = of.states[at];
        auto const last = at == written_keys::alone ? written_keys::key_count - 1 : at;
        for (auto version = known.sent;; --version) {
            bool all = true;
            for (auto i = at; i <= last; ++i) {
                auto const found = data.read(as_bytes(of.key(i)));
                bool const absent = version == 0 || (i < written_keys::alone && deletes(version));
                auto const size = size_of(i < written_keys::alone ? version : version + i);
                all = all && (absent ? !found
                                     : found && as_text(found->bytes) ==
                                                    payload_of(of.key(i), version, size));
            }
            if (all) {
                return version;
            }
            if (version == known.acknowledged) {
                return std::nullopt;
            }
        }
    }

    void check_whole_file() const {
        auto const report = store::check_file(path, 64, store::system_disk());
        ASSERT_TRUE(report);
        EXPECT_TRUE(report->sound());
        std::printf("%llu writes answered\n", static_cast<unsigned long long>(answers));
    }

    [[nodiscard]] static std::uint64_t runs() { return number_from("TRUNKLINE_KILL_RUNS", 5); }
};
INSTANTIATE_TEST_SUITE_P(at, killed_servers, ::testing::Values("os", "sync", "group"),
                         [](auto const& at) { return std::string(at.param); });

TEST_P(killed_servers, keep_what_they_answered_whatever_call_was_their_last) {
    make_first_entry();
    for (std::uint64_t run = 0; run < runs(); ++run) {
        // Few calls end it while it opens the file, many under load.
        auto const last = chance() % (run % 4 == 0 ? 60 : 6000) + 1;
        auto const where = "run " + std::to_string(run) + ", call " + std::to_string(last);
        write_until_call(last);
        check_file_after(where);
    }
    EXPECT_GT(answers, 0U);
    check_whole_file();
}

// A new file each time, and again and again what the one before has left.
TEST_P(killed_servers, keep_what_they_answered_from_the_first_write_of_a_file_on) {
    for (std::uint64_t run = 0; run < runs(); ++run) {
        std::filesystem::remove(path);
        forget_all();
        for (auto kill = 0; kill < 3; ++kill) {
            auto const last = chance() % 120 + 1;
            write_until_call(last);
            check_file_after("run " + std::to_string(run) + ", kill " + std::to_string(kill) +
                             ", call " + std::to_string(last));
        }
    }
    EXPECT_GT(answers, 0U);
}

TEST_P(killed_servers, keep_what_they_answered_whenever_they_are_killed) {
    make_first_entry();
    for (std::uint64_t run = 0; run < runs(); ++run) {
        running_server server(TRUNKLINE_PROGRAM, path, flags());
        auto const enough = chance() % 300;
        write_to(server, [&, sent = false](std::uint64_t answered) mutable {
            if (answered >= enough && !sent) {
                server.process().signal(SIGKILL);
                sent = true;
            }
        });
        check_file_after("run " + std::to_string(run));
    }
    check_whole_file();
}

// STO-12: a full disk or one that fails is told to callers, reads go on, the server stays up.
class sto_12_a_server_whose_disk_fails
    : public ::testing::TestWithParam<std::tuple<char const*, char const*, char const*>> {};
INSTANTIATE_TEST_SUITE_P(
    with, sto_12_a_server_whose_disk_fails,
    ::testing::Values(std::tuple("none", "TRUNKLINE_TEST_NO_SPACE_AT", "No space left on device"),
                      std::tuple("os", "TRUNKLINE_TEST_NO_SPACE_AT", "No space left on device"),
                      std::tuple("sync", "TRUNKLINE_TEST_NO_SPACE_AT", "No space left on device"),
                      std::tuple("group", "TRUNKLINE_TEST_NO_SPACE_AT", "No space left on device"),
                      std::tuple("sync", "TRUNKLINE_TEST_SYNC_FAILS_AT", "Input/output error"),
                      std::tuple("group", "TRUNKLINE_TEST_SYNC_FAILS_AT", "Input/output error")));

TEST_P(sto_12_a_server_whose_disk_fails, says_so_and_goes_on_reading) {
    auto const [level, fault, text] = GetParam();
    scratch_folder const folder;
    auto const path = (folder / "s.bin").string();
    {
        running_server server(TRUNKLINE_PROGRAM, path, {"--durability", level},
                              {{"LD_PRELOAD", TRUNKLINE_FAULT_SWITCH},
                               {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                               {fault, "8"}});
        auto const client = server.connect();
        std::size_t done = 0;
        answer got;
        do {
            std::string const key{'k', static_cast<char>('a' + done)};
            got = client->call(method_write, short_write(key, "v"));
            ++done;
        } while (got.code == rpc::status::success && done < 20);
        EXPECT_EQ(got.code, rpc::status::system_error);
        EXPECT_EQ(got.body, text);
        auto const refused = client->call(method_write, short_write("x", "v"));
        EXPECT_EQ(refused.code, rpc::status::system_error);
        EXPECT_EQ(refused.body,
                  "the store is read-only: it was opened for reading, or a write to it failed");
        EXPECT_EQ(client->call(method_read, short_read("ka")).body, "\x01\x01v");
        EXPECT_EQ(client->call(method_read, short_read("x")).body, std::string(1, '\0'));
        EXPECT_EQ(client->call(method_len, "").body,
                  std::string("\x06") + static_cast<char>(done - 1));
        server.process().signal(SIGTERM);
        static_cast<void>(server.process().wait());
        auto const data = store::store::open(path).value();
        EXPECT_EQ(data->size(), done - 1) << "all that was acknowledged, and nothing else";
    }
}

// What was answered at the level os is on the disk once the server has ended in order; where the
// disk fails, the server says so.
TEST(serve_that_stops, hands_the_store_to_the_disk) {
    scratch_folder const folder;
    auto const path = (folder / "s.bin").string();
    ASSERT_TRUE(store::store::open(path).value()->write(as_bytes("first"), as_bytes("entry")));
    running_server server(TRUNKLINE_PROGRAM, path, {},
                          {{"LD_PRELOAD", TRUNKLINE_FAULT_SWITCH},
                           {"ASAN_OPTIONS", "verify_asan_link_order=0"},
                           {"TRUNKLINE_TEST_SYNC_FAILS_AT", "1"}});
    auto const client = server.connect();
    ASSERT_EQ(client->call(method_write, short_write("k", "v")).code, rpc::status::success);
    EXPECT_EQ(server.stop(), exit_failure);
    EXPECT_NE(server.process().rest_of_error().find("Input/output error"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::cli
