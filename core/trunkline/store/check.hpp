// Checks a store file as a whole: every checksum, pad and byte. Never changes the file.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/store/file.hpp>
#include <trunkline/store/open_report.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::store {

/// What can be wrong with a file.
enum class problem_kind : std::uint8_t {
    checksum,          ///< a payload does not match the checksum in its trailer
    pad,               ///< a pad holds something else than zero bytes
    bytes_after_tail,  ///< bytes that belong to no entry; the next open would cut or refuse them
};

/// One thing that is wrong with a file.
struct check_problem {
    problem_kind kind = problem_kind::checksum;  ///< what is wrong
    std::uint64_t offset = 0;                    ///< of the first byte concerned
    std::uint64_t size = 0;                      ///< in bytes
};

/// Problems are listed up to this number; all are counted.
inline constexpr std::size_t check_problems_max = 100;

/// What check_store() has found.
struct check_report {
    std::filesystem::path path;           ///< of the file
    std::uint32_t alignment = 0;          ///< the file was read with; given or found out
    std::uint64_t size = 0;               ///< of the file, in bytes
    std::uint64_t tail = 0;               ///< bytes that belong to entries
    std::uint64_t entries = 0;            ///< all of them
    std::uint64_t tombstones = 0;         ///< of these, deletions
    std::uint64_t live_keys = 0;          ///< keys with a value
    std::uint64_t live_bytes = 0;         ///< of the newest values, without pads and trailers
    std::uint64_t problems_found = 0;     ///< all of them, also those that are not listed
    std::vector<check_problem> problems;  ///< from the end of the file to its begin

    /// Whether nothing is wrong.
    [[nodiscard]] bool sound() const noexcept { return problems_found == 0; }

    /// For people: one line, and one more for each problem listed.
    [[nodiscard]] std::string to_text() const;
};

/// Reads the whole file at `path`. Without an alignment it is found out (FORMAT.md, "Alignment").
/// An empty file is sound. Takes the shared lock while it reads, so a store that is open for
/// writing fails with locked. Fails as opening for reading only can fail: with not_a_store, with
/// wrong_alignment, with an error of the system; `opening`, when given, can explain() it.
[[nodiscard]] result<check_report> check_file(std::filesystem::path const& path,
                                              std::optional<std::uint32_t> alignment = {},
                                              disk& where = system_disk(),
                                              open_report* opening = nullptr);

}  // namespace trunkline::store
