#include <trunkline/websocket/frame_header.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace trunkline::websocket {
namespace {

struct header_case {
    frame_header header;
    std::string bytes;
};

using namespace std::string_literals;

header_case const header_cases[] = {
    {{.payload_size = 0, .code = opcode::binary}, "\x82\x00"s},
    {{.payload_size = 5, .code = opcode::text}, "\x81\x05"s},
    {{.payload_size = 3, .code = opcode::text, .fin = false}, "\x01\x03"s},
    {{.payload_size = 2, .code = opcode::continuation}, "\x80\x02"s},
    {{.payload_size = 125, .code = opcode::ping}, "\x89\x7d"s},
    {{.payload_size = 126, .code = opcode::binary}, "\x82\x7e\x00\x7e"s},
    {{.payload_size = 256, .code = opcode::binary}, "\x82\x7e\x01\x00"s},
    {{.payload_size = 65535, .code = opcode::binary}, "\x82\x7e\xff\xff"s},
    {{.payload_size = 65536, .code = opcode::binary}, "\x82\x7f\0\0\0\0\0\x01\0\0"s},
    {{.payload_size = 0x0102030405060708, .code = opcode::binary},
     "\x82\x7f\x01\x02\x03\x04\x05\x06\x07\x08"s},
    {{.payload_size = 5, .mask = 0x3d21fa37, .code = opcode::text, .masked = true},
     "\x81\x85\x37\xfa\x21\x3d"s},
    {{.payload_size = 126, .mask = 0x04030201, .code = opcode::pong, .masked = true},
     "\x8a\xfe\x00\x7e\x01\x02\x03\x04"s},
    {{.payload_size = 65536, .mask = 0x04030201, .code = opcode::close, .masked = true},
     "\x88\xff\0\0\0\0\0\x01\0\0\x01\x02\x03\x04"s},
};

TEST(frame_header, encodes_and_decodes_the_table) {
    for (auto const& row : header_cases) {
        std::array<std::byte, header_size_max> bytes{};
        std::size_t const size = encode_header(row.header, bytes);
        EXPECT_EQ(as_text(bytes_view(bytes).first(size)), row.bytes);
        EXPECT_EQ(header_size_of(bytes[1]), size);
        frame_header const again = decode_header(as_bytes(row.bytes).data());
        EXPECT_EQ(again.payload_size, row.header.payload_size);
        EXPECT_EQ(again.code, row.header.code);
        EXPECT_EQ(again.fin, row.header.fin);
        EXPECT_EQ(again.masked, row.header.masked);
        EXPECT_EQ(again.mask, row.header.mask);
    }
}

}  // namespace
}  // namespace trunkline::websocket
