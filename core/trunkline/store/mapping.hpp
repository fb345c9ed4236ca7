// A file seen as memory: address space far beyond its end is taken once, so that the bytes never
// move while the file grows.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace trunkline::store {

/// A read-only, shared mapping of a file from its begin. It may be longer than the file; only bytes
/// that are in the file may be touched. Moves; unmaps at the end.
class mapping {
public:
    mapping() noexcept = default;
    mapping(mapping&& other) noexcept
        : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}
    mapping& operator=(mapping&& other) noexcept {
        std::swap(base_, other.base_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~mapping();

    /// Maps at least `needed` bytes of the file behind `descriptor`, and more where the address
    /// space allows: as much as `wanted`.
    [[nodiscard]] static result<mapping> map(int descriptor, std::uint64_t needed,
                                             std::uint64_t wanted);

    /// Memory of our own with a copy of `bytes`, on a page of its own as a file would be.
    [[nodiscard]] static result<mapping> copy_of(bytes_view bytes);

    [[nodiscard]] std::byte const* data() const noexcept { return base_; }

    /// Bytes of address space.
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

private:
    mapping(std::byte* base, std::uint64_t size) noexcept : base_(base), size_(size) {}

    std::byte* base_ = nullptr;
    std::uint64_t size_ = 0;
};

/// Address space to take for a file of `size` bytes, in bytes: room for it to grow sixteenfold, at
/// least 64 GiB. Address space costs nothing until it is touched; a file that outgrows it is mapped
/// anew.
[[nodiscard]] std::uint64_t mapping_size_wanted(std::uint64_t size) noexcept;

}  // namespace trunkline::store
