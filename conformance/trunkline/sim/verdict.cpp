#include <trunkline/sim/verdict.hpp>

#include <iomanip>
#include <sstream>

namespace trunkline::sim {

std::string verdict::story_number() const {
    std::ostringstream text;
    text << std::hex << std::setw(16) << std::setfill('0') << hash;
    return text.str();
}

std::string verdict::repeat() const {
    return "trunkline sim --seed " + std::to_string(seed) + " --trace";
}

}  // namespace trunkline::sim
