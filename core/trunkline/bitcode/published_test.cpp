// Values of every type, byte for byte as the published crate writes them, and back.
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/bitcode/test_values.hpp>

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

namespace trunkline::bitcode {
namespace {

class published : public ::testing::Test {
protected:
    published() {
        std::ifstream file(TRUNKLINE_SOURCE_DIR "/core/trunkline/bitcode/published_values.txt");
        for (std::string line; std::getline(file, line);) {
            std::size_t const equals = line.find(" = ");
            if (!line.starts_with('#') && equals != std::string::npos) {
                std::string const bytes = line.substr(equals + 3);
                bytes_[line.substr(0, equals)] = bytes == "nothing" ? "" : bytes;
            }
        }
    }

    /// `value` encodes to the published bytes, these decode to `value`, no prefix of them does.
    template <class Value>
    void check(std::string const& name, Value const& value) {
        ASSERT_TRUE(bytes_.contains(name)) << name;
        checked_.insert(name);
        std::vector<std::byte> const made = encode(value).to_vector();
        EXPECT_EQ(to_hex(made), bytes_[name]) << name;
        auto const back = decode<Value>(made);
        ASSERT_TRUE(back.has_value()) << name << ": " << back.error().message();
        EXPECT_EQ(**back, value) << name;
        for (std::size_t size = 0; size < made.size(); ++size) {
            EXPECT_FALSE(decode<Value>(bytes_view(made).first(size)).has_value())
                << name << " cut after " << size;
        }
        std::vector<std::byte> longer = made;
        longer.push_back({});
        EXPECT_EQ(decode<Value>(longer).error(), bitcode_error::trailing_bytes) << name;
    }

    template <class Function>
    static auto list_of(std::size_t size, Function element) {
        std::vector<decltype(element(std::size_t{}))> made;
        for (std::size_t i = 0; i < size; ++i) {
            made.push_back(element(i));
        }
        return made;
    }

    std::map<std::string, std::string> bytes_;
    std::set<std::string> checked_;
};

using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// The examples that store files carry as values.
TEST(published_examples, match) {
    auto const hex = [](auto const& value) { return to_hex(encode(value).to_vector()); };
    EXPECT_EQ(hex(u8{7}), "07");
    EXPECT_EQ(hex(u32{1234}), "02d204");
    EXPECT_EQ(hex(u32{305419896}), "0078563412");
    EXPECT_EQ(hex(u64{1}), "0601");
    EXPECT_EQ(hex(u64{1} << 63), "000000000000000080");
    EXPECT_EQ(hex(i64{-5}), "00fbffffffffffffff");
    EXPECT_EQ(hex(true), "01");
    EXPECT_EQ(hex(1.5), "00000000000000f83f");
    EXPECT_EQ(hex(std::string("hello")), "0568656c6c6f");
    EXPECT_EQ(hex(std::string()), "00");
    EXPECT_EQ(hex(std::vector<u8>{1, 2, 3}), "030639");
    EXPECT_EQ(hex(std::vector<u32>{1, 2, 70000}), "0300010000000200000070110100");
    EXPECT_EQ(hex(std::tuple(u32{5}, std::string("x"))), "04050178");
}

TEST_F(published, single_values) {
    check("u8 0", u8{0});
    check("u8 255", u8{255});
    check("i8 -1", i8{-1});
    check("u16 0", u16{0});
    check("u16 65535", u16{65535});
    check("i16 -2", i16{-2});
    check("u32 0", u32{0});
    check("u32 255", u32{255});
    check("u32 65535", u32{65535});
    check("u32 65536", u32{65536});
    check("i32 -1", i32{-1});
    check("i32 5", i32{5});
    check("i32 min", std::numeric_limits<i32>::min());
    check("u64 max", std::numeric_limits<u64>::max());
    check("i64 min", std::numeric_limits<i64>::min());
    check("i64 127", i64{127});
    check("i64 300", i64{300});
    check("f64 0", 0.0);
    check("f64 -0.5", -0.5);
    check("f64s", std::vector<double>{1, 2, 3, 4, 5, 6, 7});
    check("f64s same", std::vector<double>(8, 1.5));
    check("bools", std::vector<bool>{true, false, true, true, false, false, false, true, true});
    check("no bools", std::vector<bool>{});
    check("e1", single::only);
    check("e20 T", letter::t);
    check("unit", std::tuple());
    check("triple", std::tuple(u8{1}, std::string("x"), std::vector<u64>{1, 2}));
    EXPECT_EQ(checked_.size(), 27U);
}

TEST_F(published, records) {
    check("empty", nothing{});
    check("empties", std::vector<nothing>(300));
    check("inner", make_inner(5));
    check("outer",
          outer{make_inner(1), list_of(7, make_inner), make_inner(2), shade::dark, 0.25, true});
    check("outer bare", outer{make_inner(0), {}, std::nullopt, shade::light, -1.0, false});
    check("long lists", std::vector<u64>{255, 300, 0, 70000});
    std::vector<std::vector<std::tuple<>>> lists;
    for (std::size_t const size : {255, 300, 0, 254, 70000}) {
        lists.emplace_back(size);
    }
    check("list lengths", lists);
}

TEST_F(published, lists_of_integers) {
    constexpr i64 million = 1'000'000;
    for (std::size_t const n : {2, 3, 5, 6, 17}) {
        auto const name = [&](char const* of) { return of + (" " + std::to_string(n)); };
        auto const either = [](auto even, auto odd) {
            return [even, odd](std::size_t i) { return i % 2 == 0 ? even : odd; };
        };
        auto const late = [](auto early, auto then) {
            return [early, then](std::size_t i) { return i < 16 ? early : then; };
        };
        check(name("i8s small"), list_of(n, [](auto i) { return static_cast<i8>(i); }));
        check(name("i8s around zero"),
              list_of(n, [](auto i) { return static_cast<i8>(static_cast<int>(i) - 2); }));
        check(name("i8s wide"), list_of(n, either(i8{-128}, i8{127})));
        check(name("i8s negative"),
              list_of(n, [](auto i) { return static_cast<i8>(-100 - static_cast<int>(i % 4)); }));
        check(name("u8s"), list_of(n, [](auto i) { return static_cast<u8>(100 + i % 3); }));
        check(name("u16s small"), list_of(n, [](auto i) { return static_cast<u16>(i); }));
        check(name("u16s shifted"), list_of(n, [](auto i) { return static_cast<u16>(1000 + i); }));
        check(name("u16s wide"), list_of(n, [](auto i) { return static_cast<u16>(i * 4001); }));
        check(name("i16s around zero"),
              list_of(n, [](auto i) { return static_cast<i16>(static_cast<int>(i) - 3); }));
        check(name("i16s wide"), list_of(n, either(i16{-30000}, i16{30000})));
        check(name("u32s shifted"),
              list_of(n, [](auto i) { return static_cast<u32>(1'000'000 + i); }));
        check(name("u32s shifted by two bytes"),
              list_of(n, [](auto i) { return static_cast<u32>(1'000'000 + 300 * i); }));
        check(name("i32s around zero"),
              list_of(n, [](auto i) { return static_cast<i32>(i) * 20 - 3; }));
        check(name("i32s wide"),
              list_of(n, either(std::numeric_limits<i32>::min(), std::numeric_limits<i32>::max())));
        check(name("i64s around zero"),
              list_of(n, [](auto i) { return static_cast<i64>(i) * 70000 - 3; }));
        check(name("i64s negative"),
              list_of(n, [](auto i) { return -million * million - static_cast<i64>(i); }));
        check(name("u64s shifted"), list_of(n, [](auto i) { return (u64{1} << 40) + i; }));
        check(name("u64s wide"), list_of(n, either(u64{0}, std::numeric_limits<u64>::max())));
        check(name("u64s late wide"), list_of(n, late(u64{7}, std::numeric_limits<u64>::max())));
        check(name("i64s late negative"), list_of(n, late(i64{7}, i64{-1})));
        check(name("usizes"), list_of(n, [](std::size_t i) { return i * 1000; }));
    }
    EXPECT_EQ(checked_.size(), 5U * 21U);
}

TEST_F(published, lists_of_others) {
    for (std::size_t const n : {2, 3, 5, 6, 17}) {
        auto const name = [&](char const* of) { return of + (" " + std::to_string(n)); };
        check(name("options"), list_of(n, [](auto i) {
                  return i % 3 == 0 ? std::optional<u16>() : static_cast<u16>(i * 9);
              }));
        using nested = std::optional<std::optional<u32>>;
        check(name("nested options"), list_of(n, [](auto i) {
                  return i % 3 == 0   ? nested()
                         : i % 3 == 1 ? nested(std::optional<u32>())
                                      : nested(static_cast<u32>(i));
              }));
        check(name("texts"), list_of(n, [](auto i) {
                  constexpr char const* texts[] = {"", "аб", "абаб"};
                  return std::string(texts[i % 3]);
              }));
        check(name("e2"), list_of(n, [](auto i) { return static_cast<answer>(i % 2); }));
        check(name("e3"), list_of(n, [](auto i) { return static_cast<shade>(i % 3); }));
        check(name("e5"), list_of(n, [](auto i) { return static_cast<finger>(i % 5); }));
        check(name("e20"), list_of(n, [](auto i) {
                  constexpr letter letters[] = {letter::a, letter::t, letter::k};
                  return letters[i % 3];
              }));
        check(name("pairs"), list_of(n, [](auto i) {
                  return std::pair(static_cast<u8>(i), static_cast<i32>(i) - 1);
              }));
        check(name("lists"), list_of(n, [](std::size_t i) {
                  return list_of(i % 4, [i](auto k) { return static_cast<u32>(i * k * 100); });
              }));
    }
    EXPECT_EQ(checked_.size(), 5U * 9U);
}

}  // namespace
}  // namespace trunkline::bitcode
