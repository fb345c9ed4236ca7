// Gives memory that has been freed back to the system.
#pragma once

namespace trunkline {

/// Returns the pages of free heap blocks to the system, wherever they lie: the allocator itself
/// only returns those at the end of the heap, so that one block that stays keeps all below it.
/// Takes time in proportion to the free memory. Does nothing where the C library has no such call.
void return_free_heap() noexcept;

}  // namespace trunkline
