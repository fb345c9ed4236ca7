// What decodes means one value: its encoding decodes to the same bytes again, in bounded memory.
// What is encoded comes back.
#include "check.hpp"

#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/bitcode/test_values.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using namespace trunkline;
using bitcode::decode;
using bitcode::encode;

// One bit of input can be one list in a list: its place, and what an allocation costs.
constexpr std::size_t memory_per_byte_max = 8 * 64;

/// `slack`: for elements that take no bytes at all; the limit of elements bounds those.
template <class Message, std::size_t slack = 0>
void check_decoding(bytes_view bytes) {
    auto const made = decode<Message>(bytes);
    if (!made.has_value()) {
        return;
    }
    std::size_t const taken = made->allocated_size();
    TRUNKLINE_FUZZ_CHECK(taken <= bytes.size() * memory_per_byte_max + slack);
    TRUNKLINE_FUZZ_CHECK(
        decode<Message>(bytes, {.decoded_size_max = bytes.size() + taken}).has_value());
    TRUNKLINE_FUZZ_CHECK(
        taken == 0 ||
        decode<Message>(bytes, {.decoded_size_max = bytes.size() + taken - 1}).error() ==
            bitcode::bitcode_error::too_large);
    TRUNKLINE_FUZZ_CHECK(bytes.empty() ||
                         !decode<Message>(bytes.first(bytes.size() - 1)).has_value());
    std::vector<std::byte> const again = encode(**made).to_vector();
    auto const same = decode<Message>(again);
    TRUNKLINE_FUZZ_CHECK(same.has_value());
    TRUNKLINE_FUZZ_CHECK(encode(**same).to_vector() == again);
}

template <class Message>
void check_encoding(Message const& value) {
    std::vector<std::byte> const bytes = encode(value).to_vector();
    auto const back = decode<Message>(bytes);
    TRUNKLINE_FUZZ_CHECK(back.has_value());
    TRUNKLINE_FUZZ_CHECK(**back == value);
}

template <class Integer>
void check_integers(bytes_view bytes) {
    std::vector<Integer> numbers(bytes.size() / sizeof(Integer));
    if (!numbers.empty()) {
        std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(Integer));
    }
    check_encoding(numbers);
}

void check_strings(bytes_view bytes) {
    std::vector<std::optional<std::vector<std::byte>>> strings;
    while (!bytes.empty()) {
        std::size_t const wanted = static_cast<std::size_t>(bytes[0]) * 2;
        bytes = bytes.subspan(1);
        bytes_view const part = bytes.first(std::min(wanted, bytes.size()));
        bytes = bytes.subspan(part.size());
        strings.emplace_back(std::in_place, part.begin(), part.end());
        if (wanted == 0) {
            strings.back().reset();
        }
    }
    check_encoding(strings);
}

using checker = void (*)(bytes_view);
constexpr checker checkers[] = {
    check_decoding<bytes_view>,
    check_decoding<std::pair<bytes_view, bytes_view>>,
    check_decoding<std::uint64_t>,
    check_decoding<std::vector<std::pair<bytes_view, bytes_view>>>,
    check_decoding<std::optional<bytes_view>>,
    check_decoding<std::vector<bytes_view>>,
    check_decoding<std::vector<std::optional<bytes_view>>>,
    check_decoding<bool>,
    check_decoding<std::pair<bitcode::shade, std::string>>,
    check_decoding<bitcode::outer>,
    check_decoding<std::vector<std::vector<std::optional<std::int16_t>>>>,
    check_decoding<std::vector<std::tuple<std::int8_t, std::uint32_t, bitcode::letter, bool>>>,
    check_decoding<std::vector<std::vector<std::tuple<>>>, bitcode_limits{}.list_elements_max>,
    check_integers<std::uint8_t>,
    check_integers<std::int8_t>,
    check_integers<std::uint16_t>,
    check_integers<std::int16_t>,
    check_integers<std::uint32_t>,
    check_integers<std::int32_t>,
    check_integers<std::uint64_t>,
    check_integers<std::int64_t>,
    check_strings,
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size > 0) {
        checkers[data[0] % std::size(checkers)](std::as_bytes(std::span(data + 1, size - 1)));
    }
    return 0;
}
