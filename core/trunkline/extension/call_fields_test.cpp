#include <trunkline/extension/call_fields.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/extension/test_hex.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::extension {
namespace {

using testing::bytes_of;

fields_fault fault_of(std::string_view hex) {
    call_fields read;
    return decode_fields(bytes_of(hex), read);
}

TEST(call_fields, are_written_as_the_page_says) {
    call_fields fields;
    fields.under_credit = true;
    fields.answer_credit = 0x01020304;
    fields.timeout_us = 0x1122334455667788;
    fields.metadata = {{"k", as_bytes("v")}, {"", {}}};
    std::vector<std::byte> written;
    ASSERT_EQ(encode_fields(fields, written), fields_fault::none);
    EXPECT_EQ(written, bytes_of("010000"
                                "020400"
                                "04030201"
                                "030800"
                                "8877665544332211"
                                "050300"
                                "016b76"
                                "050100"
                                "00"));
}

TEST(call_fields, carry_nothing_in_no_bytes) {
    std::vector<std::byte> written;
    EXPECT_TRUE(call_fields{}.empty());
    EXPECT_EQ(encode_fields({}, written), fields_fault::none);
    EXPECT_TRUE(written.empty());
    EXPECT_EQ(fault_of(""), fields_fault::none);
}

TEST(call_fields, of_later_versions_are_skipped) {
    call_fields read;
    auto const from = bytes_of(
        "090200ffff"
        "0204000a000000");
    ASSERT_EQ(decode_fields(from, read), fields_fault::none);
    EXPECT_EQ(read.answer_credit, 10u);
}

TEST(call_fields, that_do_not_fit_are_malformed) {
    EXPECT_EQ(fault_of("01"), fields_fault::malformed);
    EXPECT_EQ(fault_of("0104"), fields_fault::malformed);
    EXPECT_EQ(fault_of("010100"), fields_fault::malformed);
    EXPECT_EQ(fault_of("0101000a"), fields_fault::malformed);
    EXPECT_EQ(fault_of("010000010000"), fields_fault::malformed);
    EXPECT_EQ(fault_of("0203000a0000"), fields_fault::malformed);
    EXPECT_EQ(fault_of("0204000a0000000204000a000000"), fields_fault::malformed);
    EXPECT_EQ(fault_of("0308000a000000"), fields_fault::malformed);
    EXPECT_EQ(fault_of("04010000"), fields_fault::malformed);
    EXPECT_EQ(fault_of("050000"), fields_fault::malformed);
    EXPECT_EQ(fault_of("05010001"), fields_fault::malformed);
}

TEST(call_fields, above_their_limits_are_neither_written_nor_read) {
    call_fields many;
    many.metadata.assign(metadata_entries_max, {"k", {}});
    std::vector<std::byte> written;
    ASSERT_EQ(encode_fields(many, written), fields_fault::none);
    call_fields read;
    ASSERT_EQ(decode_fields(written, read), fields_fault::none);
    EXPECT_EQ(read.metadata.size(), metadata_entries_max);

    many.metadata.push_back({"k", {}});
    std::vector<std::byte> nothing;
    EXPECT_EQ(encode_fields(many, nothing), fields_fault::too_large);
    EXPECT_TRUE(nothing.empty());
    written.insert(written.end(), written.begin(), written.begin() + 5);
    call_fields refused;
    EXPECT_EQ(decode_fields(written, refused), fields_fault::too_large);

    std::string const long_key(256, 'k');
    call_fields keyed;
    keyed.metadata = {{long_key, {}}};
    EXPECT_EQ(encode_fields(keyed, nothing), fields_fault::too_large);

    std::string const value(header_size_max - 4, 'v');
    call_fields largest;
    largest.metadata = {{"", as_bytes(value)}};
    EXPECT_EQ(encode_fields(largest, nothing), fields_fault::none);
    EXPECT_EQ(nothing.size(), header_size_max);
    std::string const longer = value + "v";
    largest.metadata = {{"", as_bytes(longer)}};
    EXPECT_EQ(encode_fields(largest, nothing), fields_fault::too_large);
    nothing.push_back({});
    EXPECT_EQ(decode_fields(nothing, refused), fields_fault::too_large);
}

}  // namespace
}  // namespace trunkline::extension
