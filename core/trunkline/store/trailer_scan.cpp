#include <trunkline/store/trailer_scan.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace trunkline::store {
namespace {

// Bit i is set when byte i is zero, for 64 bytes.
std::uint64_t zeros_of(std::byte const* bytes) noexcept {
    std::uint64_t zeros = 0;
#if defined(__SSE2__)
    for (unsigned i = 0; i < 64; i += 16) {
        auto const some = _mm_loadu_si128(reinterpret_cast<__m128i const*>(bytes + i));
        auto const equal = _mm_movemask_epi8(_mm_cmpeq_epi8(some, _mm_setzero_si128()));
        zeros |= std::uint64_t{static_cast<unsigned>(equal)} << i;
    }
#else
    for (unsigned i = 0; i < 64; i += 8) {
        constexpr std::uint64_t lower = 0x7f7f7f7f7f7f7f7f;
        auto const some = load_le<std::uint64_t>(bytes + i);
        auto const zero = ~(((some & lower) + lower) | some | lower);
        zeros |= ((zero >> 7) * 0x0102040810204080 >> 56) << i;
    }
#endif
    return zeros;
}

// 128 bits, a bit for each of as many bytes.
struct byte_bits {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    // The bits of the bytes that lie `by` (1 to 63) behind.
    [[nodiscard]] byte_bits behind(unsigned by) const noexcept {
        return {low >> by | high << (64 - by), high >> by};
    }
    friend byte_bits operator&(byte_bits const& left, byte_bits const& right) noexcept {
        return {left.low & right.low, left.high & right.high};
    }
};

}  // namespace

trailer_scan::trailer_scan(bytes_view file, std::uint64_t begin, std::uint64_t end) noexcept
    : bytes_(file.first(end)),
      begin_(begin),
      at_(begin / step * step),
      high_zeros_(std::min(7U, static_cast<unsigned>(std::countl_zero(end)) / 8)),
      ahead_(zeros_at(at_)) {}

// None behind the end.
std::uint64_t trailer_scan::zeros_at(std::uint64_t offset) const noexcept {
    if (offset + step <= bytes_.size()) {
        return zeros_of(bytes_.data() + offset);
    }
    if (offset >= bytes_.size()) {
        return 0;
    }
    std::array<std::byte, step> last;
    last.fill(std::byte{1});
    std::memcpy(last.data(), bytes_.data() + offset, bytes_.size() - offset);
    return zeros_of(last.data());
}

bool trailer_scan::next(possible_trailers& found) noexcept {
    while (at_ + trailer_size <= bytes_.size()) {
        auto const offset = at_;
        at_ += step;
        byte_bits const one{ahead_, zeros_at(at_)};
        ahead_ = one.high;
        // Where so many zero bytes begin.
        auto const two = one & one.behind(1);
        auto const four = two & two.behind(2);
        auto const eight = four & four.behind(4);
        auto const twenty = eight & eight.behind(8) & four.behind(16);
        byte_bits high{~std::uint64_t{0}, ~std::uint64_t{0}};
        auto const from = 16 - high_zeros_;
        if ((high_zeros_ & 4) != 0) {
            high = four.behind(from);
        }
        if ((high_zeros_ & 2) != 0) {
            high = high & two.behind(from + (high_zeros_ & 4));
        }
        if ((high_zeros_ & 1) != 0) {
            high = high & one.behind(from + (high_zeros_ & 6));
        }
        auto const names_zero = eight.behind(8).low;
        auto here = ~std::uint64_t{0};
        if (offset < begin_) {
            here <<= begin_ - offset;
        }
        if (auto const last = bytes_.size() - trailer_size - offset; last < step - 1) {
            here &= (std::uint64_t{2} << last) - 1;
        }
        found = {offset, names_zero & ~twenty.low & here, high.low & ~names_zero & here,
                 four.behind(16).low};
        if ((found.first | found.later) != 0) {
            return true;
        }
    }
    return false;
}

}  // namespace trunkline::store
