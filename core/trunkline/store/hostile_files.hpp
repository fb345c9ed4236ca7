// For tests and benchmarks: files that make a reader look for a history everywhere.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/noise.hpp>
#include <trunkline/store/plain_model.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace trunkline::store {

/// Fills a file from an offset on.
using hostile_filling = std::function<void(std::string& file, std::size_t from)>;

struct hostile_shape {
    char const* name;
    hostile_filling fill;
};

/// A valid file of about `size` bytes with values of `value_size` bytes.
[[nodiscard]] inline std::string valid_file(std::size_t size, std::size_t value_size,
                                            std::uint32_t alignment) {
    plain_image image(alignment);
    std::string value(value_size, 'v');
    for (int i = 0; image.bytes.size() + value_size < size; ++i) {
        value[value_size / 2] = static_cast<char>(i);
        image.write("key " + std::to_string(i), value);
    }
    return image.bytes;
}

/// A short valid file, and after it `shape` up to `size` bytes.
[[nodiscard]] inline std::string hostile_file(hostile_shape const& shape, std::size_t size,
                                              std::uint32_t alignment) {
    auto file = valid_file(8000, 40, alignment);
    auto const from = file.size();
    file.resize(size);
    shape.fill(file, from);
    return file;
}

/// What shapes are made of.
namespace fillings {

inline void put(std::string& file, std::size_t at, std::uint64_t number) {
    store_le(reinterpret_cast<std::byte*>(file.data()) + at, number);
}

/// `number(at, chance)` every `period` bytes.
template <class Number>
[[nodiscard]] hostile_filling numbers(std::size_t period, Number number) {
    return [period, number](std::string& file, std::size_t from) {
        std::uint64_t chance = 1;
        for (auto at = (from + period - 1) / period * period; at + 8 <= file.size(); at += period) {
            put(file, at, number(at, next_noise(chance) >> 20));
        }
    };
}

[[nodiscard]] inline hostile_filling dots(std::size_t period) {
    return [period](std::string& file, std::size_t from) {
        for (auto at = from; at < file.size(); at += period) {
            file[at] = 'x';
        }
    };
}

inline void entries_without_checksums(std::string& file, std::size_t from) {
    for (auto at = from; at + 128 <= file.size();) {
        auto const end = (at + 63) / 64 * 64 + 8;
        file[end - 8] = 'p';
        put(file, end, at);
        put(file, end + 8, at);
        file[end + 16] = '\1';
        at = end + 20;
    }
}

inline void links_to_one_entry(std::string& file, std::size_t from) {
    numbers(9, [from](auto, auto) { return from; })(file, from);
}

inline void links_to_many_entries(std::string& file, std::size_t from) {
    std::vector<std::uint64_t> ends;
    auto const* const bytes = reinterpret_cast<std::byte const*>(file.data());
    for (auto end = from; end != 0; end = load_le<std::uint64_t>(bytes + end - 12)) {
        ends.push_back(end);
    }
    numbers(9, [&ends](auto at, auto) { return ends[at / 9 % ends.size()]; })(file, from);
}

/// What leads everywhere comes behind what it leads to.
[[nodiscard]] inline hostile_filling halves(hostile_filling lower, hostile_filling upper) {
    return [lower, upper](std::string& file, std::size_t from) {
        auto const half = from + (file.size() - from) / 2;
        upper(file, half);
        auto const rest = file.substr(half);
        file.resize(half);
        lower(file, from);
        file += rest;
    };
}

/// A sound entry at the end stands on one that fails and covers all from 0, or from `from` on.
[[nodiscard]] inline hostile_filling covered(hostile_filling inside, bool from_0) {
    return [inside, from_0](std::string& file, std::size_t from) {
        inside(file, from);
        auto const size = file.size() - 100;
        plain_image image(1);
        image.bytes = file.substr(0, size);
        image.write("covers", "x");
        put(image.bytes, size + 9, from_0 ? 0 : from);
        image.write("sound", "value");
        file.replace(0, image.bytes.size(), image.bytes);
        file.back() = 'x';
    };
}

/// The file begins with an entry that lacks its checksum.
[[nodiscard]] inline hostile_filling behind_unfinished(hostile_filling rest) {
    return [rest](std::string& file, std::size_t) {
        std::ranges::fill(file, '\0');
        file[99] = 'p';
        file[100] = 'h';
        rest(file, 120);
    };
}

}  // namespace fillings

/// Where nothing leads anywhere, where everything leads to the begin, to one entry, to many, to
/// anywhere, to places that reach the begin; values as programs keep them; entries that only lack
/// their checksum; entries that have to be left out, or that may be.
[[nodiscard]] inline std::vector<hostile_shape> hostile_shapes() {
    using fillings::behind_unfinished, fillings::covered, fillings::dots, fillings::halves;
    using fillings::links_to_one_entry, fillings::numbers;
    auto const two_bytes = numbers(9, [](auto, auto chance) { return chance & 0xffff; });
    auto const one_byte = numbers(8, [](auto at, auto) { return 21 + at / 8 % 200; });
    auto const in_range = [](auto at, auto chance) { return chance % at; };
    return {
        {"noise", numbers(8, [](auto, auto chance) { return chance * 0x9e3779b97f4a7c15; })},
        {"zeros", [](std::string&, std::size_t) {}},
        {"a dot every 9 bytes", dots(9)},
        {"a dot every 12 bytes", dots(12)},
        {"a dot every 20 bytes", dots(20)},
        {"numbers that count", numbers(8, [](auto at, auto) { return at / 8; })},
        {"numbers in range", numbers(8, in_range)},
        {"multiples of 64 in range",
         numbers(8, [](auto at, auto chance) { return chance % at / 64 * 64; })},
        {"links to the number before", numbers(8, [](auto at, auto) { return at - 4; })},
        {"small 4-byte numbers",
         numbers(8, [](auto, auto chance) { return chance % 1000 << 32 | chance % 977; })},
        {"links to one entry", links_to_one_entry},
        {"links to many entries", fillings::links_to_many_entries},
        {"entries without checksums", fillings::entries_without_checksums},
        {"numbers in range, half of them to what begins at 0",
         halves(dots(12), numbers(8, in_range))},
        {"links to what begins at 0",
         halves(dots(12), numbers(8,
                                  [](auto at, auto chance) {
                                      return chance % (at / 24 + 1) * 12 + 7997 + chance % 4;
                                  }))},
        {"2-byte links to what begins at 0", halves(dots(12), two_bytes)},
        {"1-byte links to what begins at 0", halves(dots(12), one_byte)},
        {"links to what may be incomplete", halves(dots(20), numbers(8, in_range))},
        {"links to entries before many zeros",
         halves(
             dots(96),
             numbers(8, [](auto at, auto chance) { return chance % (at / 192 + 1) * 96 + 7997; }))},
        {"entries to be left out, from 0", covered(dots(12), true)},
        {"entries to be left out", covered(links_to_one_entry, false)},
        {"links to a first entry without a checksum", behind_unfinished(links_to_one_entry)},
        {"many links behind a first entry without a checksum",
         behind_unfinished(halves(dots(20), two_bytes))},
        {"1-byte links behind a first entry without a checksum",
         behind_unfinished(halves(dots(12), one_byte))},
    };
}

}  // namespace trunkline::store
