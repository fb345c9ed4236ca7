// One line on the terminal that tells how far something large has come.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/cli/status_line.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace trunkline::cli {

/// Bytes below which nothing is shown: it would be over before anybody had read it.
inline constexpr std::uint64_t progress_from_size = mib;

/// Whether standard error is a terminal, where alone a bar makes sense.
[[nodiscard]] bool is_shown_to_a_person() noexcept;

/// "sending [####------]  40%  4.0 of 10.0 MiB", or "reading 4.0 MiB" while the total is not known
/// (0). At most `columns` characters.
[[nodiscard]] std::string progress_line(std::string_view what, std::uint64_t done,
                                        std::uint64_t total, std::size_t columns);

/// Such a line on standard error while it lives (status_line.hpp).
class progress_bar {
public:
    /// `what` is being done with `total` bytes; 0 when nobody knows. Draws nothing unless `is_on`.
    progress_bar(bool is_on, std::string what, std::uint64_t total);

    /// So many bytes are done by now.
    void show(std::uint64_t done);

private:
    bool is_on_;
    std::string what_;
    std::uint64_t total_;
    status_line line_;
};

}  // namespace trunkline::cli
