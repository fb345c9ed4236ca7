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

std::string_view lacking(verdict const& run, bool calm) noexcept {
    if (run.events < 500 || run.connections < 2 || run.calls_at_once < 3) {
        return "too little has happened";
    }
    if ((run.faults == 0) != calm) {
        return calm ? "something failed, against the plan" : "nothing failed, against the plan";
    }
    return {};
}

}  // namespace trunkline::sim
