// The numbers in a value, where they lie if that is possible, else copied.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace trunkline::store {

/// `bytes` as little-endian numbers. Values of a store begin at multiples of its alignment, so with
/// alignment 64 nothing is copied on a little-endian machine. Borrowed numbers live as long as the
/// bytes, copied ones as long as this.
template <class Number>
    requires std::is_arithmetic_v<Number>
class typed_slice {
public:
    /// Fails with invalid_argument when the size of `bytes` is no multiple of the number's. (The
    /// published helper ends the program then.)
    [[nodiscard]] static result<typed_slice> of(bytes_view bytes) {
        if (bytes.size() % sizeof(Number) != 0) {
            return make_error_code(boost::system::errc::invalid_argument);
        }
        typed_slice made;
        auto const address = reinterpret_cast<std::uintptr_t>(bytes.data());
        if (std::endian::native == std::endian::little && address % alignof(Number) == 0) {
            made.borrowed_ = {reinterpret_cast<Number const*>(bytes.data()),
                              bytes.size() / sizeof(Number)};
            return made;
        }
        made.copied_.reserve(bytes.size() / sizeof(Number));
        for (; !bytes.empty(); bytes = bytes.subspan(sizeof(Number))) {
            made.copied_.push_back(number_at(bytes.data()));
        }
        return made;
    }

    [[nodiscard]] std::span<Number const> numbers() const noexcept {
        return copied_.empty() ? borrowed_ : std::span<Number const>(copied_);
    }
    [[nodiscard]] bool is_borrowed() const noexcept { return copied_.empty(); }

private:
    static Number number_at(std::byte const* from) noexcept {
        std::array<std::byte, sizeof(Number)> native;
        for (std::size_t i = 0; i < sizeof(Number); ++i) {
            native[std::endian::native == std::endian::little ? i : sizeof(Number) - 1 - i] =
                from[i];
        }
        return std::bit_cast<Number>(native);
    }

    std::span<Number const> borrowed_;
    std::vector<Number> copied_;
};

}  // namespace trunkline::store
