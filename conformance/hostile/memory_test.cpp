// How much private memory one attacker can make the program take: below 32 MiB at the peak,
// whatever it does (wire 10: 24 MiB and what keeps the books), where writes wait for the disk one
// message more. The program is started as users
// start it.
#include <hostile/attack.hpp>
#include <hostile/memory_watch.hpp>
#include <replay/published_names.hpp>
#include <replay/values.hpp>
#include <stage/rpc_peer.hpp>
#include <stage/stage.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/store_service/messages.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/sync_gate.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/byte_stream.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>

namespace trunkline::hostile {
namespace {

namespace kind = replay::kind;
namespace method = replay::method;

using namespace std::chrono_literals;
using stage::byte_string;
using stage::rpc_peer;

constexpr std::size_t growth_max = 32 * mib;
constexpr auto patience = 120s;
constexpr auto quiet_after = 1s;
constexpr auto stuck_after = 3s;

/// What writes wait for. A stalled disk comes back only at the end.
enum class disk : std::uint8_t { not_at_all, stalled };

/// The program under attack, and peers of it, all on one loop of ours.
class attacked_program {
public:
    explicit attacked_program(disk writes_wait)
        : program_({TRUNKLINE_PROGRAM, "serve", (folder_ / "store.bin").string(), "--port", "0",
                    "--port-file", (folder_ / "port").string(), "--log-level", "error",
                    "--durability", writes_wait == disk::stalled ? "group" : "os"},
                   writes_wait == disk::stalled ? gate_.environment(TRUNKLINE_FAULT_SWITCH)
                                                : std::map<std::string, std::string>()) {
        for (std::string line = program_.read_output_line(); !line.empty();
             line = program_.read_output_line()) {
            if (line.find("Server running on") != std::string::npos) {
                break;
            }
        }
        std::string const port = read_file(folder_ / "port");
        address_ = transport::socket_address::parse("127.0.0.1",
                                                    static_cast<std::uint16_t>(std::stoi(port)))
                       .value();
    }

    /// A link without a word yet.
    std::unique_ptr<rpc_peer> dial(frame::layout layout) {
        return std::make_unique<rpc_peer>(stage::connect(loop_, address_), layout);
    }

    /// A connection with one call answered.
    std::unique_ptr<rpc_peer> connect(frame::layout layout) {
        auto peer = dial(layout);
        peer->upgrade();
        send_good_call(*peer, first_call);
        EXPECT_TRUE(run_until([&] { return peer->answer(first_call).has_value(); }));
        return peer;
    }

    bool run_until(std::function<bool()> const& done, stage::world::duration at_most = patience) {
        return stage::run_until(loop_, done, at_most);
    }

    /// Runs until all is sent or the program has ended the link, and then for a while longer. Of a
    /// deaf attacker the program need not take all; then until it takes no more.
    void play_out(std::vector<std::unique_ptr<rpc_peer>> const& attackers, bool deaf) {
        auto const unsent = [&] {
            std::size_t sum = 0;
            for (auto const& each : attackers) {
                sum += each->link().ended() ? 0 : each->link().unsent();
            }
            return sum;
        };
        if (!deaf) {
            EXPECT_TRUE(run_until([&] { return unsent() == 0; })) << unsent() << " bytes not sent";
        }
        for (auto before = unsent(); deaf && before != 0;) {
            run_until([&] { return unsent() == 0; }, stuck_after);
            auto const now = unsent();
            before = now == before ? 0 : now;
        }
        run_until([] { return false; }, quiet_after);
    }

    [[nodiscard]] pid_t id() const { return program_.id(); }

    /// Returns when a write waits for the disk.
    void wait_for_sync() { gate_.wait_for_sync(); }

    void expect_clean_end() {
        gate_.open();
        program_.signal(SIGTERM);
        EXPECT_EQ(program_.wait(), 0);
    }

private:
    scratch_folder folder_;
    test_support::sync_gate gate_{folder_ / "gate"};
    test_support::child_process program_;
    transport::asio_runtime loop_;
    transport::socket_address address_;
};

/// What an attacker does with what comes back.
enum class ear : std::uint8_t { hears, deaf };

/// When an attack begins.
enum class moment : std::uint8_t { after_a_call, before_the_upgrade };

struct memory_attack {
    char const* name;
    char const* does;  ///< for docs/limits.md
    void (*act)(rpc_peer&);
    ear hearing = ear::hears;
    moment begins = moment::after_a_call;
    disk writes_wait = disk::not_at_all;
};

/// Takes everything and keeps it: turns the words of an attack into bytes beforehand, so that
/// writing them down takes no time from the peers.
class notepad final : public transport::byte_stream {
public:
    explicit notepad(byte_string& into) : into_(into) {}

    transport::io_result read(mutable_bytes) override {
        return {transport::io_status::would_block, 0, {}};
    }
    transport::io_result write(std::span<bytes_view const> pieces) override {
        std::size_t size = 0;
        for (bytes_view const each : pieces) {
            into_.insert(into_.end(), each.begin(), each.end());
            size += each.size();
        }
        return {transport::io_status::ok, size, {}};
    }
    [[nodiscard]] bool holds_unsent() const noexcept override { return false; }
    void shutdown_write() override {}
    void close(bool) override {}
    void watch(transport::readiness_sink*, bool, bool) override {}
    void acknowledge_now() override {}
    void hold_back(bool) override {}
    [[nodiscard]] std::string peer() const override { return {}; }
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const override {
        return std::nullopt;
    }
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const override {
        return std::nullopt;
    }
    [[nodiscard]] transport::file_descriptor release() override { return {}; }

private:
    byte_string& into_;
};

byte_string bytes_of(memory_attack const& attack, frame::layout layout) {
    byte_string bytes;
    rpc_peer writer(std::make_unique<notepad>(bytes), layout);
    attack.act(writer);
    return bytes;
}

void PrintTo(memory_attack const& shown, std::ostream* out) {
    *out << shown.name;
}

void million_opens(rpc_peer& peer) {
    for (std::uint32_t id = 1; id <= 1'000'000; ++id) {
        send_frame(peer, kind::open, id, 0, encode({.request_id = id, .method_id = method::len}));
    }
}

void million_silent_opens(rpc_peer& peer) {
    for (std::uint32_t id = 1; id <= 1'000'000; ++id) {
        send_frame(peer, kind::open, id, 0, {});
    }
}

void million_gaps(rpc_peer& peer) {
    for (std::uint32_t i = 1; i <= 1'000'000; ++i) {
        send_frame(peer, kind::data, i % 4000, 1 + i / 4000 * 2, as_bytes("x"));
    }
}

/// Begins streams, so that none gives way, and never sends the frame that all others wait for.
void frames_ahead(rpc_peer& peer, std::uint32_t streams, std::uint32_t of_each) {
    for (std::uint32_t id = 1; id <= streams; ++id) {
        send_frame(peer, kind::open, id, 0, {});
        for (std::uint32_t i = 0; i < of_each; ++i) {
            send_frame(peer, kind::data, id, 2 + i, as_bytes("x"));
        }
    }
}

void single_bytes_ahead_128_of_each_stream(rpc_peer& peer) {
    frames_ahead(peer, 4000, 128);
}

void single_bytes_ahead_129_of_each_stream(rpc_peer& peer) {
    frames_ahead(peer, 4000, 129);
}

void one_message_at_the_limit(rpc_peer& peer) {
    byte_string const piece(chunk_size);
    send_frame(peer, kind::open, 7, 0, encode({.method_id = method::write}));
    for (std::uint32_t i = 1; i < session_limits{}.message_size_max / chunk_size; ++i) {
        send_frame(peer, kind::data, 7, i, piece);
    }
}

/// Gives up nearly all that is held in small blocks, then sends what takes large ones: memory that
/// cannot go back to the system counts too.
void one_message_after_frames_ahead(rpc_peer& peer) {
    frames_ahead(peer, 1000, 140);
    for (std::uint32_t id = 1; id < 1000; ++id) {
        send_frame(peer, kind::cancel, id, 0, {});
    }
    one_message_at_the_limit(peer);
}

void one_message_after_small_ones(rpc_peer& peer) {
    byte_string const piece(50'000);
    for (std::uint32_t id = 100; id < 500; ++id) {
        send_frame(peer, kind::open, id, 0, encode({.request_id = id, .method_id = method::write}));
        send_frame(peer, kind::data, id, 1, piece);
    }
    for (std::uint32_t id = 100; id < 499; ++id) {
        send_frame(peer, kind::cancel, id, 0, {});
    }
    one_message_at_the_limit(peer);
}

void large_gaps(rpc_peer& peer) {
    byte_string const piece(chunk_size);
    for (std::uint32_t i = 0; i < 1024; ++i) {
        send_frame(peer, kind::data, i / 15, 1 + i % 15, piece);
    }
}

void many_messages(rpc_peer& peer) {
    byte_string const piece(chunk_size);
    for (std::uint32_t id = 100; id < 140; ++id) {
        send_frame(peer, kind::open, id, 0, encode({.request_id = id, .method_id = method::write}));
        for (std::uint32_t i = 1; i <= 16; ++i) {
            send_frame(peer, kind::data, id, i, piece);
        }
    }
}

void message_of_single_bytes(rpc_peer& peer) {
    send_frame(peer, kind::open, 7, 0, encode({.method_id = method::write}));
    for (std::uint32_t i = 1; i <= 1'000'000; ++i) {
        send_frame(peer, kind::data, 7, i, as_bytes("x"));
    }
}

void metadata_without_end(rpc_peer& peer) {
    byte_string const metadata(65535);
    for (std::uint32_t id = 100; id < 1100; ++id) {
        auto const bytes =
            encode({.request_id = id, .method_id = method::write, .metadata = metadata});
        send_frame(peer, kind::open, id, 0, bytes);
    }
}

/// The header of an RPC frame at its limit: what follows is payload, whatever it is.
byte_string header_at_the_limit(frame::layout layout) {
    byte_string header = stage::encode({7, 0, kind::open, {}}, layout);
    store_le(header.data(), static_cast<std::uint32_t>(session_limits{}.frame_payload_size_max));
    return header;
}

void websocket_message_that_does_not_end(rpc_peer& peer) {
    byte_string payload = header_at_the_limit(peer.layout());
    payload.resize(session_limits{}.message_size_max - 1);
    peer.link().send(stage::encode({.payload = payload, .fin = false}));
}

void websocket_fragments_of_one_byte(rpc_peer& peer) {
    byte_string bytes =
        stage::encode({.payload = header_at_the_limit(peer.layout()), .fin = false});
    byte_string const next =
        stage::encode({.code = stage::op_continuation, .payload = as_bytes("x"), .fin = false});
    for (int i = 0; i < 1'000'000; ++i) {
        bytes.insert(bytes.end(), next.begin(), next.end());
    }
    peer.link().send(bytes);
}

void pings_without_reading(rpc_peer& peer) {
    byte_string const payload(125);
    byte_string const ping = stage::encode({.code = stage::op_ping, .payload = payload});
    byte_string bytes;
    for (int i = 0; i < 200'000; ++i) {
        bytes.insert(bytes.end(), ping.begin(), ping.end());
    }
    peer.link().send(bytes);
}

void requests_without_reading(rpc_peer& peer) {
    for (std::uint32_t id = 100; id < 300'000; ++id) {
        send_good_call(peer, id);
    }
}

/// A list of `count` records of `strings` empty byte strings: one bit each.
byte_string list_of_empty(std::uint32_t count, int strings) {
    byte_string bytes = replay::from_hex("ff02");
    bytes.resize(6);
    store_le(bytes.data() + 2, count);
    for (; strings > 0; --strings) {
        bytes.push_back(std::byte{10});
        bytes.resize(bytes.size() + (count + 7) / 8);
    }
    return bytes;
}

void lists_of_nothing(rpc_peer& peer) {
    for (std::uint32_t id = 100; id < 110; ++id) {
        send_call(peer, id, method::batch_read, list_of_empty(1024 * 1024, 1));
        send_call(peer, id + 100, method::batch_write, list_of_empty(1024 * 1024, 2));
    }
}

/// Asks 20,000 times in one call for a value of 1 MiB. `first` and the bytes after it repeat: one
/// value for bytes that can be packed, 256 for bytes that cannot.
void ask_for_too_much(rpc_peer& peer, unsigned values, std::uint32_t times) {
    byte_string write = replay::from_hex("016bff0200001000");
    write.push_back(std::byte{0});
    for (std::size_t i = 0; i < mib; ++i) {
        write.push_back(static_cast<std::byte>(i % values));
    }
    send_call(peer, 50, method::write, write);
    byte_string keys = replay::from_hex("ff02");
    keys.resize(6);
    store_le(keys.data() + 2, times);
    // Lengths: all 1, packed with base 2 and eight in a byte; then the bytes "k", packed the same
    // way above a minimum.
    keys.push_back(std::byte{10});
    keys.resize(keys.size() + times / 8, std::byte{0xff});
    keys.push_back(std::byte{9});
    keys.push_back(std::byte{'k'});
    keys.resize(keys.size() + times / 8, std::byte{0});
    send_call(peer, 51, method::batch_read, keys);
}

void one_answer_of_twenty_gigabytes(rpc_peer& peer) {
    ask_for_too_much(peer, 256, 20'000);
}

void one_answer_of_twenty_gigabytes_to_pack(rpc_peer& peer) {
    ask_for_too_much(peer, 2, 20'000);
}

void large_answers_unread(rpc_peer& peer) {
    ask_for_too_much(peer, 256, 8);
    for (std::uint32_t id = 100; id < 10'000; ++id) {
        send_call(peer, id, method::read, replay::from_hex("016b"));
    }
}

void large_answers_to_pack_unread(rpc_peer& peer) {
    ask_for_too_much(peer, 2, 8);
    for (std::uint32_t id = 100; id < 10'000; ++id) {
        send_call(peer, id, method::read, replay::from_hex("016b"));
    }
}

/// An event travels as a call does, but for the type in its head.
void send_event(rpc_peer& peer, std::uint32_t id, std::uint64_t method_id, bytes_view arguments) {
    message_bytes const head{.type = replay::type::event,
                             .request_id = id,
                             .method_id = method_id,
                             .metadata = arguments};
    send_frame(peer, kind::open, id, 0, encode(head));
    send_frame(peer, kind::end, id, 1, {});
}

void million_events_for_the_disk(rpc_peer& peer) {
    byte_string const tiny = replay::from_hex("000176");  // an empty key, the value "v"
    for (std::uint32_t id = 1; id <= 1'000'000; id += 2) {
        send_event(peer, id, method::write, tiny);
        send_event(peer, id + 1, method::remove, bytes_view(tiny).first(1));
    }
}

void million_writes_for_the_disk(rpc_peer& peer) {
    byte_string const tiny = replay::from_hex("000176");
    for (std::uint32_t id = 100; id <= 1'000'000; ++id) {
        send_call(peer, id, method::write, tiny);
    }
}

void batches_of_tiny_values_for_the_disk(rpc_peer& peer) {
    store_service::batch_write_request batch;
    for (bool const empty : {true, false}) {
        batch.entries.assign(80'000, {{}, as_bytes(empty ? "" : "v")});
        byte_string const arguments = bitcode::encode(batch).to_vector();
        for (std::uint32_t id = 0; id < 200; ++id) {
            send_event(peer, (empty ? 100 : 1100) + id, method::batch_write, arguments);
        }
    }
}

void large_writes_for_the_disk(rpc_peer& peer) {
    byte_string const value(mib, std::byte{'x'});
    auto const arguments =
        bitcode::encode(store_service::write_request{as_bytes("k"), value}).to_vector();
    for (std::uint32_t id = 100; id < 200; ++id) {
        send_call(peer, id, method::write, arguments);
    }
}

void largest_writes_for_the_disk(rpc_peer& peer) {
    byte_string const value(session_limits{}.message_size_max - 100, std::byte{'x'});
    auto const arguments =
        bitcode::encode(store_service::write_request{as_bytes("k"), value}).to_vector();
    for (std::uint32_t id = 100; id < 104; ++id) {
        send_call(peer, id, method::write, arguments);
    }
}

void http_head_without_end(rpc_peer& peer) {
    peer.link().send("GET /ws HTTP/1.1\r\nX: " + std::string(64 * mib, 'y'));
}

void http_fields_without_end(rpc_peer& peer) {
    std::string text = "GET /ws HTTP/1.1\r\n";
    for (int i = 0; i < 4'000'000; ++i) {
        text += "X-Field: y\r\n";
    }
    peer.link().send(text);
}

void bytes_behind_an_upgrade_unread(rpc_peer& peer) {
    peer.upgrade();
    requests_without_reading(peer);
}

constexpr memory_attack attacks[] = {
    {"http_head_without_end", "one HTTP field of 64 MiB", http_head_without_end, ear::hears,
     moment::before_the_upgrade},
    {"http_fields_without_end", "four million HTTP fields", http_fields_without_end, ear::deaf,
     moment::before_the_upgrade},
    {"bytes_behind_an_upgrade_unread",
     "300,000 calls sent behind the upgrade request, nothing read", bytes_behind_an_upgrade_unread,
     ear::deaf, moment::before_the_upgrade},
    {"million_opens", "a million requests begun, none ended", million_opens},
    {"million_opens_unread", "the same, refusals not read", million_opens, ear::deaf},
    {"million_silent_opens", "a million streams opened without a word", million_silent_opens},
    {"million_gaps", "a million frames ahead of their turn, on 4,000 streams", million_gaps},
    {"single_bytes_ahead_128_of_each_stream",
     "128 frames of one byte ahead of their turn on each of 4,000 streams",
     single_bytes_ahead_128_of_each_stream},
    {"single_bytes_ahead_129_of_each_stream", "one more on each",
     single_bytes_ahead_129_of_each_stream},
    {"one_message_after_frames_ahead",
     "the like on 1,000 streams, nearly all cancelled, then one request of 16 MiB",
     one_message_after_frames_ahead},
    {"one_message_after_small_ones",
     "400 requests of 50 KB, all but one cancelled, then one request of 16 MiB",
     one_message_after_small_ones},
    {"large_gaps", "frames of 64 KiB ahead of their turn", large_gaps},
    {"one_message_at_the_limit", "one request of 16 MiB that does not end",
     one_message_at_the_limit},
    {"many_messages", "40 requests of 1 MiB that do not end", many_messages},
    {"message_of_single_bytes", "a request in a million frames of one byte",
     message_of_single_bytes},
    {"metadata_without_end", "a thousand requests with 64 KiB of metadata each",
     metadata_without_end},
    {"websocket_message_that_does_not_end", "a WebSocket message of 16 MiB that does not end",
     websocket_message_that_does_not_end},
    {"websocket_fragments_of_one_byte", "a million fragments of one byte",
     websocket_fragments_of_one_byte},
    {"pings_without_reading", "200,000 pings, pongs not read", pings_without_reading, ear::deaf},
    {"requests_without_reading", "300,000 calls, answers not read", requests_without_reading,
     ear::deaf},
    {"lists_of_nothing", "batches of a million empty keys and values", lists_of_nothing},
    {"one_answer_of_twenty_gigabytes", "one batch read of 20,000 times 1 MiB",
     one_answer_of_twenty_gigabytes, ear::deaf},
    {"one_answer_of_twenty_gigabytes_to_pack", "the same with a value that packs",
     one_answer_of_twenty_gigabytes_to_pack, ear::deaf},
    {"large_answers_unread", "10,000 reads of 1 MiB, answers not read", large_answers_unread,
     ear::deaf},
    {"large_answers_to_pack_unread", "the same with a value that packs",
     large_answers_to_pack_unread, ear::deaf},
    {"million_events_for_the_disk",
     "a million writes and deletions of an empty key, sent as events", million_events_for_the_disk,
     ear::hears, moment::after_a_call, disk::stalled},
    {"million_writes_for_the_disk", "a million small writes", million_writes_for_the_disk,
     ear::hears, moment::after_a_call, disk::stalled},
    {"batches_of_tiny_values_for_the_disk", "batches of 80,000 empty or one-byte values",
     batches_of_tiny_values_for_the_disk, ear::hears, moment::after_a_call, disk::stalled},
    {"large_writes_for_the_disk", "writes of 1 MiB", large_writes_for_the_disk, ear::hears,
     moment::after_a_call, disk::stalled},
    {"largest_writes_for_the_disk", "writes of 16 MiB", largest_writes_for_the_disk, ear::hears,
     moment::after_a_call, disk::stalled},
};

std::size_t most_of(memory_attack const& attack) {
    bool const copied = attack.writes_wait == disk::stalled;
    return growth_max + (copied ? session_limits{}.message_size_max : 0);
}

/// What was measured, by attack and column, in the form of docs/limits.md.
std::map<std::string_view, std::map<std::string_view, std::size_t>> growths;

class memory : public ::testing::TestWithParam<memory_attack> {
public:
    static void TearDownTestSuite() {
        for (memory_attack const& each : attacks) {
            auto const& measured = growths[each.name];
            if (measured.empty()) {
                continue;
            }
            std::cout << "| `" << each.name << "` | " << each.does << " |";
            for (std::string_view const column : {"a", "b", "three"}) {
                auto const found = measured.find(column);
                if (found != measured.end()) {
                    std::cout << ' ' << std::fixed << std::setprecision(1)
                              << static_cast<double>(found->second) / mib;
                }
                std::cout << " |";
            }
            std::cout << '\n';
        }
    }

protected:
    static void attack_with(std::size_t attackers, frame::layout layout, char const* column) {
        memory_attack const& attack = GetParam();
        byte_string const bytes = bytes_of(attack, layout);
        attacked_program program(attack.writes_wait);
        auto const good = program.connect(layout);
        std::vector<std::unique_ptr<rpc_peer>> peers;
        for (std::size_t i = 0; i < attackers; ++i) {
            bool const called = attack.begins == moment::after_a_call;
            peers.push_back(called ? program.connect(layout) : program.dial(layout));
        }
        memory_watch const watch(program.id());
        for (auto const& each : peers) {
            each->link().discard(true);
            each->link().read(attack.hearing == ear::hears);
            each->link().send(bytes);
        }
        bool const stalled = attack.writes_wait == disk::stalled;
        program.play_out(peers, attack.hearing == ear::deaf || stalled);
        if (stalled) {
            program.wait_for_sync();
        }
        auto const growth = watch.peak_growth();
        growths[attack.name][column] = growth;
        EXPECT_LT(growth, attackers * most_of(attack));
        send_good_call(*good);
        EXPECT_TRUE(program.run_until([&] { return good->answer(last_call).has_value(); }));
        peers.clear();
        program.expect_clean_end();
    }
};

TEST_P(memory, of_one_attacker_with_layout_a) {
    attack_with(1, frame::layout::a, "a");
}

TEST_P(memory, of_one_attacker_with_layout_b) {
    attack_with(1, frame::layout::b, "b");
}

TEST_P(memory, of_three_attackers) {
    attack_with(3, frame::layout::b, "three");
}

INSTANTIATE_TEST_SUITE_P(attacks, memory, ::testing::ValuesIn(attacks),
                         [](auto const& each) { return std::string(each.param.name); });

TEST(memory_page, has_a_row_for_each_attack) {
    std::istringstream page(read_file(TRUNKLINE_SOURCE_DIR "/docs/limits.md"));
    std::vector<std::string> rows;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("| `")) {
            rows.push_back(line);
        }
    }
    ASSERT_EQ(rows.size(), std::size(attacks));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto const expected =
            "| `" + std::string(attacks[i].name) + "` | " + attacks[i].does + " | ";
        EXPECT_TRUE(rows[i].starts_with(expected)) << expected << " is not " << rows[i];
    }
}

}  // namespace
}  // namespace trunkline::hostile
