// Messages under permessage-deflate: what is inflated, what is compressed.
#include <trunkline/websocket/deflater.hpp>
#include <trunkline/websocket/protocol.hpp>
#include <trunkline/websocket/test_deflate.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace trunkline::websocket {
namespace {

using testing::deflated;
using ::testing::ElementsAre;
using testing::failed;
using testing::frame;
using testing::inflated;
using ::testing::IsEmpty;
using testing::other;
using testing::test_mask;
using testing::transcript;
using testing::with_deflate;
using namespace std::string_literals;
using lines = std::vector<std::string>;

/// Both roles, with compression agreed on.
class deflate_as : public ::testing::TestWithParam<role> {
protected:
    role us = GetParam();

    std::string plain(opcode code, std::string_view payload, bool fin = true) const {
        return frame(other(us), code, payload, fin);
    }
    /// With the first reserved bit.
    std::string marked(opcode code, std::string_view payload, bool fin = true) const {
        return frame(other(us), code, payload, fin, test_mask, true);
    }
    lines after(std::string_view bytes, websocket_limits const& limits = {},
                std::size_t step = ~std::size_t{0}, std::size_t room = 1000) const {
        transcript made(us, limits, with_deflate, room);
        while (!bytes.empty()) {
            made.feed(bytes.substr(0, step));
            bytes.remove_prefix(std::min(step, bytes.size()));
        }
        return made.lines();
    }
};

INSTANTIATE_TEST_SUITE_P(role, deflate_as, ::testing::Values(role::server, role::client),
                         [](auto const& shown) {
                             return shown.param == role::server ? "server" : "client";
                         });

// RFC 7692 section 7.2.3: one block, stored, marked as final, two blocks.
TEST_P(deflate_as, examples_of_the_rfc_however_cut) {
    for (std::string const& payload :
         {"\xf2\x48\xcd\xc9\xc9\x07\x00"s, "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s,
          "\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s,
          "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s}) {
        for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
            auto const bytes =
                marked(opcode::text, payload.substr(0, cut), false) + plain(opcode::ping, "p") +
                plain(opcode::continuation, payload.substr(cut)) + plain(opcode::binary, "next");
            for (std::size_t const room : {1, 2, 3, 5, 1000}) {
                EXPECT_THAT(after(bytes, {}, ~std::size_t{0}, room),
                            ElementsAre("ping p", "text Hello", "binary next"));
                EXPECT_THAT(after(bytes, {}, 1, room),
                            ElementsAre("ping p", "text Hello", "binary next"));
            }
        }
    }
}

TEST_P(deflate_as, messages_stand_for_themselves) {
    auto const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
    EXPECT_THAT(after(marked(opcode::text, hello) + plain(opcode::text, "plain") +
                      marked(opcode::binary, hello) + marked(opcode::binary, "\0"s)),
                ElementsAre("text Hello", "text plain", "binary Hello", "binary "));
    // Section 7.2.3.2: the second refers to the first.
    EXPECT_THAT(after(marked(opcode::text, hello) + marked(opcode::text, "\xf2\x00\x11\x00\x00"s)),
                ElementsAre("text Hello", failed(websocket_error::invalid_deflate)));
}

// A window lasts over a block that is marked as final, within one message.
TEST_P(deflate_as, a_final_block_ends_no_message) {
    auto const final_hello = "\xf3\x48\xcd\xc9\xc9\x07\x00"s;
    auto const refers_back = "\xf2\x00\x11\x00\x00"s;
    for (std::size_t const room : {1, 4, 1000}) {
        EXPECT_THAT(
            after(marked(opcode::text, final_hello + refers_back), {}, ~std::size_t{0}, room),
            ElementsAre("text HelloHello"));
        EXPECT_THAT(after(marked(opcode::text, final_hello, false) +
                              plain(opcode::continuation, refers_back),
                          {}, 1, room),
                    ElementsAre("text HelloHello"));
    }
}

TEST_P(deflate_as, the_bit_has_its_places) {
    auto const refused = failed(websocket_error::reserved_bits);
    auto const hello = "\xf2\x48\xcd\xc9\xc9\x07\x00"s;
    EXPECT_THAT(after(marked(opcode::ping, "p")), ElementsAre(refused));
    EXPECT_THAT(after(marked(opcode::pong, "")), ElementsAre(refused));
    EXPECT_THAT(after(marked(opcode::close, "")), ElementsAre(refused));
    EXPECT_THAT(after(marked(opcode::text, hello.substr(0, 3), false) +
                      marked(opcode::continuation, hello.substr(3))),
                ElementsAre(refused));
    EXPECT_THAT(after(plain(opcode::text, "a", false) + marked(opcode::continuation, hello)),
                ElementsAre(refused));
    for (char const bit : {'\x20', '\x10'}) {
        auto bytes = marked(opcode::text, hello);
        bytes[0] = static_cast<char>(bytes[0] | bit);
        EXPECT_THAT(after(bytes), ElementsAre(refused));
    }
    transcript without(us);
    without.feed(marked(opcode::text, hello));
    EXPECT_THAT(without.lines(), ElementsAre(refused));
    EXPECT_EQ(close_code_for(websocket_error::reserved_bits),
              transport::close_code::protocol_error);
}

TEST_P(deflate_as, what_cannot_be_inflated_is_refused) {
    auto const refused = failed(websocket_error::invalid_deflate);
    auto const good = deflated(std::string(2000, 'a') + "the end");
    EXPECT_THAT(after(marked(opcode::binary, "\x06"s)), ElementsAre(refused));  // no such block
    EXPECT_THAT(after(marked(opcode::binary, "")), ElementsAre(refused));       // no block at all
    EXPECT_THAT(after(marked(opcode::binary, "\x00\x05\x00\xfa\xfe"s, false)),
                ElementsAre(refused));  // the length of a stored block
    EXPECT_THAT(after(marked(opcode::binary, "\x00\x09\x00\xf6\xff Hello"s)),
                ElementsAre(refused));  // more was promised
    EXPECT_THAT(after(marked(opcode::binary, good)),
                ElementsAre("binary " + std::string(2000, 'a') + "the end"));
    EXPECT_EQ(close_code_for(websocket_error::invalid_deflate),
              transport::close_code::invalid_payload);
}

TEST_P(deflate_as, text_is_checked_as_it_comes_out) {
    auto const refused = failed(websocket_error::invalid_utf8);
    std::string const text = "gr\xc3\xbc\xc3\x9f";
    for (std::size_t const room : {1, 2, 1000}) {
        auto const told = [&](std::string const& payload, bool fin = true) {
            return after(marked(opcode::text, deflated(payload), fin), {}, 1, room);
        };
        EXPECT_THAT(told(text), ElementsAre("text " + text));
        EXPECT_THAT(told(text + "\xff rest", false), ElementsAre(refused));
        EXPECT_THAT(told(text + "\xc3"), ElementsAre(refused));
        EXPECT_THAT(told(text + "\xc3", false), IsEmpty());
        // What comes first is what is wrong.
        EXPECT_THAT(
            after(marked(opcode::text, deflated("\xff") + "\0\0\xff\xff\x06"s), {}, 1, room),
            ElementsAre(refused));
    }
}

// The limit is of what is inflated, and met before more of it is.
TEST_P(deflate_as, the_limit_of_a_message_holds_for_what_is_inflated) {
    websocket_limits limits;
    limits.message_size_max = 1000;
    auto const refused = failed(websocket_error::message_too_big);
    for (std::size_t const room : {1, 7, 999, 1000, 1001, 5000}) {
        auto const told = [&](std::size_t size, bool fin = true) {
            return after(marked(opcode::text, deflated(std::string(size, 'z')), fin), limits,
                         ~std::size_t{0}, room);
        };
        EXPECT_THAT(told(1000), ElementsAre("text " + std::string(1000, 'z')));
        EXPECT_THAT(told(1001), ElementsAre(refused));
        EXPECT_THAT(told(1001, false), ElementsAre(refused));
        // Over all fragments, and text up to the limit is still judged.
        auto const half = deflated(std::string(600, 'y'));
        EXPECT_THAT(after(marked(opcode::binary, half + "\0\0\xff\xff"s, false) +
                              plain(opcode::continuation, half),
                          limits, ~std::size_t{0}, room),
                    ElementsAre(refused));
        EXPECT_THAT(after(marked(opcode::text, deflated(std::string(999, 'z') + "\xff"
                                                                                "z")),
                          limits, ~std::size_t{0}, room),
                    ElementsAre(failed(websocket_error::invalid_utf8)));
        EXPECT_THAT(after(marked(opcode::text, deflated(std::string(1000, 'z') + "\xff")), limits,
                          ~std::size_t{0}, room),
                    ElementsAre(refused));
    }
    // A message may be larger on the wire than inflated; a frame has its own limit.
    auto const stored = deflated(std::string(1000, 'q'), 0);
    ASSERT_GT(stored.size(), 1000U);
    EXPECT_THAT(after(marked(opcode::binary, stored), limits),
                ElementsAre("binary " + std::string(1000, 'q')));
    limits.frame_size_max = 1000;
    EXPECT_THAT(after(marked(opcode::binary, stored), limits),
                ElementsAre(failed(websocket_error::frame_too_big)));
}

/// So many MiB of zeros, compressed.
std::string zeros_of(int mebibytes) {
    auto const one = deflated(std::string(mib, '\0'), 9) + "\0\0\xff\xff"s;
    std::string all;
    for (int i = 0; i < mebibytes; ++i) {
        all += one;
    }
    all.resize(all.size() - 4);
    return all;
}

/// Bytes told of `bytes`, in reads of 16 KiB and with as much room, and the end.
struct flood {
    std::uint64_t told = 0;
    std::size_t taken = 0;
    std::size_t largest = 0;
    event_type end = event_type::none;
    websocket_error error{};
};

flood inflate_all(role us, std::string const& bytes, websocket_limits const& limits) {
    protocol made(us, with_deflate);
    std::vector<std::byte> room(16 * kib);
    std::unique_ptr<inflater> spare;
    flood out;
    for (std::size_t at = 0; at < bytes.size() && out.end == event_type::none; at += 16 * kib) {
        std::string part = bytes.substr(at, 16 * kib);
        auto input = std::as_writable_bytes(std::span(part));
        for (;;) {
            inflation into{.room = room, .spare = &spare};
            event const told = made.next(input, limits, into);
            if (told.type == event_type::none) {
                break;
            }
            out.told += told.bytes.size();
            out.largest = std::max(out.largest, told.bytes.size());
            if (told.type == event_type::failed) {
                out.end = told.type;
                out.error = told.error;
                break;
            }
        }
        out.taken = at + part.size();
    }
    return out;
}

TEST_P(deflate_as, a_bomb_is_stopped_at_the_limit) {
    websocket_limits limits;
    auto const bomb = marked(opcode::binary, zeros_of(1024));
    ASSERT_LT(bomb.size(), 2 * mib);
    flood const made = inflate_all(us, bomb, limits);
    EXPECT_EQ(made.end, event_type::failed);
    EXPECT_EQ(made.error, websocket_error::message_too_big);
    EXPECT_LE(made.told, limits.message_size_max);
    EXPECT_LE(made.largest, 16 * kib);
    // Nothing beyond the limit was looked at: 16 MiB of zeros take 16 KiB and a little.
    EXPECT_LE(made.taken, 48 * kib);
}

// The last byte may come out while the end that the sender cut off goes in.
TEST_P(deflate_as, a_message_that_fills_the_room_exactly_is_whole) {
    auto const text = "\x1\0\0\x2\0\x1\x1\0\0\x1\x1\x1\xfe\xfe\xfe\0\xff\xff\0\0\0"s;
    for (int level = 0; level < 10; ++level) {
        auto const bytes = marked(opcode::binary, deflated(text, level)) +
                           marked(opcode::binary, deflated("next", level));
        for (std::size_t room = 1; room <= text.size() + 1; ++room) {
            for (std::size_t const step : {std::size_t{1}, std::size_t{5}, bytes.size()}) {
                EXPECT_THAT(after(bytes, {}, step, room),
                            ElementsAre("binary " + text, "binary next"))
                    << "level " << level << ", room " << room << ", step " << step;
            }
        }
    }
}

TEST_P(deflate_as, a_message_of_any_size_is_inflated_in_pieces) {
    websocket_limits limits;
    limits.message_size_max = 200 * mib;
    flood const made = inflate_all(us, marked(opcode::binary, zeros_of(100)), limits);
    EXPECT_EQ(made.end, event_type::none);
    EXPECT_EQ(made.told, 100 * mib);
    EXPECT_LE(made.largest, 16 * kib);
}

std::string random_letters(std::size_t size, unsigned of) {
    std::mt19937 random(static_cast<unsigned>(size));
    std::string out(size, '\0');
    for (char& each : out) {
        each = static_cast<char>(random() % of);
    }
    return out;
}

std::string compressed(deflater& by, std::string_view text, unsigned window_bits) {
    by.begin(window_bits);
    by.add(as_bytes(text.substr(0, text.size() / 3)));
    by.add(as_bytes(text.substr(text.size() / 3)));
    return std::string(as_text(by.end(true)));
}

// A receiver that remembers no more than was agreed on understands every piece.
TEST(deflater, keeps_to_the_window) {
    deflater made;
    for (unsigned bits = 8; bits <= 15; ++bits) {
        for (std::size_t const size :
             {1UL, 255UL, 256UL, 257UL, 512UL, 5000UL, 65'536UL, deflater::piece_size_max}) {
            for (unsigned const of : {2, 20, 256}) {
                made.clear();
                auto const text = random_letters(size, of);
                EXPECT_EQ(inflated(compressed(made, text, bits), static_cast<int>(bits)), text)
                    << bits << " " << size << " " << of;
            }
        }
    }
}

TEST(deflater, pieces_follow_each_other_in_one_message) {
    deflater made;
    auto const first = random_letters(3000, 4);
    auto const second = random_letters(5000, 4);
    made.begin(15);
    made.add(as_bytes(first));
    std::string payload(as_text(made.end(false)));
    payload += compressed(made, second, 15);
    EXPECT_EQ(inflated(payload), first + second);
    EXPECT_LT(payload.size(), 4000U);
}

TEST(deflater, keeps_pieces_until_it_is_cleared) {
    deflater made;
    lines kept;
    std::vector<bytes_view> views;
    while (made.has_room()) {
        auto const text = random_letters(20'000 + 1000 * kept.size(), 256);
        made.begin(15);
        made.add(as_bytes(text));
        views.emplace_back(made.end(true));
        kept.push_back(text);
    }
    ASSERT_GE(kept.size(), 2U);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        EXPECT_EQ(inflated(std::string(as_text(views[i]))), kept[i]);
    }
    made.drop();
    EXPECT_TRUE(made.has_room());
}

}  // namespace
}  // namespace trunkline::websocket
