// Reassembly against the plain model: frames made of the input, with small limits, in fragments.
#include "check.hpp"

#include <trunkline/frame/reassembly.hpp>
#include <trunkline/frame/reassembly_model.hpp>

#include <cstdint>

namespace {

using namespace trunkline;
using namespace trunkline::frame;

constexpr reassembly_limits small{
    .streams_max = 4, .frames_ahead_max = 3, .bytes_ahead_max = 40, .unbegun_streams_max = 2};

// Four bytes per frame: stream and fragment size, sequence number, kind, payload size.
testing::whole_frame frame_of(std::uint8_t const* bytes) {
    return {bytes[0] % 8u, bytes[1] % 9u, static_cast<std::uint8_t>(bytes[2] % 8),
            std::string(bytes[3] % 48, static_cast<char>('a' + bytes[3] % 26))};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    reassembly streams(small);
    testing::fragment_feeder feeder(streams);
    testing::reassembly_model model(small);
    for (; size >= 4; data += 4, size -= 4) {
        testing::whole_frame const frame = frame_of(data);
        if (data[0] >= 0xf0) {
            streams.discard(frame.stream_id);
            model.discard(frame.stream_id);
        }
        TRUNKLINE_FUZZ_CHECK(feeder.feed(frame, 1 + data[0] / 8) == model.feed(frame));
        TRUNKLINE_FUZZ_CHECK(streams.streams() == model.streams());
        TRUNKLINE_FUZZ_CHECK(streams.streams() != 0 || streams.held_size() == 0);
    }
    return 0;
}
