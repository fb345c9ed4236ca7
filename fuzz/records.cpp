// A stream of records reads the same in one piece and byte by byte, in bounded memory, and what was
// read is what the same records written again are.
#include "check.hpp"

#include <trunkline/typed/record.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace {

using namespace trunkline;
using namespace trunkline::typed;

constexpr std::size_t size_max = 4096;

struct reading {
    std::vector<record> records;
    std::vector<std::byte> written_again;
    error_code failed;
    bool at_border = true;
};

reading read(bytes_view input, std::size_t step) {
    reading got;
    record_reader reader(size_max);
    while (!input.empty() && !got.failed) {
        bytes_view piece = input.first(std::min(step, input.size()));
        input = input.subspan(piece.size());
        while (!piece.empty() && !got.failed) {
            auto next = reader.next(piece);
            TRUNKLINE_FUZZ_CHECK(reader.held_size() <= failure_size_max);
            if (!next) {
                got.failed = next.error();
            } else if (*next) {
                auto const prefix = record_prefix((*next)->kind, (*next)->body.size());
                got.written_again.insert(got.written_again.end(), prefix.begin(), prefix.end());
                got.written_again.insert(got.written_again.end(), (*next)->body.begin(),
                                         (*next)->body.end());
                got.records.push_back(std::move(**next));
            }
        }
    }
    got.at_border = reader.at_border();
    return got;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    bytes_view const input(reinterpret_cast<std::byte const*>(data), size);
    reading const whole = read(input, input.size());
    reading const single = read(input, 1);
    TRUNKLINE_FUZZ_CHECK(whole.failed == single.failed);
    TRUNKLINE_FUZZ_CHECK(whole.at_border == single.at_border);
    TRUNKLINE_FUZZ_CHECK(whole.written_again == single.written_again);
    TRUNKLINE_FUZZ_CHECK(whole.written_again.size() <= size);
    TRUNKLINE_FUZZ_CHECK(
        std::equal(whole.written_again.begin(), whole.written_again.end(), input.begin()));
    return 0;
}
