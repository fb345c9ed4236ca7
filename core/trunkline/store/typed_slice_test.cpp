#include <trunkline/store/typed_slice.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace trunkline::store {
namespace {

TEST(typed_slice, borrows_what_is_aligned_and_copies_the_rest) {
    alignas(8) std::array<std::byte, 25> bytes{};
    store_le(bytes.data(), std::uint64_t{1});
    store_le(bytes.data() + 8, std::uint64_t{0x0123456789abcdef});
    store_le(bytes.data() + 16, std::uint64_t{3});
    auto const aligned = typed_slice<std::uint64_t>::of(bytes_view(bytes).first(24)).value();
    EXPECT_TRUE(aligned.is_borrowed());
    EXPECT_EQ(static_cast<void const*>(aligned.numbers().data()), bytes.data());
    std::ranges::rotate(bytes, bytes.begin() + 24);
    auto const shifted = typed_slice<std::uint64_t>::of(bytes_view(bytes).subspan(1)).value();
    EXPECT_FALSE(shifted.is_borrowed());
    EXPECT_TRUE(std::ranges::equal(shifted.numbers(),
                                   std::array<std::uint64_t, 3>{1, 0x0123456789abcdef, 3}));
}

TEST(typed_slice, takes_whole_numbers_only) {
    std::array<std::byte, 7> const bytes{};
    EXPECT_TRUE(typed_slice<std::uint32_t>::of({}).value().numbers().empty());
    EXPECT_EQ(typed_slice<std::uint32_t>::of(bytes).error(), boost::system::errc::invalid_argument);
    EXPECT_EQ(typed_slice<double>::of(bytes).error(), boost::system::errc::invalid_argument);
    EXPECT_EQ(typed_slice<std::uint8_t>::of(bytes).value().numbers().size(), 7U);
}

}  // namespace
}  // namespace trunkline::store
