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

// Barrett reduction in the reflected order: the quotient comes from the lower half of the product,
// by x^64 / p; p times that takes the lower half away.
[[gnu::target("pclmul")]] inline __m128i multiply_once(__m128i left, __m128i right) noexcept {
    auto const constants = _mm_set_epi64x(0x1f7011641, 0x1db710641);
    auto const lower = _mm_set_epi32(0, 0, 0, -1);
    auto const whole = _mm_slli_epi64(_mm_clmulepi64_si128(left, right, 0x00), 1);
    auto const quotient = _mm_clmulepi64_si128(_mm_and_si128(whole, lower), constants, 0x10);
    auto const taken = _mm_clmulepi64_si128(_mm_and_si128(quotient, lower), constants, 0x00);
    return _mm_srli_epi64(_mm_xor_si128(whole, taken), 32);
}

[[gnu::target("pclmul")]] void carry_less_products(std::span<factors const> of,
                                                   std::uint32_t* to) noexcept {
    for (auto const& each : of) {
        auto const both = multiply_once(_mm_cvtsi32_si128(static_cast<int>(each.first)),
                                        _mm_cvtsi32_si128(static_cast<int>(each.second)));
        auto const all = multiply_once(both, _mm_cvtsi32_si128(static_cast<int>(each.third)));
        *to++ = static_cast<std::uint32_t>(_mm_cvtsi128_si32(all));
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
