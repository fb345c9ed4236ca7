// What goes with a call, an answer or a failure beside its message: keys with values.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/extension/call_fields.hpp>

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline {

/// Which trace a call belongs to, as in W3C Trace Context.
using extension::trace_context;

/// Keys with values, in the order in which they were added; a key may come any number of times. A
/// value. It travels only where both sides have agreed to the extension (extension/FORMAT.md),
/// unchanged and in order: at most 64 entries (extension::metadata_entries_max), keys of at most
/// 255 bytes, and all of it, with 4 bytes for each entry, within 16 KiB less what else the header
/// has (extension::header_size_max).
class call_metadata {
public:
    /// One key with its value.
    struct entry {
        std::string key;               ///< any bytes
        std::vector<std::byte> value;  ///< any bytes, also none

        friend bool operator==(entry const&, entry const&) = default;
    };

    /// None.
    call_metadata() noexcept = default;

    /// Of texts: {{"user", "ada"}, {"tenant", "7"}}.
    call_metadata(std::initializer_list<std::pair<std::string_view, std::string_view>> texts);

    /// Adds a value behind all others.
    call_metadata& add(std::string_view key, bytes_view value);
    /// The same of a text.
    call_metadata& add(std::string_view key, std::string_view text);

    /// The first value of the key, valid until the next change; nothing when there is none.
    [[nodiscard]] std::optional<bytes_view> find(std::string_view key) const noexcept;

    /// Whether there is nothing.
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    /// How many there are.
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    /// The first one.
    [[nodiscard]] auto begin() const noexcept { return entries_.begin(); }
    /// Behind the last one.
    [[nodiscard]] auto end() const noexcept { return entries_.end(); }

    /// The same keys and values in the same order.
    friend bool operator==(call_metadata const&, call_metadata const&) = default;

private:
    std::vector<entry> entries_;
};

}  // namespace trunkline
