#include "answer_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::load {
namespace {

constexpr std::uint64_t asked_method = 0x2c2622a151f2cdf2;

std::string response(rpc::status status, std::string const& body, std::uint64_t of = asked_method) {
    rpc::header head;
    head.type_byte = static_cast<std::uint8_t>(rpc::message_type::response);
    head.request_id = 7;
    head.method_id = of;
    head.metadata_size = 1;
    auto const fixed = rpc::encode_header(head);
    return std::string(as_text(fixed)) + static_cast<char>(status) + body;
}

exchange expecting(std::string const& body) {
    exchange made;
    made.method_id = asked_method;
    auto const bytes = as_bytes(body);
    made.answer.assign(bytes.begin(), bytes.end());
    return made;
}

/// The verdict about `bytes` that arrive in pieces of `piece_size`.
std::string verdict(std::string const& bytes, exchange const& asked, std::size_t piece_size = 1) {
    answer_check check;
    for (std::size_t at = 0; at < bytes.size(); at += piece_size) {
        bytes_view piece = as_bytes(bytes).subspan(at, std::min(piece_size, bytes.size() - at));
        if (check.take_head(piece)) {
            check.take_body(piece, asked);
        }
    }
    return check.verdict(asked);
}

TEST(answer_check, finds_a_right_answer_right_however_it_is_cut) {
    auto const bytes = response(rpc::status::success, "four words of body");
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
        EXPECT_EQ(verdict(bytes, expecting("four words of body"), size), "") << size;
    }
}

TEST(answer_check, finds_every_other_body_wrong) {
    auto const asked = expecting("body");
    for (auto const* body : {"", "bod", "bodz", "xody", "body2"}) {
        EXPECT_EQ(verdict(response(rpc::status::success, body), asked),
                  "an answer with other bytes")
            << body;
    }
}

TEST(answer_check, finds_failures_other_methods_and_pieces_wrong) {
    auto const asked = expecting("body");
    EXPECT_EQ(verdict(response(rpc::status::system_error, "disk full"), asked),
              "a call failed: disk full");
    EXPECT_EQ(verdict(response(rpc::status::success, "body", asked_method + 1), asked),
              "an answer of another method");
    EXPECT_EQ(verdict(response(rpc::status::success, "body").substr(0, 15), asked),
              "an answer without a status");
}

TEST(answer_check, of_a_write_wants_a_place_in_the_file) {
    exchange asked = expecting("");
    asked.any_tail = true;
    EXPECT_EQ(verdict(response(rpc::status::success, "\x06\x5d"), asked), "");
    EXPECT_NE(verdict(response(rpc::status::success, ""), asked), "");
    EXPECT_NE(verdict(response(rpc::status::success, std::string("\x06\x00", 2)), asked), "");
}

}  // namespace
}  // namespace trunkline::load
