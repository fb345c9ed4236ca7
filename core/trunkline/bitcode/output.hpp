// What encoding gives: a short list of slices, small things copied together, large values borrowed.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/slice.hpp>

#include <boost/container/small_vector.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace trunkline::bitcode {

/// Values below this size, in bytes, are copied: a borrowed slice costs its keeper about as much.
inline constexpr std::size_t borrow_size_min = 64;

/// An encoded message. Owned bytes live as long as it does; borrowed slices as long as their pins,
/// or, without a pin, as long as what the message viewed. Moves, does not copy.
class encoded {
public:
    /// The pieces in order, none empty. Whoever sends them may take their pins.
    [[nodiscard]] std::span<slice> slices() noexcept { return slices_; }

    /// Bytes of the whole message.
    [[nodiscard]] std::size_t size() const noexcept;

    /// A copy in one piece.
    [[nodiscard]] std::vector<std::byte> to_vector() const;

private:
    friend class output;
    std::vector<std::byte> owned_;
    boost::container::small_vector<slice, 2> slices_;
};

/// Collects the bytes of one message.
class output {
public:
    explicit output(bitcode_limits const& limits) noexcept : limits_(limits) {}

    [[nodiscard]] bitcode_limits const& limits() const noexcept { return limits_; }

    void add(std::uint8_t byte) { *extend(1) = static_cast<std::byte>(byte); }
    void add(bytes_view bytes);

    template <std::unsigned_integral Number>
    void add_le(Number value) {
        store_le(extend(sizeof value), value);
    }

    /// Room for so many borrowed slices and copied bytes, so that neither is moved as it grows.
    void expect(std::size_t slices, std::size_t bytes) {
        made_.slices_.reserve(made_.slices_.size() + slices + 1);
        made_.owned_.reserve(made_.owned_.size() + bytes);
    }

    /// Borrows the bytes; copies them and lets go of the pin below borrow_size_min.
    void borrow(slice piece);

    /// Room for `size` bytes that the caller fills before the next call.
    [[nodiscard]] std::byte* extend(std::size_t size);

    [[nodiscard]] encoded finish() &&;

private:
    struct owned_run {
        std::size_t slice_index;
        std::size_t size;
    };

    bitcode_limits limits_;
    encoded made_;
    boost::container::small_vector<owned_run, 2>
        owned_runs_;  // their addresses are known at the end only
    bool in_owned_run_ = false;
};

}  // namespace trunkline::bitcode
