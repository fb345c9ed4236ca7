// The rules of the conformance kit on links that fail: the input says which rule, on which
// transport, in which shape and role, and what becomes of the links. A rule may be broken by that;
// nobody may crash, hang or leak. Which run it was is told as the line that makes it again, and
// before each run where TRUNKLINE_FUZZ_TELL is set.
#include "check.hpp"

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/run/run_names.hpp>
#include <trunkline/conformance/simulated.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <unistd.h>

namespace {

using namespace trunkline::conformance;

// Several times what a rule of quick volume needs.
constexpr std::uint64_t steps_max = 10'000'000;

std::array<char, 1000> line_of_run;
std::array<struct sigaction, 65> handlers_before;

void tell() {
    [[maybe_unused]] auto const written =
        ::write(STDERR_FILENO, line_of_run.data(), std::strlen(line_of_run.data()));
}

void tell_and_pass_on(int which) {
    tell();
    ::sigaction(which, &handlers_before.at(static_cast<std::size_t>(which)), nullptr);
    ::raise(which);
}

// Before whoever looks after crashes in this program.
void set_up() {
    for (int const which : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
        struct sigaction telling = {};
        telling.sa_handler = tell_and_pass_on;
        ::sigaction(which, &telling, &handlers_before.at(static_cast<std::size_t>(which)));
    }
}

}  // namespace

// Called by the sanitizers of these names when they report something.
extern "C" void __asan_on_error() {
    tell();
}
extern "C" void __ubsan_on_report() {
    tell();
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static std::vector<subject> const transports = simulated_subjects();
    static bool const is_set_up = (set_up(), true);
    static_cast<void>(is_set_up);
    constexpr std::size_t head = 4;
    if (size < head) {
        return 0;
    }
    rule const& what = all_rules()[data[0] % all_rules().size()];
    subject const& of = transports[data[1] % transports.size()];
    world_options base;
    base.seed = data[3];
    base.limits.steps = steps_max;
    base.disturbed = fault_schedule(std::span(data + head, size - head));
    auto const runs = runs_of(what, of, base);
    world_options const& how = runs[data[2] % runs.size()];
    std::snprintf(line_of_run.data(), line_of_run.size(), "\ntrunkline_conformance %s\n",
                  flags_of(what, of, how).c_str());
    if (std::getenv("TRUNKLINE_FUZZ_TELL") != nullptr) {
        tell();
    }
    verdict const found = judge(what, of, how);
    TRUNKLINE_FUZZ_CHECK(!found.seen.starts_with("the transport keeps the loop busy"));
    return 0;
}
