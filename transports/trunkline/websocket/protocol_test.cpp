#include <trunkline/websocket/protocol.hpp>

#include <trunkline/websocket/test_frames.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trunkline::websocket {
namespace {

using testing::close_payload;
using ::testing::ElementsAre;
using testing::failed;
using testing::frame;
using ::testing::IsEmpty;
using testing::other;
using testing::transcript;
using namespace std::string_literals;
using lines = std::vector<std::string>;

/// Both roles: the peer's frames are built as that role's peer sends them.
class protocol_as : public ::testing::TestWithParam<role> {
protected:
    role us = GetParam();
    std::string peer(opcode code, std::string_view payload, bool fin = true) const {
        return frame(other(us), code, payload, fin);
    }
    /// The header's first two bytes with our own choice of bits.
    std::string raw(unsigned first, unsigned length) const {
        std::string out = {static_cast<char>(first),
                           static_cast<char>(length | (us == role::server ? 0x80U : 0U))};
        return out;
    }
    lines after(std::string_view bytes, websocket_limits const& limits = {}) const {
        transcript made(us, limits);
        made.feed(bytes);
        return made.lines();
    }
};

INSTANTIATE_TEST_SUITE_P(role, protocol_as, ::testing::Values(role::server, role::client),
                         [](auto const& shown) {
                             return shown.param == role::server ? "server" : "client";
                         });

TEST(protocol, examples_of_the_rfc) {
    // RFC 6455 section 5.7
    transcript client(role::client);
    client.feed("\x81\x05\x48\x65\x6c\x6c\x6f"s);
    client.feed("\x01\x03\x48\x65\x6c\x80\x02\x6c\x6f"s);
    client.feed("\x89\x05\x48\x65\x6c\x6c\x6f"s);
    client.feed("\x82\x7e\x01\x00"s + std::string(256, 'x'));
    client.feed("\x82\x7f\0\0\0\0\0\x01\0\0"s + std::string(65536, 'y'));
    EXPECT_THAT(client.lines(), ElementsAre("text Hello", "text Hello", "ping Hello",
                                            "binary " + std::string(256, 'x'),
                                            "binary " + std::string(65536, 'y')));
    transcript server(role::server);
    server.feed("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
    server.feed("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s);
    EXPECT_THAT(server.lines(), ElementsAre("text Hello", "pong Hello"));
}

TEST_P(protocol_as, takes_messages_of_every_length_form) {
    for (std::size_t const size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
        std::string const payload(size, 'p');
        EXPECT_EQ(after(peer(opcode::binary, payload)), lines{"binary " + payload});
        EXPECT_EQ(after(peer(opcode::text, payload)), lines{"text " + payload});
    }
}

TEST_P(protocol_as, joins_fragments_around_control_frames) {
    auto const bytes = peer(opcode::text, "one ", false) + peer(opcode::ping, "p") +
                       peer(opcode::continuation, "", false) +
                       peer(opcode::continuation, "two", false) + peer(opcode::pong, "") +
                       peer(opcode::continuation, "") + peer(opcode::binary, "next");
    EXPECT_THAT(after(bytes), ElementsAre("ping p", "pong ", "text one two", "binary next"));
}

struct broken_case {
    char const* name;
    unsigned first;
    unsigned length;
    std::string rest;
    websocket_error error;
};

TEST_P(protocol_as, refuses_broken_headers_as_soon_as_they_show) {
    broken_case const cases[] = {
        {"rsv1", 0xc2, 1, "", websocket_error::reserved_bits},
        {"rsv2", 0xa2, 1, "", websocket_error::reserved_bits},
        {"rsv3", 0x92, 1, "", websocket_error::reserved_bits},
        {"rsv1 on a control frame", 0xc9, 0, "", websocket_error::reserved_bits},
        {"opcode 3", 0x83, 0, "", websocket_error::reserved_opcode},
        {"opcode 7", 0x87, 0, "", websocket_error::reserved_opcode},
        {"opcode 11", 0x8b, 0, "", websocket_error::reserved_opcode},
        {"opcode 15", 0x8f, 0, "", websocket_error::reserved_opcode},
        {"ping in fragments", 0x09, 0, "", websocket_error::fragmented_control},
        {"close in fragments", 0x08, 0, "", websocket_error::fragmented_control},
        {"ping of 126", 0x89, 126, "", websocket_error::long_control},
        {"close of 127", 0x88, 127, "", websocket_error::long_control},
        {"continuation of nothing", 0x80, 0, "", websocket_error::unexpected_continuation},
        {"first fragment as continuation", 0x00, 0, "", websocket_error::unexpected_continuation},
        {"125 in 16 bits", 0x82, 126, "\x00\x7d"s, websocket_error::non_minimal_length},
        {"0 in 16 bits", 0x82, 126, "\x00\x00"s, websocket_error::non_minimal_length},
        {"65535 in 64 bits", 0x82, 127, "\0\0\0\0\0\0\xff\xff"s,
         websocket_error::non_minimal_length},
        {"0 in 64 bits", 0x82, 127, std::string(8, '\0'), websocket_error::non_minimal_length},
        {"highest bit", 0x82, 127, "\x80\0\0\0\0\0\0\0"s, websocket_error::invalid_length},
        {"all bits", 0x82, 127, std::string(8, '\xff'), websocket_error::invalid_length},
        {"frame over the limit", 0x82, 127, "\0\0\0\0\x01\0\0\x01"s,
         websocket_error::frame_too_big},
        {"longest length", 0x82, 127, "\x7f\xff\xff\xff\xff\xff\xff\xff"s,
         websocket_error::frame_too_big},
    };
    for (auto const& row : cases) {
        SCOPED_TRACE(row.name);
        auto const bytes = raw(row.first, row.length) + row.rest;
        EXPECT_EQ(after(bytes), lines{failed(row.error)});
        // Byte by byte, with whatever follows: the same verdict.
        transcript slow(us);
        for (char const byte : bytes + std::string(20, '\xaa')) {
            slow.feed(std::string_view(&byte, 1));
        }
        EXPECT_EQ(slow.lines(), lines{failed(row.error)});
        EXPECT_TRUE(slow.machine().input_ended());
        // Our Close carries the code of the error.
        transcript peer_side(other(us));
        peer_side.feed(slow.control());
        auto const code = std::to_string(static_cast<unsigned>(close_code_for(row.error)));
        EXPECT_EQ(peer_side.lines(),
                  lines{"close " + code + " " + std::string(describe(row.error))});
    }
}

TEST_P(protocol_as, refuses_the_wrong_masking) {
    auto const error =
        us == role::server ? websocket_error::unmasked_frame : websocket_error::masked_frame;
    for (opcode const code : {opcode::binary, opcode::text, opcode::ping, opcode::close}) {
        EXPECT_EQ(after(frame(us, code, "")), lines{failed(error)});
    }
}

TEST_P(protocol_as, refuses_a_message_inside_a_message) {
    for (opcode const code : {opcode::text, opcode::binary}) {
        EXPECT_EQ(after(peer(opcode::text, "a", false) + peer(code, "b")),
                  lines{failed(websocket_error::expected_continuation)});
    }
    EXPECT_THAT(after(peer(opcode::text, "a", false) + peer(opcode::continuation, "b") +
                      peer(opcode::continuation, "c")),
                ElementsAre("text ab", failed(websocket_error::unexpected_continuation)));
}

TEST_P(protocol_as, limits_decide_when_the_header_is_read) {
    websocket_limits limits;
    limits.frame_size_max = 100;
    limits.message_size_max = 150;
    std::string const hundred(100, 'h');
    EXPECT_EQ(after(peer(opcode::binary, hundred), limits), lines{"binary " + hundred});
    EXPECT_EQ(
        after(peer(opcode::binary, hundred + "x").substr(0, us == role::server ? 2 : 2), limits),
        lines{failed(websocket_error::frame_too_big)});
    auto const first = peer(opcode::binary, hundred, false);
    std::string const fifty(50, 'f');
    EXPECT_EQ(after(first + peer(opcode::continuation, fifty), limits),
              lines{"binary " + hundred + fifty});
    EXPECT_EQ(after(first + peer(opcode::continuation, fifty + "x").substr(0, 2), limits),
              lines{failed(websocket_error::message_too_big)});
    // A finished message counts no more.
    EXPECT_THAT(
        after(first + peer(opcode::continuation, fifty) + peer(opcode::binary, hundred), limits),
        ElementsAre("binary " + hundred + fifty, "binary " + hundred));
    // Lengths near the end of the number range do not wrap.
    limits.frame_size_max = limits.message_size_max = ~std::uint64_t{0};
    EXPECT_EQ(after(first + raw(0x00, 127) + "\x7f\xff\xff\xff\xff\xff\xff\xff"s, limits), lines{});
}

TEST_P(protocol_as, text_fails_at_the_first_bad_byte) {
    // The message is far from complete when its bad byte arrives.
    std::string const text = "ok \xed\xa0 and much more that never comes";
    auto const bytes = peer(opcode::text, text);
    std::size_t const header = bytes.size() - text.size();
    EXPECT_EQ(after(bytes.substr(0, header + 4)), lines{});
    EXPECT_EQ(after(bytes.substr(0, header + 5)), lines{failed(websocket_error::invalid_utf8)});
    // A character may be cut by a fragment, but not by the end of the message.
    EXPECT_EQ(after(peer(opcode::text, "\xe2\x82", false) + peer(opcode::continuation, "\xac")),
              lines{"text \xe2\x82\xac"});
    EXPECT_EQ(after(peer(opcode::text, "\xe2\x82")), lines{failed(websocket_error::invalid_utf8)});
    EXPECT_EQ(after(peer(opcode::text, "\xe2\x82", false) + peer(opcode::continuation, "")),
              lines{failed(websocket_error::invalid_utf8)});
    // Binary is never checked, and a new text begins afresh.
    EXPECT_THAT(after(peer(opcode::binary, "\xff\xfe") + peer(opcode::text, "fine")),
                ElementsAre("binary \xff\xfe", "text fine"));
}

TEST_P(protocol_as, pongs_carry_the_payload_of_their_pings) {
    transcript made(us);
    std::string const longest(125, 'l');
    made.feed(peer(opcode::ping, "") + peer(opcode::ping, "second") + peer(opcode::ping, longest));
    transcript peer_side(other(us));
    peer_side.feed(made.control());
    EXPECT_THAT(peer_side.lines(), ElementsAre("pong ", "pong second", "pong " + longest));
    EXPECT_FALSE(made.machine().has_control());
    EXPECT_EQ(made.control(), "");
}

TEST_P(protocol_as, many_pings_cost_bounded_memory_and_the_newest_is_answered) {
    transcript made(us);
    for (int i = 0; i < 1000; ++i) {
        made.feed(peer(opcode::ping, "ping number " + std::to_string(i)));
    }
    transcript peer_side(other(us));
    peer_side.feed(made.control());
    ASSERT_FALSE(peer_side.lines().empty());
    EXPECT_EQ(peer_side.lines().back(), "pong ping number 999");
    EXPECT_LT(peer_side.lines().size(), 40U);
    // Empty pings are the smallest to keep and the largest on the wire.
    for (int i = 0; i < 2 * static_cast<int>(pending_pongs_size_max); ++i) {
        made.feed(peer(opcode::ping, ""));
    }
    made.machine().queue_ping();
    made.machine().queue_close(1000, std::string(200, 'r'));
    auto const wire = made.control();
    EXPECT_LE(wire.size(), control_wire_size_max);
}

TEST_P(protocol_as, control_payloads_may_come_byte_by_byte) {
    transcript made(us);
    auto const bytes = peer(opcode::ping, "slow") + peer(opcode::pong, "also slow") +
                       peer(opcode::close, close_payload(3000, "bye"));
    for (char const byte : bytes) {
        made.feed(std::string_view(&byte, 1));
    }
    EXPECT_THAT(made.lines(), ElementsAre("ping slow", "pong also slow", "close 3000 bye"));
}

TEST_P(protocol_as, answers_a_close_with_its_code_and_takes_nothing_after_it) {
    struct close_case {
        std::string payload;
        std::string told;
        std::string answered;
    };
    close_case const cases[] = {
        {"", "close 1005 ", "close 1005 "},
        {close_payload(1000), "close 1000 ", "close 1000 "},
        {close_payload(1001, "away"), "close 1001 away", "close 1001 "},
        {close_payload(4999, std::string(123, 'r')), "close 4999 " + std::string(123, 'r'),
         "close 4999 "},
    };
    for (auto const& row : cases) {
        transcript made(us);
        made.feed(peer(opcode::ping, "x") + peer(opcode::close, row.payload) +
                  peer(opcode::ping, "late") + "\xff\xff garbage");
        EXPECT_EQ(made.lines(), (lines{"ping x", row.told}));
        EXPECT_TRUE(made.machine().input_ended());
        transcript peer_side(other(us));
        peer_side.feed(made.control());
        EXPECT_EQ(peer_side.lines(), (lines{"pong x", row.answered}));
        EXPECT_TRUE(made.machine().close_taken());
    }
}

TEST_P(protocol_as, close_codes_and_reasons_are_checked) {
    for (unsigned code = 0; code < 65536; ++code) {
        bool const allowed =
            (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
            (code >= 3000 && code <= 4999);
        auto const expected = allowed ? "close " + std::to_string(code) + " "
                                      : failed(websocket_error::invalid_close_code);
        ASSERT_EQ(after(peer(opcode::close, close_payload(code))), lines{expected}) << code;
    }
    EXPECT_EQ(after(peer(opcode::close, "\x03")),
              lines{failed(websocket_error::invalid_close_size)});
    EXPECT_EQ(after(peer(opcode::close, close_payload(1000, "\xce\xba\xe1"))),
              lines{failed(websocket_error::invalid_utf8)});
}

TEST_P(protocol_as, our_close_goes_once_and_last) {
    transcript made(us);
    made.feed(peer(opcode::ping, "before"));
    made.machine().queue_ping();
    made.machine().queue_close(1001, "first");
    made.machine().queue_close(1002, "second");
    made.machine().queue_ping();
    made.feed(peer(opcode::ping, "after"));
    EXPECT_TRUE(made.machine().close_queued());
    EXPECT_FALSE(made.machine().close_taken());
    transcript peer_side(other(us));
    peer_side.feed(made.control());
    EXPECT_THAT(peer_side.lines(), ElementsAre("pong before", "ping ", "close 1001 first"));
    EXPECT_TRUE(made.machine().close_taken());
    // The peer's answer is told and not answered again.
    made.feed(peer(opcode::close, close_payload(1001)));
    EXPECT_EQ(made.lines().back(), "close 1001 ");
    EXPECT_EQ(made.control(), "");
    EXPECT_FALSE(made.machine().has_control());
}

TEST_P(protocol_as, reasons_are_cut_between_characters) {
    transcript made(us);
    made.machine().queue_close(1000, std::string(122, 'a') + "\xc3\xa9 more");
    transcript peer_side(other(us));
    peer_side.feed(made.control());
    EXPECT_THAT(peer_side.lines(), ElementsAre("close 1000 " + std::string(122, 'a')));
}

TEST(protocol, a_client_masks_every_frame_with_a_fresh_key) {
    transcript client(role::client);
    client.machine().queue_ping();
    auto const first = client.control();
    client.machine().queue_ping();
    auto const second = client.control();
    ASSERT_EQ(first.size(), 6U);
    ASSERT_EQ(second.size(), 6U);
    EXPECT_EQ(static_cast<unsigned char>(first[1]), 0x80U);
    EXPECT_NE(first.substr(2), second.substr(2));
    transcript server(role::server);
    server.machine().queue_ping();
    EXPECT_EQ(server.control(), "\x89\x00"s);
}

/// A conversation with everything in it.
std::string conversation(role sender) {
    auto const put = [&](opcode code, std::string_view payload, bool fin = true) {
        return frame(sender, code, payload, fin);
    };
    return put(opcode::binary, "first") + put(opcode::ping, "") + put(opcode::binary, "") +
           put(opcode::text, "gr\xc3\xbc\xc3\x9f", false) + put(opcode::ping, "inside") +
           put(opcode::continuation, "", false) + put(opcode::continuation, "e\xf0\x9f\x98\x80") +
           put(opcode::binary, std::string(130, 'm')) + put(opcode::pong, "unasked") +
           put(opcode::close, close_payload(1000, "end"));
}

TEST_P(protocol_as, every_split_in_two_and_three_gives_the_same) {
    auto const bytes = conversation(other(us));
    auto const expected = after(bytes);
    ASSERT_EQ(expected.back(), "close 1000 end");
    ASSERT_EQ(expected.size(), 8U);
    for (std::size_t one = 0; one <= bytes.size(); ++one) {
        for (std::size_t two = one; two <= bytes.size(); two += 7) {
            transcript made(us);
            made.feed(std::string_view(bytes).substr(0, one));
            made.feed(std::string_view(bytes).substr(one, two - one));
            made.feed(std::string_view(bytes).substr(two));
            ASSERT_EQ(made.lines(), expected) << one << " " << two;
        }
    }
}

TEST_P(protocol_as, every_prefix_waits_without_an_error) {
    auto const bytes = conversation(other(us));
    auto const expected = after(bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        auto const told = after(std::string_view(bytes).substr(0, size));
        ASSERT_LT(told.size(), expected.size());
        ASSERT_TRUE(std::equal(told.begin(), told.end(), expected.begin())) << size;
    }
}

TEST_P(protocol_as, pieces_are_views_into_the_input) {
    std::string bytes = peer(opcode::binary, "payload");
    auto input = std::as_writable_bytes(std::span(bytes));
    auto const all = bytes_view(input);
    protocol machine(us);
    event const told = machine.next(input, {});
    ASSERT_EQ(told.type, event_type::data);
    EXPECT_EQ(told.bytes.data(), all.data() + (all.size() - 7));
    EXPECT_EQ(as_text(told.bytes), "payload");
    EXPECT_THAT(input, IsEmpty());
}

TEST_P(protocol_as, ends_on_request_of_its_owner) {
    transcript made(us);
    made.machine().end_input();
    made.machine().queue_close(websocket_error::text_refused);
    made.feed(peer(opcode::binary, "ignored"));
    EXPECT_THAT(made.lines(), IsEmpty());
    transcript peer_side(other(us));
    peer_side.feed(made.control());
    EXPECT_THAT(peer_side.lines(),
                ElementsAre("close 1003 " + std::string(describe(websocket_error::text_refused))));
}

TEST(websocket_error, every_value_has_a_sentence_that_fits_a_close_frame) {
    for (int value = 1; value <= static_cast<int>(websocket_error::text_refused); ++value) {
        auto const error = static_cast<websocket_error>(value);
        EXPECT_NE(describe(error), "unknown WebSocket error");
        EXPECT_LE(describe(error).size(), close_reason_size_max);
        EXPECT_EQ(make_error_code(error).message(), describe(error));
    }
}

}  // namespace
}  // namespace trunkline::websocket
