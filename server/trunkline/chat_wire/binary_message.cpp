#include <trunkline/chat_wire/binary_message.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/utf8.hpp>
#include <trunkline/chat_wire/error.hpp>

#include <cstring>

namespace trunkline::chat_wire {
namespace {

using length = std::uint64_t;

constexpr std::size_t id_size = 8;
constexpr std::size_t published_type_size = 4;
constexpr std::size_t fixed_size = id_size + published_type_size + 8 + 8 + 3 * sizeof(length);

/// Reads field after field; once one is not there, none is.
class field_reader {
public:
    explicit field_reader(bytes_view bytes) noexcept : rest_(bytes) {}

    template <std::unsigned_integral Number>
    Number number() noexcept {
        bytes_view const field = take(sizeof(Number));
        return whole_ ? load_le<Number>(field.data()) : 0;
    }

    bytes_view counted() noexcept { return take(number<length>()); }

    [[nodiscard]] bool whole() const noexcept { return whole_; }
    [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

private:
    bytes_view take(length size) noexcept {
        whole_ = whole_ && size <= rest_.size();
        if (!whole_) {
            return {};
        }
        auto const taken = rest_.first(static_cast<std::size_t>(size));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }

    bytes_view rest_;
    bool whole_ = true;
};

class field_writer {
public:
    explicit field_writer(mutable_bytes to) noexcept : rest_(to) {}

    template <std::unsigned_integral Number>
    void number(Number value) noexcept {
        store_le(skip(sizeof value).data(), value);
    }

    void counted(std::string_view text) noexcept {
        number<length>(text.size());
        mutable_bytes const at = skip(text.size());
        if (!text.empty()) {
            std::memcpy(at.data(), text.data(), text.size());
        }
    }

    mutable_bytes skip(std::size_t size) noexcept {
        auto const skipped = rest_.first(size);
        rest_ = rest_.subspan(size);
        return skipped;
    }

private:
    mutable_bytes rest_;
};

std::uint32_t read_type(field_reader& from, binary_layout layout) noexcept {
    if (layout == binary_layout::published) {
        return from.number<std::uint32_t>();
    }
    // From 1; 0 becomes a number that is none.
    return std::uint32_t{from.number<std::uint8_t>()} - 1;
}

constexpr std::array<std::byte, message_types> make_document_types() {
    std::array<std::byte, message_types> types{};
    for (std::uint8_t i = 0; i < message_types; ++i) {
        types[i] = std::byte{static_cast<unsigned char>(i + 1)};
    }
    return types;
}

constexpr std::array document_types = make_document_types();

}  // namespace

result<decoded_binary> decode_binary(bytes_view bytes, binary_layout layout) {
    field_reader from(bytes);
    decoded_binary made;
    binary_message& message = made.message;
    message.id = from.number<std::uint64_t>();
    std::uint32_t const type = read_type(from, layout);
    if (from.whole() && type >= message_types) {
        return chat_error::unknown_type;
    }
    message.type = static_cast<message_type>(type);
    message.user = from.number<std::uint64_t>();
    bytes_view const username = from.counted();
    if (!is_utf8(username)) {
        return chat_error::bad_name;
    }
    message.payload = from.counted();
    message.time_ms = static_cast<std::int64_t>(from.number<std::uint64_t>());
    bytes_view const room = from.counted();
    if (!is_utf8(room)) {
        return chat_error::bad_room;
    }
    if (!from.whole()) {
        return chat_error::cut_off;
    }
    message.username = as_text(username);
    message.room = as_text(room);
    made.size = bytes.size() - from.left();
    return made;
}

std::optional<binary_layout> recognise_layout(bytes_view bytes) {
    for (auto const layout : {binary_layout::published, binary_layout::document}) {
        auto const decoded = decode_binary(bytes, layout);
        if (decoded && decoded->size == bytes.size()) {
            return layout;
        }
    }
    return std::nullopt;
}

std::size_t binary_size(binary_message const& message, std::size_t payload_size) {
    return fixed_size + message.username.size() + payload_size + message.room.size();
}

mutable_bytes encode_binary_around(binary_message const& message, std::size_t payload_size,
                                   mutable_bytes to) {
    TRUNKLINE_ASSERT(to.size() == binary_size(message, payload_size));
    field_writer out(to);
    out.number(message.id);
    out.number(static_cast<std::uint32_t>(message.type));
    out.number(message.user);
    out.counted(message.username);
    out.number<length>(payload_size);
    mutable_bytes const payload = out.skip(payload_size);
    out.number(static_cast<std::uint64_t>(message.time_ms));
    out.counted(message.room);
    return payload;
}

std::array<bytes_view, 3> document_pieces(bytes_view published) {
    TRUNKLINE_ASSERT(published.size() >= fixed_size);
    auto const type = load_le<std::uint32_t>(published.data() + id_size);
    TRUNKLINE_ASSERT(type < message_types);
    return {published.first(id_size), bytes_view(document_types).subspan(type, 1),
            published.subspan(id_size + published_type_size)};
}

}  // namespace trunkline::chat_wire
