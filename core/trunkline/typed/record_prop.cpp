#include <trunkline/typed/record.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace trunkline::typed {
namespace {

RC_GTEST_PROP(records, of_any_sizes_survive_any_cuts, (std::vector<std::string> const& messages)) {
    std::vector<std::byte> all;
    for (std::string const& each : messages) {
        auto const prefix = record_prefix(record_kind::message, each.size());
        all.insert(all.end(), prefix.begin(), prefix.end());
        bytes_view const body = as_bytes(each);
        all.insert(all.end(), body.begin(), body.end());
    }
    record_reader reader(1 << 20);
    std::vector<std::string> got;
    bytes_view rest(all);
    while (!rest.empty()) {
        auto const size = *rc::gen::inRange<std::size_t>(1, 9);
        bytes_view piece = rest.first(std::min(size, rest.size()));
        rest = rest.subspan(piece.size());
        while (!piece.empty()) {
            auto const next = reader.next(piece);
            RC_ASSERT(next.has_value());
            if (*next) {
                got.emplace_back(as_text((*next)->body));
            }
        }
    }
    RC_ASSERT(got == messages);
    RC_ASSERT(reader.at_border());
}

}  // namespace
}  // namespace trunkline::typed
