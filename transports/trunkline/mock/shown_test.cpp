#include <trunkline/mock/shown.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace trunkline::mocks {
namespace {

enum class colour : std::uint8_t { red, green };

struct inner {
    std::uint8_t number = 0;
    bool flag = false;
    static constexpr auto fields() { return std::tuple(&inner::number, &inner::flag); }
};

struct outer {
    std::string text;
    std::optional<inner> maybe;
    std::vector<inner> list;
    std::vector<std::byte> bytes;
    std::pair<std::int32_t, double> both;
    static constexpr auto fields() {
        return std::tuple(&outer::text, &outer::maybe, &outer::list, &outer::bytes, &outer::both);
    }
};

struct nothing {
    static constexpr auto fields() { return std::tuple(); }
};

TEST(shown, values_of_every_kind) {
    EXPECT_EQ(shown(nothing{}), "{}");
    EXPECT_EQ(shown(colour::green), "1");
    EXPECT_EQ(shown(inner{7, true}), "{7, true}");
    EXPECT_EQ(shown(outer{"a \"b\"\n\x01",
                          std::nullopt,
                          {{1, false}, {2, true}},
                          {std::byte{0xab}, std::byte{1}},
                          {-1, 0.5}}),
              R"({"a \"b\"\n\x01", none, [{1, false}, {2, true}], 2 bytes ab01, (-1, 0.500000)})");
    EXPECT_EQ(shown(outer{.text = {}, .maybe = inner{}, .list = {}, .bytes = {}, .both = {}}),
              R"({"", {0, false}, [], 0 bytes, (0, 0.000000)})");
}

TEST(shown, what_is_long_is_cut) {
    std::string const text(1000, 'x');
    EXPECT_EQ(shown(text), '"' + std::string(4 * shown_max, 'x') + "\"...");
    EXPECT_EQ(shown(std::vector<std::byte>(1000)),
              "1000 bytes " + std::string(2 * shown_max, '0') + "...");
    auto const list = shown(std::vector<std::uint8_t>(1000));
    EXPECT_TRUE(list.ends_with(", 0, ...]")) << list;
    EXPECT_LT(list.size(), 4 * shown_max);
}

}  // namespace
}  // namespace trunkline::mocks
