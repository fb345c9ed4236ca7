// For tests and benchmarks: files that make a reader look for a history everywhere.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/noise.hpp>
#include <trunkline/store/plain_model.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace trunkline::store {

struct hostile_shape {
    char const* name;
    /// Fills `file` from the offset `from` on.
    std::function<void(std::string& file, std::size_t from)> fill;
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

/// Where nothing leads anywhere, where everything leads to the begin, to one entry, to many, to
/// anywhere; values as programs keep them; entries that only lack their checksum.
[[nodiscard]] inline std::vector<hostile_shape> hostile_shapes() {
    using numbers = std::function<std::uint64_t(std::uint64_t at, std::uint64_t chance)>;
    auto const every_eight = [](numbers number) {
        return [number](std::string& file, std::size_t from) {
            std::uint64_t chance = 1;
            for (auto at = (from + 7) / 8 * 8; at + 8 <= file.size(); at += 8) {
                store_le(reinterpret_cast<std::byte*>(file.data()) + at,
                         number(at, next_noise(chance) >> 20));
            }
        };
    };
    auto const dotted = [](std::size_t period) {
        return [period](std::string& file, std::size_t from) {
            for (auto at = from; at < file.size(); at += period) {
                file[at] = 'x';
            }
        };
    };
    auto const entries = [](std::string& file, std::size_t from) {
        for (auto at = from; at + 128 <= file.size();) {
            auto const end = (at + 63) / 64 * 64 + 8;
            auto* const trailer = reinterpret_cast<std::byte*>(file.data()) + end;
            file[end - 8] = 'p';
            store_le(trailer, std::uint64_t{at});
            store_le(trailer + 8, std::uint64_t{at});
            store_le(trailer + 16, std::uint32_t{1});
            at = end + 20;
        }
    };
    return {
        {"noise", every_eight([](auto, auto chance) { return chance * 0x9e3779b97f4a7c15; })},
        {"zeros", [](std::string&, std::size_t) {}},
        {"a dot every 9 bytes", dotted(9)},
        {"a dot every 20 bytes", dotted(20)},
        {"numbers that count", every_eight([](auto at, auto) { return at / 8; })},
        {"numbers in range", every_eight([](auto at, auto chance) { return chance % at; })},
        {"multiples of 64 in range",
         every_eight([](auto at, auto chance) { return chance % at / 64 * 64; })},
        {"links to the number before", every_eight([](auto at, auto) { return at - 4; })},
        {"small 4-byte numbers",
         every_eight([](auto, auto chance) { return chance % 1000 << 32 | chance % 977; })},
        {"links to one entry",
         [](std::string& file, std::size_t from) {
             for (auto at = from; at + 8 <= file.size(); at += 9) {
                 store_le(reinterpret_cast<std::byte*>(file.data()) + at, std::uint64_t{from});
             }
         }},
        {"links to many entries",
         [](std::string& file, std::size_t from) {
             std::vector<std::uint64_t> ends;
             auto const* const bytes = reinterpret_cast<std::byte const*>(file.data());
             for (auto end = from; end != 0; end = load_le<std::uint64_t>(bytes + end - 12)) {
                 ends.push_back(end);
             }
             for (auto at = from; at + 8 <= file.size(); at += 9) {
                 store_le(reinterpret_cast<std::byte*>(file.data()) + at,
                          ends[at / 9 % ends.size()]);
             }
         }},
        {"entries without checksums", entries},
    };
}

}  // namespace trunkline::store
