#include <trunkline/load/histogram.hpp>

#include <cmath>

namespace trunkline::load {

std::uint64_t histogram::at(double share) const noexcept {
    auto const wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
        seen += counts_[bucket];
        if (seen >= wanted && counts_[bucket] != 0) {
            return highest_of(bucket);
        }
    }
    return 0;
}

}  // namespace trunkline::load
