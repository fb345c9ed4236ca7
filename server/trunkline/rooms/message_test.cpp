#include <trunkline/rooms/message.hpp>

#include <trunkline/rooms/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::rooms {
namespace {

using testing::draft;

TEST(message, has_its_bytes_and_number) {
    shared_message const said = draft("hello").finish(7);
    EXPECT_EQ(as_text(said.bytes()), "hello");
    EXPECT_EQ(said.number(), 7U);
    EXPECT_TRUE(said);
    EXPECT_FALSE(shared_message());
    EXPECT_TRUE(shared_message().bytes().empty());
    EXPECT_TRUE(draft("").finish(1));
}

TEST(message, carries_its_number) {
    message_draft made = draft("ab12345678cd");
    made.carry_number_at(2);
    shared_message const said = std::move(made).finish(0x0102030405060708U);
    EXPECT_EQ(as_text(said.bytes()),
              "ab\x08\x07\x06\x05\x04\x03\x02\x01"
              "cd");
}

TEST(message, is_counted_once_however_many_share_it) {
    std::size_t const before = shared_message::size_of_all();
    {
        shared_message const said = draft(std::string(1000, 'x')).finish(1);
        std::vector<shared_message> const shared(50, said);
        EXPECT_EQ(shared_message::size_of_all(), before + 1000);
        EXPECT_EQ(shared[49].bytes().data(), said.bytes().data());
    }
    EXPECT_EQ(shared_message::size_of_all(), before);
    {
        message_draft const unsaid = draft("never said");
    }
    EXPECT_EQ(shared_message::size_of_all(), before);
}

TEST(message, carries_its_number_as_digits_of_one_width) {
    struct {
        std::uint64_t number;
        char const* text;
    } const cases[] = {{0, "<                   0>"},
                       {1234, "<                1234>"},
                       {UINT64_MAX, "<18446744073709551615>"}};
    for (auto const& each : cases) {
        message_draft one = draft("<" + std::string(number_digits, '?') + ">");
        one.carry_digits_at(1);
        EXPECT_EQ(as_text(std::move(one).finish(each.number).bytes()), each.text);
    }
}

TEST(message, says_whether_it_is_to_be_kept) {
    message_draft one = draft("x");
    EXPECT_FALSE(one.is_kept());
    one.keep();
    message_draft const moved = std::move(one);
    EXPECT_TRUE(moved.is_kept());
}

TEST(message, lives_as_long_as_it_is_lent) {
    std::size_t const before = shared_message::size_of_all();
    slice lent = draft("hello").finish(1).lend();
    EXPECT_EQ(as_text(lent.bytes), "hello");
    EXPECT_EQ(shared_message::size_of_all(), before + 5);
    lent.keep_alive = {};
    EXPECT_EQ(shared_message::size_of_all(), before);
    EXPECT_FALSE(shared_message().lend().keep_alive);
}

}  // namespace
}  // namespace trunkline::rooms
