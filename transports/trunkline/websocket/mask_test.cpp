#include <trunkline/websocket/mask.hpp>

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace trunkline::websocket {
namespace {

std::vector<std::byte> numbered(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::byte>(i * 7 + 3);
    }
    return bytes;
}

TEST(mask, equals_byte_by_byte_at_every_size_and_offset) {
    mask_key const key = 0x04030201;
    for (std::size_t offset = 0; offset < 9; ++offset) {
        for (std::size_t size = 0; size < 100; ++size) {
            auto bytes = numbered(offset + size);
            auto const before = bytes;
            mask_key const after = apply_mask(mutable_bytes(bytes).subspan(offset), key);
            for (std::size_t i = 0; i < bytes.size(); ++i) {
                auto const expected =
                    i < offset ? before[i]
                               : before[i] ^ static_cast<std::byte>((i - offset) % 4 + 1);
                ASSERT_EQ(bytes[i], expected) << offset << " " << size << " " << i;
            }
            EXPECT_EQ(after, advance_mask(key, size));
        }
    }
}

TEST(mask, continues_over_any_split) {
    mask_key const key = 0xdeadbeef;
    auto whole = numbered(67);
    apply_mask(whole, key);
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        auto parts = numbered(67);
        mask_key const rest = apply_mask(mutable_bytes(parts).first(cut), key);
        apply_mask(mutable_bytes(parts).subspan(cut), rest);
        EXPECT_EQ(parts, whole) << cut;
    }
}

TEST(mask, copies) {
    auto const from = numbered(45);
    auto expected = from;
    apply_mask(expected, 0x12345678);
    std::vector<std::byte> to(45);
    EXPECT_EQ(copy_masked(from, to.data(), 0x12345678), advance_mask(0x12345678, 45));
    EXPECT_EQ(to, expected);
}

TEST(mask, seeded_keys_repeat_and_the_system_s_do_not) {
    mask_generator one(7);
    mask_generator same(7);
    mask_generator other(8);
    mask_generator system_1;
    mask_generator system_2;
    std::set<mask_key> seen;
    int equal_other = 0;
    int equal_system = 0;
    for (int i = 0; i < 200; ++i) {
        mask_key const key = one.next();
        EXPECT_EQ(key, same.next());
        equal_other += key == other.next() ? 1 : 0;
        equal_system += system_1.next() == system_2.next() ? 1 : 0;
        seen.insert(key);
    }
    EXPECT_GT(seen.size(), 195U);
    EXPECT_LT(equal_other, 5);
    EXPECT_LT(equal_system, 5);
}

}  // namespace
}  // namespace trunkline::websocket
