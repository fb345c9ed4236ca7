// Holds every transport of Trunkline to the rules: over simulated pipes on virtual time, and over
// sockets of the system.
#include <trunkline/conformance/run/main.hpp>

#include <trunkline/conformance/simulated.hpp>
#include <trunkline/conformance/sockets.hpp>

int main(int count, char** arguments) {
    auto all = trunkline::conformance::simulated_subjects();
    for (auto& each : trunkline::conformance::socket_subjects()) {
        all.push_back(std::move(each));
    }
    return trunkline::conformance::run_main(count, arguments, all);
}
