#include <trunkline/bitcode/output.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::bitcode {
namespace {

/// Most messages have no more bytes of their own: one allocation, not one for each doubling.
constexpr std::size_t owned_size_usual = 64;

}  // namespace

std::size_t encoded::size() const noexcept {
    std::size_t total = 0;
    for (slice const& each : slices_) {
        total += each.bytes.size();
    }
    return total;
}

std::vector<std::byte> encoded::to_vector() const {
    std::vector<std::byte> joined;
    joined.reserve(size());
    for (slice const& each : slices_) {
        joined.insert(joined.end(), each.bytes.begin(), each.bytes.end());
    }
    return joined;
}

std::byte* output::extend(std::size_t size) {
    if (!in_owned_run_) {
        in_owned_run_ = true;
        owned_runs_.push_back({made_.slices_.size(), 0});
        made_.slices_.emplace_back();
    }
    owned_runs_.back().size += size;
    if (made_.owned_.capacity() == 0) {
        made_.owned_.reserve(std::max(size, owned_size_usual));
    }
    made_.owned_.resize(made_.owned_.size() + size);
    return made_.owned_.data() + made_.owned_.size() - size;
}

void output::add(bytes_view bytes) {
    if (!bytes.empty()) {
        std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
}

void output::borrow(slice piece) {
    if (piece.bytes.size() < borrow_size_min) {
        add(piece.bytes);
        return;
    }
    in_owned_run_ = false;
    made_.slices_.push_back(std::move(piece));
}

encoded output::finish() && {
    std::byte const* at = made_.owned_.data();
    for (owned_run const& run : owned_runs_) {
        made_.slices_[run.slice_index].bytes = {at, run.size};
        at += run.size;
    }
    return std::move(made_);
}

}  // namespace trunkline::bitcode
