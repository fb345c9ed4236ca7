// For tests of one driver: the session of its peer, whose bytes the test carries by hand.
#pragma once

#include <trunkline/transport/driver_testing.hpp>

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::transport::testing {

class far_caller {
public:
    far_caller()
        : endpoint_(
              of_a_dialer(), no_methods_, [](void*) noexcept { return std::uint64_t{0}; },
              nullptr) {}

    /// Makes calls and gives their frames as bytes, one string each.
    std::vector<std::string> frames(int count, std::uint64_t method_id,
                                    std::string_view arguments) {
        for (int number = 0; number < count; ++number) {
            slice argument = text(arguments);
            auto const sent =
                endpoint_.call(method_id, {&argument, 1}, [this](rpc::response const& got) {
                    ++answers;
                    answer_bytes += got.body.size();
                });
            TRUNKLINE_ASSERT(sent.has_value());
        }
        std::vector<std::string> made;
        std::vector<out_segment> segments(100);
        auto& output = endpoint_.protocol().output();
        while (!output.empty()) {
            std::size_t size = 0;
            for (auto const& segment : std::span(segments).first(output.peek(segments))) {
                if (segment.frame_size != 0) {
                    made.emplace_back();
                }
                made.back() += as_text(segment.bytes);
                size += segment.bytes.size();
            }
            output.consume(size);
        }
        return made;
    }

    /// The frames back to back.
    std::string calls(int count, std::uint64_t method_id, std::string_view arguments) {
        std::string bytes;
        for (std::string const& each : frames(count, method_id, arguments)) {
            bytes += each;
        }
        return bytes;
    }

    /// Understands what came.
    void receive(bytes_view bytes) {
        EXPECT_TRUE(endpoint_.protocol().receive(bytes, false, 0).has_value());
        EXPECT_TRUE(endpoint_.protocol().settle().has_value());
    }

    int answers = 0;
    std::size_t answer_bytes = 0;

private:
    static rpc::session_options of_a_dialer() {
        rpc::session_options options;
        options.local_side = rpc::side::dialer;
        options.layout = frame::layout::b;
        return options;
    }

    rpc::dispatcher no_methods_;
    rpc::endpoint endpoint_;
};

}  // namespace trunkline::transport::testing
