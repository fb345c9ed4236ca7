#include <trunkline/bitcode/output.hpp>

#include <utility>

namespace trunkline::bitcode {

encoded::parts_pointer encoded::make_parts() {
    return parts_pointer(new (take_recycled(sizeof(parts))) parts);
}

void encoded::let_go::operator()(parts* of) const noexcept {
    of->~parts();
    give_recycled(of, sizeof(parts));
}

std::size_t encoded::size() const noexcept {
    std::size_t total = 0;
    if (parts_) {
        for (slice const& each : parts_->slices) {
            total += each.bytes.size();
        }
    }
    return total;
}

std::vector<std::byte> encoded::to_vector() const {
    std::vector<std::byte> joined;
    joined.reserve(size());
    if (parts_) {
        for (slice const& each : parts_->slices) {
            joined.insert(joined.end(), each.bytes.begin(), each.bytes.end());
        }
    }
    return joined;
}

void output::begin_owned_run() {
    in_owned_run_ = true;
    parts_->owned_runs.push_back({parts_->slices.size(), 0});
    parts_->slices.emplace_back();
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
    parts_->slices.push_back(std::move(piece));
}

encoded output::finish() && {
    std::byte const* at = parts_->owned.data();
    for (auto const& run : parts_->owned_runs) {
        parts_->slices[run.slice_index].bytes = {at, run.size};
        at += run.size;
    }
    encoded made;
    made.parts_ = std::move(parts_);
    return made;
}

}  // namespace trunkline::bitcode
