#include <trunkline/conform/server_rules.hpp>

#include <trunkline/conform/rules/families.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace trunkline::conform {
namespace {

// As in the catalogue.
constexpr std::array<std::string_view, 21> order{"EST", "INT", "DLV", "CLS", "STA", "MUX", "FLO",
                                                 "CAN", "DDL", "BID", "REC", "RES", "FLT", "MAL",
                                                 "LIM", "LIV", "SHD", "THR", "ERR", "OBS", "SEC"};

std::vector<conformance::rule> sorted() {
    std::vector<conformance::rule> all;
    for (auto const& each :
         {call_rules(), delivery_rules(), ending_rules(), malformed_rules(), web_rules()}) {
        all.insert(all.end(), each.begin(), each.end());
    }
    for (conformance::rule& each : all) {
        each.uses = each.uses | one_run;
    }
    std::ranges::sort(all, {}, [](conformance::rule const& each) {
        return std::pair(std::ranges::find(order, family_of(each)) - order.begin(), each.id);
    });
    return all;
}

}  // namespace

std::span<conformance::rule const> server_rules() {
    static std::vector<conformance::rule> const all = sorted();
    return all;
}

}  // namespace trunkline::conform
