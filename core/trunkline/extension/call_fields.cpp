#include <trunkline/extension/call_fields.hpp>

#include <trunkline/extension/kinds.hpp>

#include <algorithm>

namespace trunkline::extension {
namespace {

enum class tag : std::uint8_t {
    credit = 1,
    answer_credit = 2,
    timeout = 3,
    trace = 4,
    metadata = 5
};

constexpr std::size_t tag_size = 1;
constexpr std::size_t field_head_size = tag_size + sizeof(std::uint16_t);
constexpr std::size_t trace_size = 25;
constexpr std::size_t key_size_max = 255;

std::size_t encoded_size(call_fields const& fields) noexcept {
    std::size_t size = 0;
    size += fields.under_credit ? field_head_size : 0;
    size += fields.answer_credit ? field_head_size + sizeof(*fields.answer_credit) : 0;
    size += fields.timeout_us ? field_head_size + sizeof(*fields.timeout_us) : 0;
    size += fields.trace ? field_head_size + trace_size : 0;
    for (metadata_entry const& each : fields.metadata) {
        size += field_head_size + 1 + each.key.size() + each.value.size();
    }
    return size;
}

class writer {
public:
    explicit writer(std::byte* at) noexcept : at_(at) {}

    void begin(tag which, std::size_t size) noexcept {
        number(static_cast<std::uint8_t>(which));
        number(static_cast<std::uint16_t>(size));
    }
    template <class Number>
    void number(Number value) noexcept {
        store_le(at_, value);
        at_ += sizeof(Number);
    }
    void bytes(bytes_view from) noexcept { at_ = std::copy(from.begin(), from.end(), at_); }

private:
    std::byte* at_;
};

fields_fault decode_metadata(bytes_view body, call_fields& to) {
    if (body.empty()) {
        return fields_fault::malformed;
    }
    std::size_t const key_size = std::to_integer<std::size_t>(body.front());
    if (key_size > body.size() - 1) {
        return fields_fault::malformed;
    }
    if (to.metadata.size() == metadata_entries_max) {
        return fields_fault::too_large;
    }
    bytes_view const key = body.subspan(1, key_size);
    to.metadata.push_back(
        {{reinterpret_cast<char const*>(key.data()), key.size()}, body.subspan(1 + key_size)});
    return fields_fault::none;
}

fields_fault decode_trace(bytes_view body, call_fields& to) {
    if (to.trace || body.size() != trace_size) {
        return fields_fault::malformed;
    }
    trace_context& read = to.trace.emplace();
    std::copy_n(body.begin(), read.trace_id.size(), read.trace_id.begin());
    std::copy_n(body.begin() + read.trace_id.size(), read.span_id.size(), read.span_id.begin());
    read.flags = std::to_integer<std::uint8_t>(body.back());
    return fields_fault::none;
}

fields_fault decode_mark(bytes_view body, bool& to) noexcept {
    if (to || !body.empty()) {
        return fields_fault::malformed;
    }
    to = true;
    return fields_fault::none;
}

template <class Number>
fields_fault decode_number(bytes_view body, std::optional<Number>& to) {
    if (to || body.size() != sizeof(Number)) {
        return fields_fault::malformed;
    }
    to = load_le<Number>(body.data());
    return fields_fault::none;
}

fields_fault decode_field(std::uint8_t which, bytes_view body, call_fields& to) {
    switch (static_cast<tag>(which)) {
        case tag::credit:
            return decode_mark(body, to.under_credit);
        case tag::answer_credit:
            return decode_number(body, to.answer_credit);
        case tag::timeout:
            return decode_number(body, to.timeout_us);
        case tag::trace:
            return decode_trace(body, to);
        case tag::metadata:
            return decode_metadata(body, to);
    }
    return fields_fault::none;  // of a later version
}

}  // namespace

fields_fault encode_fields(call_fields const& fields, std::vector<std::byte>& to) {
    bool const keys_fit = std::ranges::all_of(
        fields.metadata, [](auto const& each) { return each.key.size() <= key_size_max; });
    std::size_t const size = encoded_size(fields);
    if (!keys_fit || fields.metadata.size() > metadata_entries_max || size > header_size_max) {
        return fields_fault::too_large;
    }
    std::size_t const before = to.size();
    to.resize(before + size);
    writer out(to.data() + before);
    if (fields.under_credit) {
        out.begin(tag::credit, 0);
    }
    if (fields.answer_credit) {
        out.begin(tag::answer_credit, sizeof(*fields.answer_credit));
        out.number(*fields.answer_credit);
    }
    if (fields.timeout_us) {
        out.begin(tag::timeout, sizeof(*fields.timeout_us));
        out.number(*fields.timeout_us);
    }
    if (fields.trace) {
        out.begin(tag::trace, trace_size);
        out.bytes(fields.trace->trace_id);
        out.bytes(fields.trace->span_id);
        out.number(fields.trace->flags);
    }
    for (metadata_entry const& each : fields.metadata) {
        out.begin(tag::metadata, 1 + each.key.size() + each.value.size());
        out.number(static_cast<std::uint8_t>(each.key.size()));
        out.bytes(as_bytes(each.key));
        out.bytes(each.value);
    }
    return fields_fault::none;
}

fields_fault decode_fields(bytes_view from, call_fields& to) {
    if (from.size() > header_size_max) {
        return fields_fault::too_large;
    }
    while (!from.empty()) {
        if (from.size() < field_head_size) {
            return fields_fault::malformed;
        }
        auto const which = std::to_integer<std::uint8_t>(from.front());
        std::size_t const size = load_le<std::uint16_t>(from.data() + tag_size);
        from = from.subspan(field_head_size);
        if (size > from.size()) {
            return fields_fault::malformed;
        }
        if (fields_fault const fault = decode_field(which, from.first(size), to);
            fault != fields_fault::none) {
            return fault;
        }
        from = from.subspan(size);
    }
    return fields_fault::none;
}

}  // namespace trunkline::extension
