// What encoding gives: a short list of slices, small things copied together, large values borrowed.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/base/slice.hpp>

#include <boost/container/small_vector.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace trunkline::bitcode {

/// Values below this size, in bytes, are copied: a borrowed slice costs its keeper about as much.
inline constexpr std::size_t borrow_size_min = 64;

/// Whether what a message owns itself is copied, or borrowed as its views are.
enum class owned_values : std::uint8_t { copied, lent };

/// An encoded message. Owned bytes live as long as it does; borrowed slices as long as their pins,
/// or, without a pin, as long as what the message viewed. Moves, does not copy; one pointer, and
/// its memory is used again by the thread that lets go of it.
class encoded {
public:
    /// Nothing at all.
    encoded() noexcept = default;

    /// The pieces in order, none empty. Whoever sends them may take their pins.
    [[nodiscard]] std::span<slice> slices() noexcept {
        return parts_ ? std::span<slice>(parts_->slices) : std::span<slice>();
    }

    /// Bytes of the whole message.
    [[nodiscard]] std::size_t size() const noexcept;

    /// A copy in one piece.
    [[nodiscard]] std::vector<std::byte> to_vector() const;

private:
    friend class output;

    // A run of owned bytes: its address is known at the end only.
    struct owned_run {
        std::size_t slice_index;
        std::size_t size;
    };
    template <class Element, std::size_t Usual>
    using few = boost::container::small_vector<Element, Usual, recycling_allocator<Element>>;

    struct parts {
        few<std::byte, 128> owned;
        few<slice, 4> slices;
        few<owned_run, 2> owned_runs;
    };
    struct let_go {
        void operator()(parts* of) const noexcept;
    };
    using parts_pointer = std::unique_ptr<parts, let_go>;
    [[nodiscard]] static parts_pointer make_parts();

    parts_pointer parts_;
};

/// Collects the bytes of one message.
class output {
public:
    explicit output(bitcode_limits const& limits, owned_values owned = owned_values::copied)
        : limits_(limits), owned_(owned), parts_(encoded::make_parts()) {}

    [[nodiscard]] bitcode_limits const& limits() const noexcept { return limits_; }

    void add(std::uint8_t byte) { *extend(1) = static_cast<std::byte>(byte); }
    void add(bytes_view bytes);

    template <std::unsigned_integral Number>
    void add_le(Number value) {
        store_le(extend(sizeof value), value);
    }

    /// Room for so many borrowed slices and copied bytes, so that neither is moved as it grows.
    void expect(std::size_t slices, std::size_t bytes) {
        parts_->slices.reserve(parts_->slices.size() + slices + 1);
        parts_->owned.reserve(parts_->owned.size() + bytes);
    }

    /// Borrows the bytes; copies them and lets go of the pin below borrow_size_min.
    void borrow(slice piece);

    /// Bytes that the message owns.
    void add_owned(bytes_view bytes) {
        if (owned_ == owned_values::lent) {
            borrow({bytes, {}});
        } else {
            add(bytes);
        }
    }

    /// Room for `size` bytes that the caller fills before the next call.
    [[nodiscard]] std::byte* extend(std::size_t size) {
        if (!in_owned_run_) {
            begin_owned_run();
        }
        auto& owned = parts_->owned;
        std::size_t const before = owned.size();
        parts_->owned_runs.back().size += size;
        owned.resize(before + size, boost::container::default_init);
        return owned.data() + before;
    }

    [[nodiscard]] encoded finish() &&;

private:
    void begin_owned_run();

    bitcode_limits limits_;
    owned_values owned_;
    encoded::parts_pointer parts_;
    bool in_owned_run_ = false;
};

}  // namespace trunkline::bitcode
