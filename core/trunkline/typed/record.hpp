// Records: how the messages of one stream keep their borders, which the wire does not (FORMAT.md).
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

namespace trunkline::typed {

inline constexpr std::size_t record_prefix_size = 4;  ///< bytes before each record

/// Prefixes from here on are no message's: what is left of them is the size of a failure.
inline constexpr std::uint32_t failure_bit = 0x8000'0000;
inline constexpr std::size_t failure_size_max = 65535;  ///< bytes of the body of a failure

/// The prefix of the record that ends a stream.
inline constexpr std::uint32_t end_prefix = 0xffff'ffff;

/// What a record is.
enum class record_kind : std::uint8_t { message, failure, end };

/// A value.
struct record {
    record_kind kind = record_kind::message;  ///< what the body is
    std::vector<std::byte> body;              ///< a message, a failure, or nothing at the end
};

/// Why the bytes of a stream are no records.
enum class record_error {
    too_large = 1,   ///< a message above the limit
    unknown_prefix,  ///< of none of the three kinds, or a failure above failure_size_max
    after_end,       ///< bytes behind the record that ends the stream
    cut_short,       ///< the stream ended within a record
};

/// Any thread.
[[nodiscard]] error_code make_error_code(record_error error) noexcept;

/// What stands before a body of `body_size` bytes: at most failure_size_max for a failure, 0 for an
/// end, and below failure_bit for a message.
[[nodiscard]] std::array<std::byte, record_prefix_size> record_prefix(
    record_kind kind, std::size_t body_size) noexcept;

/// Cuts the bytes of one stream into records, however they arrive. Holds one record at most, and
/// nothing ahead of what has arrived but a chunk's size.
class record_reader {
public:
    /// `message_size_max`: bytes of one message.
    explicit record_reader(std::size_t message_size_max) noexcept
        : message_size_max_(message_size_max) {}

    /// Takes bytes from the front of `input` up to the end of the next record; empty when all have
    /// been taken before that. Fails with a record_error, and so does every later call.
    [[nodiscard]] result<std::optional<record>> next(bytes_view& input);

    /// Whether the stream may end here: not within a record.
    [[nodiscard]] bool at_border() const noexcept { return prefix_size_ == 0; }

    /// Bytes of memory that the record under way takes.
    [[nodiscard]] std::size_t held_size() const noexcept { return body_.capacity(); }

private:
    [[nodiscard]] error_code read_prefix(bytes_view& input);
    [[nodiscard]] error_code begin_body(std::uint32_t prefix) noexcept;
    void read_body(bytes_view& input);

    std::size_t message_size_max_;
    std::array<std::byte, record_prefix_size> prefix_{};
    std::size_t prefix_size_ = 0;  // of it, how much has come
    record_kind kind_ = record_kind::message;
    std::size_t body_size_ = 0;
    std::vector<std::byte> body_;
    error_code failed_;
    bool ended_ = false;
};

}  // namespace trunkline::typed

template <>
struct boost::system::is_error_code_enum<trunkline::typed::record_error> : std::true_type {};
