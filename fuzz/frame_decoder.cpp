// The same bytes, whole and cut up, give the same frames; what is given adds up to the input.
#include "check.hpp"

#include <trunkline/frame/decoder.hpp>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace trunkline;

constexpr std::size_t payload_size_max = 1000;

struct decoded {
    // Stream, sequence, kind, payload; the last one may be unfinished.
    std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint8_t, std::string>> frames;
    bool failed = false;

    bool operator==(decoded const&) const = default;
};

decoded decode(bytes_view input, frame::layout of, std::size_t step) {
    frame::decoder from(of, payload_size_max);
    decoded got;
    while (!input.empty() && !got.failed) {
        bytes_view piece = input.first(std::min(step, input.size()));
        input = input.subspan(piece.size());
        while (true) {
            auto const next = from.next(piece);
            got.failed = !next;
            if (got.failed || !*next) {
                break;
            }
            frame::fragment const& part = **next;
            if (part.begins) {
                got.frames.emplace_back(part.head.stream_id, part.head.sequence,
                                        part.head.kind_byte, std::string());
            }
            std::get<3>(got.frames.back()) += as_text(part.bytes);
            TRUNKLINE_FUZZ_CHECK(part.head.payload_size <= payload_size_max);
            TRUNKLINE_FUZZ_CHECK(!part.ends || part.head.kind_byte > frame::kind_max ||
                                 std::get<3>(got.frames.back()).size() == part.head.payload_size);
        }
        TRUNKLINE_FUZZ_CHECK(got.failed || piece.empty());
    }
    return got;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    auto const layout = (data[0] & 1) != 0 ? frame::layout::a : frame::layout::b;
    std::size_t const step = 1 + data[0] / 2;
    bytes_view const input = std::as_bytes(std::span(data + 1, size - 1));
    decoded const whole = decode(input, layout, input.size());
    TRUNKLINE_FUZZ_CHECK(whole == decode(input, layout, step));
    TRUNKLINE_FUZZ_CHECK(whole == decode(input, layout, 1));
    return 0;
}
