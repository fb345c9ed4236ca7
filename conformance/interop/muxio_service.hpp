// The methods of rust/muxio.rs: whole calls and streams, served and called by both sides.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/typed/method.hpp>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace trunkline::interop {

using byte_string = std::vector<std::byte>;

struct blob {
    byte_string body;
    static constexpr auto fields() { return std::tuple(&blob::body); }
};

struct words {
    std::string said;
    static constexpr auto fields() { return std::tuple(&words::said); }
};

struct number {
    std::uint64_t value = 0;
    static constexpr auto fields() { return std::tuple(&number::value); }
};

struct terms {
    std::vector<std::uint64_t> values;
    static constexpr auto fields() { return std::tuple(&terms::values); }
};

/// What a turn did, "KIND|HOW MANY" a line.
struct report {
    std::vector<std::string> lines;
    static constexpr auto fields() { return std::tuple(&report::lines); }
};

/// One part of a stream, below the size of a frame: then it comes as the frame that it was sent as.
struct part {
    std::uint64_t place = 0;
    byte_string body;
    static constexpr auto fields() { return std::tuple(&part::place, &part::body); }
    bool operator==(part const&) const = default;
};

/// Of all parts of a stream.
struct tally {
    std::uint64_t parts = 0;
    std::uint64_t bytes = 0;
    std::uint64_t hash = 0;
    static constexpr auto fields() {
        return std::tuple(&tally::parts, &tally::bytes, &tally::hash);
    }
    bool operator==(tally const&) const = default;

    void add(part const& next) noexcept;
};

namespace method {

inline constexpr typed::method<blob, blob> echo{"interop.echo"};
inline constexpr typed::method<terms, number> sum{"interop.sum"};
inline constexpr typed::method<words, words> refuse{"interop.refuse"};    ///< answers status 1
inline constexpr typed::method<words, words> fail{"interop.break"};       ///< status 2
inline constexpr typed::method<words, words> hide{"interop.hide"};        ///< status 3
inline constexpr typed::method<words, words> missing{"interop.missing"};  ///< has no handler
/// What the other side may be asked for, as the bits below; asked and answered.
inline constexpr typed::method<number, number> abilities{"interop.abilities"};
/// How many streams were cancelled there so far; ours only.
inline constexpr typed::method<number, number> cancelled{"interop.cancelled"};
/// To take a turn of that seed and to report it; answers as abilities.
inline constexpr typed::method<number, number> take_turn{"interop.turn"};
inline constexpr typed::method<report, number> done{"interop.report"};
inline constexpr typed::event<words> news{"interop.news"};
inline constexpr typed::method<number, number> heard{"interop.heard"};  ///< how many news came

/// The same bytes, however they are cut.
inline constexpr typed::two_way_stream<typed::raw, typed::raw> flow{"interop.flow"};
/// Each message backwards; published programs write and read its records themselves.
inline constexpr typed::two_way_stream<blob, blob> records{"interop.records"};

// In parts, a frame each; only their ids are used.
inline constexpr auto count = rpc::method_id("interop.count");      ///< as many as the number says
inline constexpr auto collect = rpc::method_id("interop.collect");  ///< their tally
inline constexpr auto mirror = rpc::method_id("interop.mirror");    ///< each backwards
inline constexpr auto run_on = rpc::method_id("interop.run_on");    ///< more than anybody awaits

}  // namespace method

inline constexpr std::uint64_t takes_streams = 1;  ///< calls in parts
/// Cancels among other frames. Published peers on byte streams drop what they read with one.
inline constexpr std::uint64_t takes_cancels = 2;
inline constexpr std::uint64_t calls_at_once = 32;
inline constexpr std::uint64_t stream_parts = 300;
inline constexpr std::uint64_t run_on_parts = 400;
inline constexpr std::size_t flow_size = 3'000'000;
inline constexpr std::uint64_t records_sent = 200;
inline constexpr std::uint64_t cancelled_calls = 5;

/// The bytes called `any` in README.md.
[[nodiscard]] byte_string any_bytes(std::size_t size, std::uint64_t seed);

[[nodiscard]] part part_of(std::uint64_t place, std::uint64_t seed);

[[nodiscard]] part mirrored(part what);

}  // namespace trunkline::interop
