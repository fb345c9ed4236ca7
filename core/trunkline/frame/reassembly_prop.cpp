#include <trunkline/frame/reassembly.hpp>

#include <trunkline/frame/reassembly_model.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace trunkline::frame {
namespace {

using namespace testing;

// Few ids and low numbers, so that streams are hit often: holes, duplicates, ends, cancels.
rc::Gen<whole_frame> frames() {
    return rc::gen::construct<whole_frame>(
        rc::gen::inRange<std::uint32_t>(0, 6), rc::gen::inRange<std::uint32_t>(0, 7),
        rc::gen::weightedElement<std::uint8_t>({{4, 0}, {8, 1}, {4, 2}, {1, 3}, {1, 4}, {1, 9}}),
        rc::gen::string<std::string>());
}

RC_GTEST_PROP(reassembly, does_what_the_plain_model_does, ()) {
    reassembly_limits const limits{4, 3, 60, 2};
    reassembly streams(limits);
    fragment_feeder feeder(streams);
    reassembly_model model(limits);
    for (whole_frame const& frame : *rc::gen::container<std::vector<whole_frame>>(frames())) {
        auto const step = *rc::gen::inRange<std::size_t>(1, 20);
        RC_ASSERT(feeder.feed(frame, step) == model.feed(frame));
        RC_ASSERT(streams.streams() == model.streams());
        RC_ASSERT(!streams.streams() == !streams.held_size());
    }
}

}  // namespace
}  // namespace trunkline::frame
