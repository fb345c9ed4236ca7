#include <trunkline/conformance/wrong/wrong.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/verdict.hpp>
#include <trunkline/conformance/world.hpp>

#include <algorithm>
#include <array>

namespace trunkline::conformance {

std::vector<wrong_transport> wrong_transports() {
    std::vector<wrong_transport> all;
    add_wrong_links(all);
    add_hoarding_links(all);
    add_wrong_frames(all);
    add_wrong_words(all);
    add_wrong_networks(all);
    add_wrong_identities(all);
    add_wrong_drivers(all);
    add_leaving_parts(all);
    return all;
}

bool is_caught(subject const& wrong, rule const& by) {
    return std::ranges::any_of(std::array{initiator::client, initiator::server}, [&](auto role) {
        world_options const how{.role = role, .virtual_time = wrong.has.virtual_time};
        return judge(by, wrong, how).what == outcome::failed;
    });
}

}  // namespace trunkline::conformance
