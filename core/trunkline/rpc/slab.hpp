// Slots for objects that come and go: an index per object, memory reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trunkline::rpc {

/// References are valid until the next take(). An emptied slab gives a large array back.
template <class Object>
class slab {
public:
    /// A default-constructed object.
    std::uint32_t take() {
        ++used_;
        if (free_.empty()) {
            objects_.emplace_back();
            return static_cast<std::uint32_t>(objects_.size() - 1);
        }
        std::uint32_t const at = free_.back();
        free_.pop_back();
        return at;
    }

    void put(std::uint32_t at) {
        objects_[at] = Object{};
        if (--used_ == 0 && objects_.size() > kept_slots_max) {
            clear();
            return;
        }
        free_.push_back(at);
    }

    void clear() {
        std::vector<Object>().swap(objects_);
        std::vector<std::uint32_t>().swap(free_);
        used_ = 0;
    }

    [[nodiscard]] Object& operator[](std::uint32_t at) noexcept { return objects_[at]; }
    [[nodiscard]] Object const& operator[](std::uint32_t at) const noexcept { return objects_[at]; }

    /// Slots that exist, in use or not.
    [[nodiscard]] std::size_t slots() const noexcept { return objects_.size(); }

    /// Slots in use.
    [[nodiscard]] std::size_t size() const noexcept { return used_; }

private:
    static constexpr std::size_t kept_slots_max = 256;

    std::vector<Object> objects_;
    std::vector<std::uint32_t> free_;
    std::size_t used_ = 0;
};

}  // namespace trunkline::rpc
