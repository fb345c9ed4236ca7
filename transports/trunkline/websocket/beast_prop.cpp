#include <trunkline/websocket/beast_peer.hpp>

#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/test_deflate.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace trunkline::websocket {
namespace {

using testing::beast_outcome;
using testing::difference_from_beast;
using testing::frame;
using testing::verdict;

/// Frames that make sense more often than not.
std::string gen_payload(opcode code) {
    if (code == opcode::close && *rc::gen::arbitrary<bool>()) {
        return testing::close_payload(*rc::gen::inRange(995U, 1020U),
                                      *rc::gen::arbitrary<std::string>());
    }
    if (code == opcode::text) {
        static std::string const texts[] = {"plain",
                                            "gr\xc3\xbc\xc3\x9f",
                                            "\xe2\x82\xac",
                                            "\xf0\x9f\x98\x80",
                                            "\xe2\x82",
                                            "\xc0\x80",
                                            ""};
        return *rc::gen::elementOf(std::vector<std::string>(std::begin(texts), std::end(texts)));
    }
    auto const size = *rc::gen::element<std::size_t>(0, 1, 5, 125, 126, 127, 300);
    return std::string(size, *rc::gen::arbitrary<char>());
}

std::string gen_frame(role sender) {
    auto const code = *rc::gen::element(opcode::text, opcode::text, opcode::binary, opcode::binary,
                                        opcode::continuation, opcode::continuation, opcode::ping,
                                        opcode::pong, opcode::close);
    bool const fin = is_control(code) || *rc::gen::arbitrary<bool>();
    auto payload = gen_payload(code);
    if (is_control(code) && payload.size() > 125) {
        payload.resize(125);
    }
    return frame(sender, code, payload, fin, *rc::gen::arbitrary<mask_key>());
}

RC_GTEST_PROP(beast_prop, random_frames_mean_the_same, (bool serving)) {
    role const us = serving ? role::server : role::client;
    std::string bytes;
    auto const count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
        bytes += gen_frame(testing::other(us));
    }
    if (*rc::gen::inRange(0, 3) == 0) {
        auto const at = *rc::gen::inRange<std::size_t>(0, bytes.size());
        bytes[at] = *rc::gen::arbitrary<char>();
    }
    bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
    auto const step = *rc::gen::inRange<std::size_t>(1, 30);
    auto const difference = difference_from_beast(us, bytes, 500, step);
    if (!difference.empty()) {
        RC_FAIL(rc::toString(bytes) + difference);
    }
}

TEST(beast_peer, tells_messages_control_frames_and_ends) {
    for (role const us : {role::server, role::client}) {
        role const peer = testing::other(us);
        auto const good = frame(peer, opcode::text, "a", false) + frame(peer, opcode::ping, "p") +
                          frame(peer, opcode::continuation, "b") + frame(peer, opcode::binary, "c");
        auto made = beast_outcome(us, good, 100);
        EXPECT_EQ(made.lines, (std::vector<std::string>{"ping p", "text ab", "binary c"}));
        EXPECT_EQ(made.end, verdict::open);
        made = beast_outcome(
            us, good + frame(peer, opcode::close, testing::close_payload(1000, "x")), 100);
        EXPECT_EQ(made.lines.back(), "close 1000 x");
        EXPECT_EQ(made.end, verdict::closed);
        made = beast_outcome(us, frame(peer, opcode::text, "\xff"), 100);
        EXPECT_EQ(made.refused_with, 1007U);
        made = beast_outcome(us, frame(peer, opcode::binary, std::string(101, 'x')), 100);
        EXPECT_EQ(made.refused_with, 1009U);
        made = beast_outcome(us, "\xff\xff", 100);
        EXPECT_EQ(made.end, verdict::open);
    }
}

TEST(beast_peer, rules_allow_no_more_than_they_say) {
    for (role const us : {role::server, role::client}) {
        role const peer = testing::other(us);
        EXPECT_EQ(difference_from_beast(us, "\xff", 100, 1), "");
        EXPECT_EQ(difference_from_beast(
                      us, frame(peer, opcode::close, testing::close_payload(1014)), 100, 1),
                  "");
        EXPECT_EQ(difference_from_beast(us, frame(peer, opcode::text, "cut \xe2"), 100, 1), "");
        // Two runs that differ are told apart.
        EXPECT_NE(beast_outcome(us, frame(peer, opcode::text, "a"), 100).lines,
                  testing::our_outcome(us, frame(peer, opcode::text, "b"), 100, 1).lines);
    }
}

/// Some bytes with much or little to gain, as text.
std::string gen_text() {
    std::string out;
    auto const parts = *rc::gen::container<std::vector<std::pair<char, std::uint8_t>>>(
        rc::gen::pair(rc::gen::inRange<char>(' ', '~'), rc::gen::arbitrary<std::uint8_t>()));
    for (auto const& [letter, count] : parts) {
        out.append(count, letter);
    }
    return out;
}

/// One message as `sender` may send it where compression was agreed on.
std::string gen_message(role sender) {
    bool const compressed = *rc::gen::inRange(0, 4) > 0;
    auto const text = gen_text();
    auto const level = *rc::gen::inRange(0, 10);
    std::string const payload = compressed ? testing::deflated(text, level) : text;
    std::string_view left = payload;
    auto code = *rc::gen::element(opcode::text, opcode::binary);
    std::string bytes;
    bool first = true;
    while (*rc::gen::arbitrary<bool>()) {
        auto const size = *rc::gen::inRange<std::size_t>(0, left.size() + 1);
        bytes += frame(sender, code, left.substr(0, size), false, *rc::gen::arbitrary<mask_key>(),
                       compressed && first);
        left.remove_prefix(size);
        code = opcode::continuation;
        first = false;
        if (*rc::gen::arbitrary<bool>()) {
            bytes += frame(sender, opcode::ping, "between");
        }
    }
    return bytes +
           frame(sender, code, left, true, *rc::gen::arbitrary<mask_key>(), compressed && first);
}

// What is sound means exactly the same; the limit is met in the same message.
RC_GTEST_PROP(beast_deflate_prop, messages_mean_the_same, (bool serving)) {
    role const us = serving ? role::server : role::client;
    std::string bytes;
    auto const count = *rc::gen::inRange(1, 6);
    for (int i = 0; i < count; ++i) {
        bytes += gen_message(testing::other(us));
    }
    auto const step = *rc::gen::inRange<std::size_t>(1, 300);
    auto const theirs = beast_outcome(us, bytes, 3000, true);
    auto const ours = testing::our_outcome(us, bytes, 3000, step, true);
    RC_ASSERT(theirs.agreed == testing::with_deflate);
    RC_ASSERT(ours.lines == theirs.lines);
    RC_ASSERT(ours.end == theirs.end);
    RC_ASSERT(ours.refused_with == theirs.refused_with);
}

RC_GTEST_PROP(beast_deflate_prop, broken_messages_mean_the_same_but_for_the_rules, (bool serving)) {
    role const us = serving ? role::server : role::client;
    std::string bytes = gen_message(testing::other(us)) + gen_message(testing::other(us));
    auto const at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[at] = *rc::gen::arbitrary<char>();
    auto const step = *rc::gen::inRange<std::size_t>(1, 300);
    auto const difference = difference_from_beast(us, bytes, 3000, step, true);
    if (!difference.empty()) {
        RC_FAIL(rc::toString(bytes) + difference);
    }
}

/// Keeps what is written to it.
class recording_link final : public transport::byte_stream {
public:
    explicit recording_link(std::string& to) : to_(to) {}

    transport::io_result read(mutable_bytes) override {
        return {.status = transport::io_status::would_block, .size = 0, .error = {}};
    }
    transport::io_result write(std::span<bytes_view const> pieces) override {
        std::size_t const before = to_.size();
        for (bytes_view const piece : pieces) {
            to_ += as_text(piece);
        }
        return {.status = transport::io_status::ok, .size = to_.size() - before, .error = {}};
    }
    bool holds_unsent() const noexcept override { return false; }
    void shutdown_write() override {}
    void close(bool) override {}
    void watch(transport::readiness_sink*, bool, bool) override {}
    void acknowledge_now() override {}
    void hold_back(bool) override {}
    std::string peer() const override { return "a test"; }
    std::optional<transport::peer_credentials> credentials() const override { return std::nullopt; }
    std::optional<transport::peer_certificate> certificate() const override { return std::nullopt; }
    transport::file_descriptor release() override { return {}; }

private:
    std::string& to_;
};

// Beast reads what a connection of ours sends, whatever it compresses and however it cuts.
RC_GTEST_PROP(beast_deflate_prop, beast_reads_what_we_send, (bool serving)) {
    role const us = serving ? role::server : role::client;
    transport::simulated_runtime loop;
    context shared(loop);
    std::string wire;
    connection ours(shared, us, std::make_unique<recording_link>(wire), {}, testing::with_deflate);
    std::vector<std::string> sent;
    std::size_t plain_size = 0;
    auto const count = *rc::gen::inRange(1, 5);
    for (int i = 0; i < count; ++i) {
        auto message = gen_text();
        if (*rc::gen::inRange(0, 4) == 0) {
            message += std::string(3 * deflater::piece_size_max, 'x');
        }
        auto const cut = *rc::gen::inRange<std::size_t>(0, message.size() + 1);
        std::vector<message_segment> segments{{.bytes = as_bytes(message).first(cut),
                                               .message_size = message.size(),
                                               .kind = message_kind::text,
                                               .begins = true}};
        if (cut < message.size()) {
            segments.push_back({.bytes = as_bytes(message).subspan(cut),
                                .message_size = 0,
                                .kind = message_kind::text,
                                .begins = false});
        }
        auto const done = ours.write_messages(segments);
        RC_ASSERT(done.status == transport::io_status::ok);
        RC_ASSERT(done.segments == segments.size());
        sent.push_back("text " + message);
        plain_size += message.size();
    }
    auto const theirs = beast_outcome(testing::other(us), wire, 16 * mib, true);
    RC_ASSERT(theirs.lines == sent);
    RC_ASSERT(theirs.end == verdict::open);
    RC_ASSERT(wire.size() <= plain_size + sent.size() * header_size_max);
}

TEST(beast_peer, agrees_on_compression_with_us) {
    for (role const us : {role::server, role::client}) {
        EXPECT_EQ(beast_outcome(us, "", 100, true).agreed, testing::with_deflate);
        EXPECT_EQ(beast_outcome(us, "", 100).agreed, deflate_agreement());
    }
}

}  // namespace
}  // namespace trunkline::websocket
