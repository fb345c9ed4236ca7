// The table of all rules, from those of the families.
#include <trunkline/conformance/rules/families.hpp>

#include <algorithm>
#include <vector>

namespace trunkline::conformance {

std::span<rule const> all_rules() {
    static std::vector<rule> const all = [] {
        std::vector<rule> made;
        for (auto const family : {
                 establishment_rules(),   stranger_rules(),
                 integrity_rules(),       message_integrity_rules(),
                 content_rules(),         delivery_rules(),
                 close_rules(),           close_reason_rules(),
                 state_rules(),           dispatch_rules(),
                 dispatch_wire_rules(),   flow_rules(),
                 flow_send_rules(),       flow_wire_rules(),
                 cancel_rules(),          deadline_rules(),
                 deadline_stream_rules(), two_way_rules(),
                 reconnect_rules(),       release_rules(),
                 fault_rules(),           fault_link_rules(),
                 malformed_rules(),       malformed_value_rules(),
                 limit_rules(),           held_limit_rules(),
                 liveness_rules(),        shutdown_rules(),
                 thread_rules(),          error_rules(),
                 observation_rules(),     security_rules(),
             }) {
            made.insert(made.end(), family.begin(), family.end());
        }
        // A family may have two files.
        for (auto first = made.begin(); first != made.end();) {
            auto const next = std::find_if(first, made.end(), [&](rule const& each) {
                return family_of(each) != family_of(*first);
            });
            std::sort(first, next, [](rule const& a, rule const& b) { return a.id < b.id; });
            first = next;
        }
        return made;
    }();
    return all;
}

rule const* find_rule(std::string_view id) {
    auto const all = all_rules();
    auto const found = std::ranges::find(all, id, &rule::id);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace trunkline::conformance
