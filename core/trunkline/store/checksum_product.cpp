#include <trunkline/store/checksum_product.hpp>

#include <trunkline/store/checksum_algebra.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace trunkline::store::checksum_algebra {
namespace {

std::uint32_t portable_product(factors const& of) noexcept {
    return multiply(multiply(of.first, of.second), of.third);
}

#if defined(__x86_64__)

// x^32 and the rest of the polynomial, in the reflected order.
inline constexpr std::uint64_t divisor = std::uint64_t{polynomial} << 1 | 1;

// What gives 1 with the divisor, as far as the lowest 64 bits.
constexpr std::uint64_t make_inverse() noexcept {
    std::uint64_t inverse = 0;
    std::uint64_t left = 1;
    for (int i = 0; i < 64; ++i) {
        auto const bit = left >> i & 1;
        inverse |= bit << i;
        left ^= bit * divisor << i;
    }
    return inverse;
}

// Both products as they are, 96 bits, and one reduction: that multiple of the divisor which has the
// same lowest 64 bits takes them away.
[[gnu::target("pclmul")]] void carry_less_products(std::span<factors const> of,
                                                   std::uint32_t* to) noexcept {
    auto const constants = _mm_set_epi64x(static_cast<std::int64_t>(make_inverse()),
                                          static_cast<std::int64_t>(divisor));
    auto const load = [](std::uint32_t from) {
        return _mm_cvtsi64_si128(static_cast<std::int64_t>(from));
    };
    for (auto const& each : of) {
        // The product of two reflected numbers is off by one place.
        auto const both =
            _mm_clmulepi64_si128(load(each.first), _mm_slli_epi64(load(each.second), 1), 0x00);
        auto const all = _mm_clmulepi64_si128(both, _mm_slli_epi64(load(each.third), 1), 0x00);
        auto const quotient = _mm_clmulepi64_si128(all, constants, 0x10);
        auto const taken = _mm_clmulepi64_si128(quotient, constants, 0x00);
        auto const rest = _mm_unpackhi_epi64(_mm_xor_si128(all, taken), taken);
        *to++ = static_cast<std::uint32_t>(_mm_cvtsi128_si32(rest));
    }
}

bool const has_carry_less = __builtin_cpu_supports("pclmul") != 0;

#endif

}  // namespace

std::uint32_t product(factors const& of) noexcept {
    std::uint32_t all = 0;
    multiply_all(std::span(&of, 1), &all);
    return all;
}

void multiply_all(std::span<factors const> of, std::uint32_t* to) noexcept {
#if defined(__x86_64__)
    if (has_carry_less) {
        carry_less_products(of, to);
        return;
    }
#endif
    for (auto const& each : of) {
        *to++ = portable_product(each);
    }
}

}  // namespace trunkline::store::checksum_algebra
