// Ids that count up, begin anew at the end and pass over those still in use.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace trunkline::rpc {

/// Asks once in every round which ids are in use, not for every id: one that is taken later in the
/// round lies below the next.
class id_sequence {
public:
    /// The lower bits, `counted` (2^n - 1), count from those of `first` on; `fixed_bits` are the
    /// same in every id.
    id_sequence(std::uint32_t first, std::uint32_t counted, std::uint32_t fixed_bits) noexcept
        : next_(first & counted), counted_(counted), fixed_bits_(fixed_bits) {}

    /// The next id that is free. `in_use()` gives the ids in use as a vector, in any order; there
    /// must be fewer than there are ids.
    template <class InUse>
    std::uint32_t take(InUse&& in_use) {
        for (;;) {
            if (next_ == 0) {
                used_ = in_use();
                std::sort(used_.begin(), used_.end(), std::greater());
            }
            std::uint32_t const id = next_ | fixed_bits_;
            next_ = (next_ + 1) & counted_;
            if (used_.empty() || used_.back() != id) {
                return id;
            }
            used_.pop_back();
        }
    }

    /// The lower bits of the next id, if it is free.
    [[nodiscard]] std::uint32_t next() const noexcept { return next_; }

private:
    std::uint32_t next_;
    std::uint32_t counted_;
    std::uint32_t fixed_bits_;
    std::vector<std::uint32_t> used_;  // still to be passed over in this round, lowest last
};

}  // namespace trunkline::rpc
