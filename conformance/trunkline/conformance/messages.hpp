// What rules send to each other: three messages and the methods that carry them.
#pragma once

#include <trunkline/typed/method.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace trunkline::conformance {

/// A line of text.
struct text {
    std::string value;
    static constexpr auto fields() { return std::tuple(&text::value); }
};

/// A number.
struct number {
    std::uint64_t value = 0;
    static constexpr auto fields() { return std::tuple(&number::value); }
};

/// Bytes that mean nothing.
struct blob {
    std::vector<std::byte> bytes;
    static constexpr auto fields() { return std::tuple(&blob::bytes); }
};

inline constexpr typed::method<text, text> echo{"echo"};
inline constexpr typed::method<number, number> add_one{"add one"};
inline constexpr typed::method<blob, blob> mirror{"mirror"};
/// A method whose handler the rule keeps waiting.
inline constexpr typed::method<text, text> never{"never"};
inline constexpr typed::event<text> news{"news"};
/// As many parts as are asked for.
inline constexpr typed::server_stream<number, blob> blobs{"blobs"};
/// How many bytes have come.
inline constexpr typed::client_stream<blob, number> sizes{"sizes"};
/// What goes up comes down.
inline constexpr typed::two_way_stream<blob, blob> loop_back{"loop back"};

}  // namespace trunkline::conformance
