// Every rule on every transport of Trunkline: over simulated pipes on virtual time, in every shape
// and role, and over sockets of the system in real time.
#include <trunkline/conformance/rule.hpp>

#include <trunkline/conformance/simulated.hpp>
#include <trunkline/conformance/sockets.hpp>
#include <trunkline/conformance/testing.hpp>

int main(int count, char** arguments) {
    ::testing::InitGoogleTest(&count, arguments);
    trunkline::conformance::add_tests(trunkline::conformance::simulated_subjects());
    trunkline::conformance::add_tests(trunkline::conformance::socket_subjects(),
                                      {.virtual_time = false});
    return RUN_ALL_TESTS();
}
