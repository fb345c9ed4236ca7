#include <trunkline/frame/header.hpp>

#include <trunkline/frame/testing.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace trunkline::frame {
namespace {

TEST(header, has_the_published_bytes) {
    std::array<std::byte, header_size_max> bytes{};
    header const fields{0x04030201, 0x14131211, 0x24232221, 2, 0x3736353433323130};
    ASSERT_EQ(encode_header(fields, layout::b, bytes), 13u);
    EXPECT_EQ(as_text(bytes_view(bytes).first(13)),
              std::string_view("\x01\x02\x03\x04\x11\x12\x13\x14"
                               "\x21\x22\x23\x24\x02",
                               13));
    ASSERT_EQ(encode_header(fields, layout::a, bytes), 21u);
    EXPECT_EQ(as_text(bytes_view(bytes).subspan(13)), "\x30\x31\x32\x33\x34\x35\x36\x37");
}

RC_GTEST_PROP(header, comes_back_as_it_was,
              (std::uint32_t size, std::uint32_t stream, std::uint32_t sequence,
               std::uint8_t kind_byte, std::uint64_t sent_at, bool as_a)) {
    layout const of = as_a ? layout::a : layout::b;
    std::array<std::byte, header_size_max> bytes;
    std::size_t const used = encode_header({size, stream, sequence, kind_byte, sent_at}, of, bytes);
    RC_ASSERT(used == header_size(of));
    header const back = decode_header(bytes_view(bytes).first(used), of);
    RC_ASSERT(back.payload_size == size);
    RC_ASSERT(back.stream_id == stream);
    RC_ASSERT(back.sequence == sequence);
    RC_ASSERT(back.kind_byte == kind_byte);
    RC_ASSERT(back.sent_at_us == (as_a ? sent_at : 0));
}

}  // namespace
}  // namespace trunkline::frame
