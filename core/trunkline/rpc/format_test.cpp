#include <trunkline/rpc/header.hpp>

#include <trunkline/base/format_page.hpp>
#include <trunkline/base/limits.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::rpc {
namespace {

format_page const page(TRUNKLINE_SOURCE_DIR "/core/trunkline/rpc/FORMAT.md");

TEST(rpc_format, head_fields_stand_where_the_page_says) {
    format_table const fields = page.table("Head");
    struct {
        char const* name;
        std::size_t offset;
        std::size_t size;
    } const known[] = {
        {"type", type_offset, sizeof(header::type_byte)},
        {"request id", request_id_offset, sizeof(header::request_id)},
        {"method id", method_id_offset, sizeof(header::method_id)},
        {"metadata size", metadata_size_offset, sizeof(header::metadata_size)},
    };
    ASSERT_EQ(fields.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(fields.number(each.name, "offset"), each.offset) << each.name;
        EXPECT_EQ(fields.number(each.name, "size"), each.size) << each.name;
    }
    EXPECT_NE(page.text().find("The head is " + std::to_string(header_size) + " bytes"),
              std::string::npos);
}

TEST(rpc_format, types_have_the_pages_numbers) {
    format_table const types = page.table("Types");
    ASSERT_EQ(types.rows.size(), message_type_max + 2u);
    EXPECT_EQ(types.number("call", "number"), static_cast<std::size_t>(message_type::call));
    EXPECT_EQ(types.number("response", "number"), static_cast<std::size_t>(message_type::response));
    EXPECT_EQ(types.number("event", "number"), static_cast<std::size_t>(message_type::event));
}

TEST(rpc_format, statuses_have_the_pages_numbers) {
    format_table const statuses = page.table("Status");
    ASSERT_EQ(statuses.rows.size(), 5u);
    EXPECT_EQ(statuses.number("success", "number"), static_cast<std::size_t>(status::success));
    EXPECT_EQ(statuses.number("failed", "number"), static_cast<std::size_t>(status::failed));
    EXPECT_EQ(statuses.number("system error", "number"),
              static_cast<std::size_t>(status::system_error));
    EXPECT_EQ(statuses.number("method not found", "number"),
              static_cast<std::size_t>(status::method_not_found));
}

TEST(rpc_format, the_example_is_what_the_encoder_writes) {
    std::string digits;
    auto const add = [&](std::byte each) {
        constexpr char hex[] = "0123456789abcdef";
        digits.push_back(hex[std::to_integer<int>(each) >> 4]);
        digits.push_back(hex[std::to_integer<int>(each) & 15]);
    };
    for (std::byte const each : encode_header(
             {static_cast<std::uint8_t>(message_type::response), 1, 0xa41dbb760e96e3e3, 1})) {
        add(each);
    }
    for (std::byte const each : {std::byte{0}, std::byte{6}, std::byte{0}}) {
        add(each);
    }
    EXPECT_EQ(page.hex_example("Example"), digits);
}

TEST(rpc_format, limits_are_the_pages) {
    format_table const limits = page.table("Limits");
    session_limits const defaults;
    struct {
        char const* name;
        std::size_t value;
    } const known[] = {
        {"frame payload, declared", defaults.frame_payload_size_max},
        {"message", defaults.message_size_max},
        {"bytes held for a connection", defaults.held_size_max},
        {"open streams", defaults.open_streams_max},
        {"unfinished requests", defaults.unfinished_requests_max},
        {"unanswered requests", defaults.unanswered_requests_max},
        {"requests not both received and answered, whatever the two limits before are set to",
         calls_at_once_max},
        {"queued output of our own bytes", defaults.output_owned_mark},
        {"queued output of borrowed bytes", defaults.output_borrowed_mark},
        {"queued output, for who writes a stream", stream_output_size_mark},
        {"parts that wait for their reader, of all streams", stream_input_size_mark},
        {"faults of a peer", defaults.protocol_errors_max},
        {"our pending calls", defaults.pending_calls_max},
        {"queued events of ours, and whatever waits for the layout", events_queued_size_max},
    };
    ASSERT_EQ(limits.rows.size(), std::size(known) + 1);
    for (auto const& each : known) {
        EXPECT_EQ(limits.number(each.name, "default"), each.value) << each.name;
    }
    EXPECT_EQ(payload_arguments_size_min, 65536u);
    EXPECT_EQ(metadata_size_max, 65535u);
    EXPECT_EQ(acceptor_id_bit, 0x80000000u);
}

TEST(rpc_format, a_head_comes_back_as_it_was) {
    for (header const& each :
         {header{0, 0, 0, 0}, header{2, 0xffffffff, 0xffffffffffffffff, 0xffff},
          header{255, 1, 0x0102030405060708, 258}}) {
        header const back = decode_header(encode_header(each));
        EXPECT_EQ(back.type_byte, each.type_byte);
        EXPECT_EQ(back.request_id, each.request_id);
        EXPECT_EQ(back.method_id, each.method_id);
        EXPECT_EQ(back.metadata_size, each.metadata_size);
    }
}

}  // namespace
}  // namespace trunkline::rpc
