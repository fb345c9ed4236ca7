// All peers of a server, whatever thread their connections live on.
#pragma once

#include <trunkline/peer/line.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace trunkline::peers {

/// Any function from any thread.
class peer_table {
public:
    [[nodiscard]] std::uint64_t next_id() noexcept { return next_id_++; }

    /// False when that would be more than `count_max`; 0: no limit.
    [[nodiscard]] bool add(std::shared_ptr<line> joined, std::size_t count_max) {
        std::lock_guard const lock(mutex_);
        if (count_max != 0 && lines_.size() >= count_max) {
            return false;
        }
        auto const id = joined->id();
        lines_.emplace(id, std::move(joined));
        return true;
    }
    void remove(std::uint64_t id) {
        std::lock_guard const lock(mutex_);
        lines_.erase(id);
    }
    [[nodiscard]] std::size_t size() const {
        std::lock_guard const lock(mutex_);
        return lines_.size();
    }
    [[nodiscard]] std::vector<std::shared_ptr<line>> all() const {
        std::lock_guard const lock(mutex_);
        std::vector<std::shared_ptr<line>> found;
        found.reserve(lines_.size());
        for (auto const& [id, each] : lines_) {
            found.push_back(each);
        }
        return found;
    }

private:
    std::atomic<std::uint64_t> next_id_ = 1;
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, std::shared_ptr<line>> lines_;
};

}  // namespace trunkline::peers
