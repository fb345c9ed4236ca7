#include <trunkline/typed/record.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::typed {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
    bytes_view const view = as_bytes(text);
    return {view.begin(), view.end()};
}

void append(std::vector<std::byte>& to, record_kind kind, std::string_view body) {
    auto const prefix = record_prefix(kind, body.size());
    to.insert(to.end(), prefix.begin(), prefix.end());
    bytes_view const view = as_bytes(body);
    to.insert(to.end(), view.begin(), view.end());
}

std::vector<std::byte> example() {
    std::vector<std::byte> all;
    append(all, record_kind::message, "first");
    append(all, record_kind::message, "");
    append(all, record_kind::message, std::string(300, 'x'));
    append(all, record_kind::failure, "\x02why");
    return all;
}

result<std::vector<record>> read_all(record_reader& from, bytes_view input, std::size_t step) {
    std::vector<record> got;
    while (!input.empty()) {
        bytes_view piece = input.first(std::min(step, input.size()));
        input = input.subspan(piece.size());
        while (!piece.empty()) {
            auto next = from.next(piece);
            if (!next) {
                return next.error();
            }
            if (*next) {
                got.push_back(std::move(**next));
            }
        }
    }
    return got;
}

TEST(records, come_back_however_they_are_cut) {
    std::vector<std::byte> const all = example();
    for (std::size_t step = 1; step <= all.size(); ++step) {
        record_reader reader(1000);
        auto const got = read_all(reader, all, step);
        ASSERT_TRUE(got) << step;
        ASSERT_EQ(got->size(), 4u);
        EXPECT_EQ((*got)[0].body, bytes_of("first"));
        EXPECT_TRUE((*got)[1].body.empty());
        EXPECT_EQ((*got)[2].body.size(), 300u);
        EXPECT_EQ((*got)[3].kind, record_kind::failure);
        EXPECT_TRUE(reader.at_border());
    }
}

TEST(records, of_every_strict_prefix_are_fewer_and_none_is_wrong) {
    std::vector<std::byte> const all = example();
    for (std::size_t size = 0; size < all.size(); ++size) {
        record_reader reader(1000);
        auto const got = read_all(reader, bytes_view(all).first(size), size + 1);
        ASSERT_TRUE(got) << size;
        EXPECT_LT(got->size(), 4u);
        EXPECT_EQ(reader.at_border(), size == 0 || size == 9 || size == 13 || size == 317) << size;
    }
}

TEST(records, end_with_a_mark) {
    std::vector<std::byte> all;
    append(all, record_kind::message, "one");
    append(all, record_kind::end, "");
    record_reader reader(1000);
    auto const got = read_all(reader, all, 3);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->back().kind, record_kind::end);
    std::byte const more[1] = {};
    bytes_view input(more);
    EXPECT_EQ(reader.next(input).error(), record_error::after_end);
    EXPECT_EQ(reader.next(input).error(), record_error::after_end);
}

TEST(records, above_the_limit_are_refused_by_their_prefix) {
    for (auto const& [prefix, why] : {std::pair{1001u, record_error::too_large},
                                      {0x7fff'ffffu, record_error::too_large},
                                      {0x8001'0000u, record_error::unknown_prefix},
                                      {0xffff'fffeu, record_error::unknown_prefix}}) {
        std::array<std::byte, record_prefix_size> bytes;
        store_le(bytes.data(), prefix);
        record_reader reader(1000);
        bytes_view input(bytes);
        EXPECT_EQ(reader.next(input).error(), why) << prefix;
        EXPECT_EQ(reader.held_size(), 0u);
    }
}

TEST(records, hold_no_more_than_twice_what_has_arrived_beside_a_chunk) {
    record_reader reader(0x7fff'ffff);
    auto const prefix = record_prefix(record_kind::message, 0x7fff'ffff);
    bytes_view input(prefix);
    ASSERT_TRUE(reader.next(input));
    EXPECT_EQ(reader.held_size(), 0u);
    std::vector<std::byte> const piece(1000);
    for (std::size_t arrived = 0; arrived < 1'000'000; arrived += piece.size()) {
        bytes_view more(piece);
        ASSERT_FALSE(*reader.next(more));
        EXPECT_LE(reader.held_size(), 2 * (arrived + piece.size()) + 65536);
    }
}

TEST(records, have_errors_with_words) {
    for (auto const each : {record_error::too_large, record_error::unknown_prefix,
                            record_error::after_end, record_error::cut_short}) {
        EXPECT_EQ(make_error_code(each).message().find("unknown record error"), std::string::npos);
    }
}

}  // namespace
}  // namespace trunkline::typed
