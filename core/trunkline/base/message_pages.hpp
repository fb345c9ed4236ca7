// Where the pages of large messages come from and go to.
#pragma once

#include <cstddef>

namespace trunkline {

/// Private pages in one run. Empty when there was no memory.
struct page_run {
    std::byte* at = nullptr;  ///< the first byte, at the border of a page
    std::size_t size = 0;     ///< bytes, whole pages
};

/// Pages that large messages have let go of are given to the next ones: a page that the system has
/// to find, clear and map costs more than the bytes that are copied into it. The process keeps
/// spare_pages_size_max of them at most, and pages that a message was given beyond what it asked
/// for count among them until it uses them. Safe from any thread.
///
/// @param size bytes, whole pages. The run may be longer: what is more is spare.
[[nodiscard]] page_run take_pages(std::size_t size) noexcept;

/// So many bytes of a run that were spare are needed now.
void use_spare_pages(std::size_t size) noexcept;

/// The same bytes in a run of `size`, perhaps elsewhere; `run`, of which nothing is spare, is gone
/// then. Empty, and `run` as it was, when there is no memory.
[[nodiscard]] page_run extend_pages(page_run run, std::size_t size) noexcept;

/// Keeps the run for the next message, or gives it back to the system. The last `spare` bytes of it
/// were never used.
void give_pages(page_run run, std::size_t spare) noexcept;

/// Bytes that the process keeps at this moment.
[[nodiscard]] std::size_t spare_pages() noexcept;

}  // namespace trunkline
