// A small language for tests of the frame layer: frames as values, bytes as text.
#pragma once

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/frame/reassembly.hpp>

#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::frame::testing {

inline constexpr std::uint64_t sent_at_us = 1'800'000'000'000'000;  // in the year 2027

using byte_string = std::vector<std::byte>;

/// One whole frame.
struct whole_frame {
    std::uint32_t stream_id = 0;
    std::uint32_t sequence = 0;
    std::uint8_t kind_byte = 0;
    std::string payload;

    friend bool operator==(whole_frame const&, whole_frame const&) = default;
};

inline std::ostream& operator<<(std::ostream& to, whole_frame const& frame) {
    return to << "{stream " << frame.stream_id << ", " << frame.sequence << ", kind "
              << int{frame.kind_byte} << ", \"" << frame.payload << "\"}";
}

inline whole_frame make(kind of, std::uint32_t stream_id, std::uint32_t sequence,
                        std::string_view payload = {}) {
    return {stream_id, sequence, static_cast<std::uint8_t>(of), std::string(payload)};
}

inline void append(byte_string& to, bytes_view bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

inline byte_string encode(std::vector<whole_frame> const& frames, layout of) {
    byte_string all;
    for (whole_frame const& each : frames) {
        std::array<std::byte, header_size_max> head;
        std::size_t const size =
            encode_header({static_cast<std::uint32_t>(each.payload.size()), each.stream_id,
                           each.sequence, each.kind_byte, sent_at_us},
                          of, head);
        append(all, bytes_view(head).first(size));
        append(all, as_bytes(each.payload));
    }
    return all;
}

/// Everything queued, as bytes; the queue is empty afterwards.
inline byte_string take_bytes(gather_queue& queue) {
    byte_string all;
    std::vector<out_segment> segments(16);
    while (!queue.empty()) {
        std::size_t const count = queue.peek(segments);
        std::size_t size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            append(all, segments[i].bytes);
            size += segments[i].bytes.size();
        }
        queue.consume(size);
    }
    return all;
}

}  // namespace trunkline::frame::testing
