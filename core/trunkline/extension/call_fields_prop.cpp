#include <trunkline/extension/call_fields.hpp>
#include <trunkline/extension/control_frames.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace trunkline::extension {
namespace {

struct owned_fields {
    call_fields fields;
    std::vector<std::pair<std::string, std::string>> entries;
};

owned_fields any_fields() {
    owned_fields made;
    made.entries = *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
        rc::gen::pair(rc::gen::string<std::string>(), rc::gen::string<std::string>()));
    if (*rc::gen::arbitrary<bool>()) {
        made.fields.under_credit = true;
        made.fields.answer_credit = *rc::gen::arbitrary<std::uint32_t>();
    }
    if (*rc::gen::arbitrary<bool>()) {
        made.fields.timeout_us = *rc::gen::arbitrary<std::uint64_t>();
    }
    if (*rc::gen::arbitrary<bool>()) {
        trace_context& trace = made.fields.trace.emplace();
        trace.flags = *rc::gen::arbitrary<std::uint8_t>();
        trace.trace_id[3] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
        trace.span_id[7] = static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    }
    return made;
}

void view(owned_fields& of) {
    of.fields.metadata.clear();
    for (auto const& [key, value] : of.entries) {
        of.fields.metadata.push_back({key, as_bytes(value)});
    }
}

RC_GTEST_PROP(call_fields, come_back_as_they_were, ()) {
    owned_fields made = any_fields();
    view(made);
    std::vector<std::byte> written;
    RC_PRE(encode_fields(made.fields, written) == fields_fault::none);
    call_fields read;
    RC_ASSERT(decode_fields(written, read) == fields_fault::none);
    RC_ASSERT(read.under_credit == made.fields.under_credit);
    RC_ASSERT(read.answer_credit == made.fields.answer_credit);
    RC_ASSERT(read.timeout_us == made.fields.timeout_us);
    RC_ASSERT(read.trace == made.fields.trace);
    RC_ASSERT(read.metadata.size() == made.entries.size());
    for (std::size_t i = 0; i < made.entries.size(); ++i) {
        RC_ASSERT(read.metadata[i].key == made.entries[i].first);
        bytes_view const value = read.metadata[i].value;
        RC_ASSERT(std::string(reinterpret_cast<char const*>(value.data()), value.size()) ==
                  made.entries[i].second);
    }
}

// Whatever comes is read or refused; what is read, written again, is read the same.
RC_GTEST_PROP(call_fields, of_any_bytes_are_read_or_refused, ()) {
    auto const bytes = *rc::gen::container<std::vector<std::uint8_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::uint8_t>(0, 6), rc::gen::arbitrary<std::uint8_t>()));
    call_fields read;
    if (decode_fields(std::as_bytes(std::span(bytes)), read) != fields_fault::none) {
        return;
    }
    std::vector<std::byte> written;
    RC_ASSERT(encode_fields(read, written) == fields_fault::none);
    RC_ASSERT(written.size() <= bytes.size());
    call_fields again;
    RC_ASSERT(decode_fields(written, again) == fields_fault::none);
    RC_ASSERT(again.answer_credit == read.answer_credit);
    RC_ASSERT(again.timeout_us == read.timeout_us);
    RC_ASSERT(again.trace == read.trace);
    RC_ASSERT(again.metadata.size() == read.metadata.size());
}

}  // namespace
}  // namespace trunkline::extension
