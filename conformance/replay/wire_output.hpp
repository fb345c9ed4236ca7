// What a gather queue would put on the wire, frame by frame.
#pragma once

#include <replay/values.hpp>
#include <trunkline/base/fair_queue.hpp>

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace trunkline::replay {

/// The frames in a queue, of one lane or two; it is empty afterwards.
template <class Queue>
std::vector<byte_string> take_frames(Queue& queue) {
    std::vector<byte_string> frames;
    while (!queue.empty()) {
        std::array<out_segment, 1> segment;
        EXPECT_EQ(queue.peek(segment), 1U);
        if (segment[0].frame_size != 0) {
            frames.emplace_back();
        }
        bytes_view const bytes = segment[0].bytes;
        frames.back().insert(frames.back().end(), bytes.begin(), bytes.end());
        queue.consume(bytes.size());
    }
    return frames;
}

}  // namespace trunkline::replay
