#include <trunkline/conformance/wrong/wrong.hpp>

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
    return all;
}

}  // namespace trunkline::conformance
