#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/bitcode/test_values.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <span>

namespace trunkline::bitcode {
namespace {

/// Integers of every magnitude, so that every packing occurs.
template <std::integral Integer>
rc::Gen<Integer> any_integer() {
    return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(0, 65)),
                        [](std::pair<std::uint64_t, int> const& drawn) {
                            std::uint64_t const kept =
                                drawn.second == 64 ? drawn.first
                                                   : drawn.first & ((1ULL << drawn.second) - 1);
                            return static_cast<Integer>(drawn.first % 2 == 0 ? kept : ~kept);
                        });
}

/// Lists whose values lie close together, at any place, or not at all.
template <std::integral Integer>
rc::Gen<std::vector<Integer>> any_integers() {
    auto const near = rc::gen::mapcat(any_integer<Integer>(), [](Integer base) {
        return rc::gen::container<std::vector<Integer>>(
            rc::gen::map(rc::gen::inRange<std::uint32_t>(0, 70), [base](std::uint32_t step) {
                return static_cast<Integer>(static_cast<std::uint64_t>(base) + step * step);
            }));
    });
    return rc::gen::oneOf(near, rc::gen::container<std::vector<Integer>>(any_integer<Integer>()));
}

rc::Gen<std::vector<std::byte>> any_bytes() {
    return rc::gen::map(any_integers<std::uint8_t>(), [](std::vector<std::uint8_t> const& values) {
        bytes_view const view = std::as_bytes(std::span(values));
        return std::vector<std::byte>(view.begin(), view.end());
    });
}

template <class Value>
void check_round_trip(Value const& value) {
    std::vector<std::byte> const made = encode(value).to_vector();
    auto const back = decode<Value>(made);
    RC_ASSERT(back.has_value());
    RC_ASSERT(**back == value);
}

template <class Integer>
void check_integers() {
    check_round_trip(*any_integers<Integer>());
}

RC_GTEST_PROP(round_trip, unsigned_integers, ()) {
    check_integers<std::uint8_t>();
    check_integers<std::uint16_t>();
    check_integers<std::uint32_t>();
    check_integers<std::uint64_t>();
}

RC_GTEST_PROP(round_trip, signed_integers, ()) {
    check_integers<std::int8_t>();
    check_integers<std::int16_t>();
    check_integers<std::int32_t>();
    check_integers<std::int64_t>();
}

RC_GTEST_PROP(round_trip, byte_strings, (std::uint8_t count, std::vector<bool> const& present)) {
    std::vector<std::optional<std::vector<std::byte>>> strings;
    for (bool const each : present) {
        strings.emplace_back(each ? std::optional(*any_bytes()) : std::nullopt);
    }
    check_round_trip(
        std::pair(*rc::gen::container<std::vector<std::vector<std::byte>>>(count % 20, any_bytes()),
                  strings));
}

RC_GTEST_PROP(round_trip, records,
              (std::vector<std::uint8_t> const& numbers, bool flag,
               std::vector<std::pair<bool, std::uint16_t>> const& pairs)) {
    std::vector<inner> records;
    for (std::uint8_t const each : numbers) {
        records.push_back(make_inner(each));
    }
    outer value{make_inner(numbers.size()), records, std::nullopt, shade::middle, 1.0, flag};
    if (flag) {
        value.last = make_inner(300);
    }
    check_round_trip(std::tuple(value, pairs));
}

using anything =
    std::tuple<std::vector<std::pair<bytes_view, std::optional<bytes_view>>>, std::vector<finger>,
               std::vector<std::vector<std::uint64_t>>, std::vector<std::string_view>>;

/// Largest ratio of memory to input: a u64 of one bit takes nine bytes, a list in a list of one bit
/// forty and what its allocation costs.
constexpr std::size_t memory_per_byte_max = 8 * 64;

/// A valid message, now and then with a few bytes changed.
std::vector<std::byte> damaged_message() {
    std::vector<std::pair<std::vector<std::byte>, std::optional<std::vector<std::byte>>>> entries;
    for (bool const present : *rc::gen::arbitrary<std::vector<bool>>()) {
        entries.emplace_back(*any_bytes(), present ? std::optional(*any_bytes()) : std::nullopt);
    }
    std::vector<std::byte> bytes = encode(std::tuple(entries, std::vector<finger>{finger::index},
                                                     std::vector<std::vector<std::uint64_t>>{
                                                         *any_integers<std::uint64_t>(), {}},
                                                     std::vector<std::string>{"a", "", "б"}))
                                       .to_vector();
    for (int changes = *rc::gen::inRange(0, 3); changes > 0; --changes) {
        bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] =
            static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    }
    return bytes;
}

RC_GTEST_PROP(damaged_bytes, are_refused_or_mean_one_value, ()) {
    std::vector<std::byte> const bytes = damaged_message();
    auto const made = decode<anything>(bytes);
    RC_CLASSIFY(made.has_value());
    if (!made.has_value()) {
        RC_ASSERT(made.error().category() == error_code(bitcode_error::too_large).category());
        return;
    }
    RC_ASSERT(made->allocated_size() <= bytes.size() * memory_per_byte_max);
    std::vector<std::byte> const again = encode(**made).to_vector();
    auto const same = decode<anything>(again);
    RC_ASSERT(same.has_value());
    RC_ASSERT(encode(**same).to_vector() == again);
}

}  // namespace
}  // namespace trunkline::bitcode
