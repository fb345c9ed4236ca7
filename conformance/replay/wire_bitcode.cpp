// Encoded messages of every published type, and arbitrary bytes with what the published decoder
// made of them.
#include <replay/message_values.hpp>
#include <replay/vector_set.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>

#include <gtest/gtest.h>

#include <limits>
#include <map>

namespace trunkline::replay {
namespace {

constexpr bitcode_limits unlimited{
    .list_elements_max = std::numeric_limits<std::size_t>::max(),
    .decoded_size_max = std::numeric_limits<std::size_t>::max(),
    .packed_size_max = std::numeric_limits<std::size_t>::max(),
};

/// Our encoder writes one form per value and this form decodes to that value again, so two values
/// are the same when their forms are.
template <class Message>
void expect_value(json::value const& expected, bytes_view bytes, bitcode_limits const& limits) {
    auto made = bitcode::decode<Message>(bytes, limits);
    ASSERT_TRUE(made.has_value()) << made.error().message();
    message_reader_of_json reader(expected.as_object());
    byte_string const expected_form =
        bitcode::encode(reader.read<Message>(), unlimited).to_vector();
    byte_string const form = bitcode::encode(std::move(**made), unlimited).to_vector();
    EXPECT_TRUE(form == expected_form)
        << to_hex(form).substr(0, 200) << "\nfor " << to_hex(expected_form).substr(0, 200);
}

template <class Message>
void check_form(record const& each) {
    message_reader_of_json reader(each.fields.at("value").as_object());
    byte_string const made = bitcode::encode(reader.read<Message>(), unlimited).to_vector();
    EXPECT_TRUE(same_bytes(each.fields.at("bytes"), made));
    expect_value<Message>(each.fields.at("value"), made, unlimited);
}

/// Rule of store 3.6: lists and memory are bounded, where the original takes what comes.
bool refused_by_limit(error_code why) {
    return why == bitcode::bitcode_error::too_many_elements ||
           why == bitcode::bitcode_error::too_large;
}

template <class Message>
void check_verdict(record const& each) {
    byte_string const bytes = bytes_of(each.fields.at("bytes"));
    auto const made = bitcode::decode<Message>(bytes);
    if (!each.fields.at("ok").as_bool()) {
        EXPECT_FALSE(made.has_value());
    } else if (!made.has_value() && refused_by_limit(made.error())) {
        expect_value<Message>(each.fields.at("value"), bytes, unlimited);
    } else {
        expect_value<Message>(each.fields.at("value"), bytes, {});
    }
}

struct checks {
    void (*form)(record const&);
    void (*verdict)(record const&);
};

template <class Message>
constexpr checks checks_of() {
    return {check_form<Message>, check_verdict<Message>};
}

checks const& checks_for(record const& each) {
    using namespace store_service;
    static std::map<std::string_view, checks> const by_type = {
        {"WriteRequest", checks_of<write_request>()},
        {"WriteResponse", checks_of<tail_response>()},
        {"WriteResponseV07", checks_of<write_response_v07>()},
        {"BatchWriteRequest", checks_of<batch_write_request>()},
        {"BatchWriteResponse", checks_of<tail_response>()},
        {"ReadRequest", checks_of<key_request>()},
        {"ReadResponse", checks_of<read_response<bytes_view>>()},
        {"BatchReadRequest", checks_of<batch_read_request>()},
        {"BatchReadResponse", checks_of<batch_read_response<bytes_view>>()},
        {"DeleteRequest", checks_of<key_request>()},
        {"DeleteResponse", checks_of<tail_response>()},
        {"ExistsRequest", checks_of<key_request>()},
        {"ExistsResponse", checks_of<flag_response>()},
        {"LenRequest", checks_of<no_arguments>()},
        {"LenResponse", checks_of<number_response>()},
        {"IsEmptyRequest", checks_of<no_arguments>()},
        {"IsEmptyResponse", checks_of<flag_response>()},
        {"FileSizeRequest", checks_of<no_arguments>()},
        {"FileSizeResponse", checks_of<number_response>()},
        {"RpcServiceErrorPayload", checks_of<typed::failure>()},
    };
    std::string_view const type = each.fields.at("type").as_string();
    auto const found = by_type.find(type);
    if (found == by_type.end()) {
        throw std::invalid_argument("a message of no known type: " + std::string(type));
    }
    return found->second;
}

TEST(wire_bitcode, messages_become_the_recorded_bytes_and_come_back) {
    check_wire_records(wire_kind::bitcode, [](record const& each) { checks_for(each).form(each); });
}

TEST(wire_bitcode, bytes_are_accepted_and_refused_as_recorded) {
    check_wire_records(wire_kind::bitcode_malformed,
                       [](record const& each) { checks_for(each).verdict(each); });
}

}  // namespace
}  // namespace trunkline::replay
