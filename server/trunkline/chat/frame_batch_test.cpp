#include <trunkline/chat/frame_batch.hpp>

#include <trunkline/chat_wire/testing.hpp>
#include <trunkline/websocket/frame_header.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace trunkline::chat {
namespace {

std::uint64_t last_number = 0;

rooms::shared_message message(std::size_t size) {
    rooms::message_draft made(size);
    std::fill(made.bytes().begin(), made.bytes().end(), std::byte{'x'});
    return std::move(made).finish(++last_number);
}

TEST(frame_batch, has_a_frame_for_each_message) {
    std::vector<rooms::shared_message> const all{message(0), message(5), message(126),
                                                 message(1000)};
    frame_batch batch(websocket::message_kind::text);
    batch.make(all, false);
    ASSERT_EQ(batch.ends().size(), all.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const header = websocket::decode_header(batch.bytes().data() + at);
        EXPECT_EQ(header.code, websocket::opcode::text);
        EXPECT_TRUE(header.fin);
        EXPECT_FALSE(header.masked);
        EXPECT_EQ(header.payload_size, all[i].bytes().size());
        EXPECT_GE(batch.ends()[i] - at, all[i].bytes().size() + 2);
        at = batch.ends()[i];
    }
    EXPECT_EQ(batch.bytes().size(), at);
}

TEST(frame_batch, takes_as_many_as_fit) {
    std::vector<rooms::shared_message> const all{message(frame_batch::size_max / 2), message(100),
                                                 message(frame_batch::size_max / 2)};
    frame_batch batch(websocket::message_kind::binary);
    batch.make(all, false);
    EXPECT_EQ(batch.ends().size(), 2U);
    batch.make(std::span(all).subspan(2), false);
    EXPECT_EQ(batch.ends().size(), 1U);
    std::vector<rooms::shared_message> const large{message(frame_batch::size_max)};
    batch.make(large, false);
    EXPECT_TRUE(batch.ends().empty());
    EXPECT_TRUE(batch.bytes().empty());
}

TEST(frame_batch, is_made_once_for_the_same_messages) {
    std::vector<rooms::shared_message> const all{message(10), message(20), message(30)};
    frame_batch batch(websocket::message_kind::binary);
    batch.make(all, false);
    const_cast<std::byte&>(batch.bytes()[3]) = std::byte{'y'};  // to see whether it is made anew
    batch.make(all, false);
    EXPECT_EQ(batch.bytes()[3], std::byte{'y'});
    batch.make(std::span(all).subspan(1), false);
    EXPECT_EQ(batch.ends().size(), 2U);
    batch.make(all, false);
    EXPECT_EQ(batch.bytes()[3], std::byte{'x'});
}

TEST(frame_batch, has_the_layout_that_is_asked_for) {
    auto const published = chat_wire::testing::encoded(chat_wire::binary_message{});
    rooms::message_draft draft(published.size());
    std::copy(published.begin(), published.end(), draft.bytes().begin());
    std::vector<rooms::shared_message> const all{std::move(draft).finish(++last_number)};
    frame_batch batch(websocket::message_kind::binary);
    batch.make(all, false);
    auto const plain = batch.bytes().subspan(2);
    EXPECT_TRUE(std::equal(plain.begin(), plain.end(), published.begin(), published.end()));
    batch.make(all, true);
    auto const document = chat_wire::testing::in_document_layout(published);
    auto const other = batch.bytes().subspan(2);
    EXPECT_TRUE(std::equal(other.begin(), other.end(), document.begin(), document.end()));
}

}  // namespace
}  // namespace trunkline::chat
