#include <trunkline/conformance/run/worker.hpp>

#include <trunkline/conformance/judge.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace trunkline::conformance {
namespace {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// One run, as it is told to a process that is a copy of this one: what the pointers show is there,
// too.
struct job {
    rule const* what;
    subject const* of;
    transport::delivery_shape shape;
    initiator role;
    volume size;
    std::uint64_t seed;
    bool virtual_time;
    run_limits limits;
    std::array<char, 6 * fault_schedule::faults_max + 1> faults;
};
static_assert(std::is_trivially_copyable_v<job>);

// An answer is one message: the outcome, and what was seen.
constexpr std::size_t seen_max = 60'000;

job job_of(rule const& what, subject const& of, world_options const& how) {
    job made{.what = &what,
             .of = &of,
             .shape = how.shape,
             .role = how.role,
             .size = how.size,
             .seed = how.seed,
             .virtual_time = how.virtual_time,
             .limits = how.limits,
             .faults = {}};
    auto const faults = how.disturbed.hex();
    std::copy_n(faults.begin(), std::min(faults.size(), made.faults.size() - 1),
                made.faults.begin());
    return made;
}

verdict do_job(job const& one) {
    auto faults = fault_schedule::from_hex(one.faults.data());
    return judge(*one.what, *one.of,
                 {.shape = one.shape,
                  .role = one.role,
                  .size = one.size,
                  .seed = one.seed,
                  .virtual_time = one.virtual_time,
                  .limits = one.limits,
                  .disturbed = faults ? std::move(*faults) : fault_schedule()});
}

// Until the other side is closed. It ends as programs do, so that sanitizers look for leaks.
[[noreturn]] void serve(int link) {
    job next;
    while (::recv(link, &next, sizeof next, 0) == static_cast<ssize_t>(sizeof next)) {
        verdict const found = do_job(next);
        std::string told(1, static_cast<char>(found.what));
        told += found.seen.substr(0, seen_max);
        if (::send(link, told.data(), told.size(), MSG_NOSIGNAL) < 0) {
            break;
        }
    }
    std::exit(0);
}

// Whether there is something to read before `limit` has passed.
bool comes_within(int link, milliseconds limit) {
    auto const end = clock::now() + limit;
    for (;;) {
        auto const left = std::chrono::ceil<milliseconds>(end - clock::now());
        pollfd watched{.fd = link, .events = POLLIN, .revents = 0};
        int const found = ::poll(
            &watched, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000)));
        if (found > 0 || (found == 0 && clock::now() >= end)) {
            return found > 0;
        }
    }
}

std::optional<verdict> answer_from(int link) {
    std::vector<char> told(seen_max + 1);
    auto const size = ::recv(link, told.data(), told.size(), 0);
    if (size <= 0) {
        return std::nullopt;
    }
    return verdict{static_cast<outcome>(told.front()),
                   std::string(told.data() + 1, static_cast<std::size_t>(size) - 1),
                   {}};
}

}  // namespace

bool worker::is_possible() {
    std::error_code failed;
    std::filesystem::directory_iterator const threads("/proc/self/task", failed);
    return !failed &&
           std::distance(std::filesystem::begin(threads), std::filesystem::end(threads)) == 1;
}

worker::~worker() {
    static_cast<void>(end());
}

void worker::begin() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        throw std::system_error(errno, std::generic_category(), "socketpair");
    }
    // What is not written yet would be written twice.
    std::cout.flush();
    std::cerr.flush();
    std::fflush(nullptr);
    pid_t const made = ::fork();
    if (made == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a run that hangs does not outlive who waits for it
        ::close(ends[0]);
        serve(ends[1]);
    }
    int const why = errno;
    ::close(ends[1]);
    if (made < 0) {
        ::close(ends[0]);
        throw std::system_error(why, std::generic_category(), "fork");
    }
    process_ = made;
    link_ = ends[0];
}

std::string worker::wait_for_end() {
    ::close(std::exchange(link_, -1));
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = 0;
    if (WIFSIGNALED(status)) {
        int const which = WTERMSIG(status);
        return "was ended by signal " + std::to_string(which) + " (" + ::strsignal(which) + ")";
    }
    return "ended with code " + std::to_string(WEXITSTATUS(status));
}

std::string worker::end() {
    if (process_ == 0) {
        return {};
    }
    auto became = wait_for_end();
    return became == "ended with code 0" ? std::string() : became;
}

verdict worker::judge(rule const& what, subject const& of, world_options const& how) {
    if (process_ == 0) {
        begin();
    }
    job const told = job_of(what, of, how);
    auto const limit = 2 * (how.size == volume::full ? how.limits.full_time : how.limits.time);
    std::string seen;
    if (::send(link_, &told, sizeof told, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof told) &&
        !comes_within(link_, limit)) {
        ::kill(process_, SIGKILL);
        static_cast<void>(wait_for_end());
        seen = "the run had not come to its end after " + std::to_string(limit.count()) + " ms";
    } else if (auto found = answer_from(link_)) {
        if (found->what == outcome::failed) {
            found->repeat = describe(what, of, how);
        }
        return std::move(*found);
    } else {
        seen = "the process of the run " + wait_for_end();
    }
    return {outcome::failed, std::move(seen), describe(what, of, how)};
}

}  // namespace trunkline::conformance
