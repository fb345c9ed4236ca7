// The golden store files: which there are, how they were made, what reading them gives. Read while
// the test runs; no file name means anything.
#pragma once

#include <replay/values.hpp>
#include <replay/vector_set.hpp>

#include <boost/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::replay {

/// One file of the set.
struct store_record {
    json::object fields;
    std::string name;             ///< folder and file below store_folder()
    std::uint32_t alignment = 0;  ///< from the revision the record names

    [[nodiscard]] std::filesystem::path path() const { return store_folder() / name; }

    /// The list under `key`; null when the record has none.
    [[nodiscard]] json::array const* list(std::string_view key) const;
    [[nodiscard]] json::object const* object(std::string_view key) const;

    /// The writer left behind what no writer should: read it, do not imitate it.
    [[nodiscard]] bool shows_defect() const;
};

/// Every file of manifest.json and of verified_recovery.json that is there and of revision a1, a16
/// or a64; others (the extension set) wait for their rules. A file of the second list alone has no
/// fields.
[[nodiscard]] std::vector<store_record> store_records();

/// Calls `check` for each and counts it. Skips the running test when `records` is empty.
void check_store_records(std::vector<store_record> const& records,
                         std::function<void(store_record const&)> const& check);

/// A payload in the manifest's notation: hex, generated, repeated, or a file of the set. Throws on
/// anything else.
[[nodiscard]] byte_string payload_of(json::value const& notation);

/// False when `notation`, or a part of it, takes bytes from a file that is not there.
[[nodiscard]] bool has_files_of(json::value const& notation);

/// The tail that verified recovery finds, from verified_recovery.json; nothing when it is not
/// listed.
[[nodiscard]] std::optional<std::uint64_t> verified_tail_of(store_record const& record);

/// A section of hashes.json; null when there is none.
[[nodiscard]] json::array const* digest_section(std::string_view name);

[[nodiscard]] std::string sha256_hex(bytes_view bytes);

/// The bytes of a file. Throws when it cannot be read.
[[nodiscard]] byte_string read_bytes(std::filesystem::path const& path);
void write_bytes(std::filesystem::path const& path, bytes_view bytes);

}  // namespace trunkline::replay
