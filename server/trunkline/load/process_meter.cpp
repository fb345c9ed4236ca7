#include <trunkline/load/process_meter.hpp>

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace trunkline::load {

namespace {

std::chrono::nanoseconds read_clock(int of) {
    timespec at{};
    if (::clock_gettime(of, &at) != 0) {
        throw std::runtime_error("the process to be measured has ended");
    }
    return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
}

/// "Private_Dirty:       12 kB" as bytes.
std::uint64_t size_in(std::string_view line) {
    auto const digits = line.find_first_of("0123456789", line.find(':'));
    std::uint64_t kib = 0;
    if (digits != line.npos) {
        std::from_chars(line.data() + digits, line.data() + line.size(), kib);
    }
    return kib * 1024;
}

/// The first line of a mapping is "BEGIN-END rw-p ..."; its permissions end in s when it is shared.
/// Other lines have a name and a colon.
bool begins_mapping(std::string_view line) {
    return line.find('-') < line.find(' ') && line.find(':') > line.find(' ');
}

bool is_shared(std::string_view line) {
    auto const at = line.find(' ') + 4;
    return at < line.size() && line[at] == 's';
}

}  // namespace

memory read_smaps(std::string_view text) {
    memory found;
    bool shared = false;
    while (!text.empty()) {
        auto const line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (begins_mapping(line)) {
            shared = is_shared(line);
        } else if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:")) {
            (shared ? found.mapped : found.own) += size_in(line);
        } else if (line.starts_with("Rss:")) {
            found.resident += size_in(line);
        }
    }
    return found;
}

process_meter::process_meter(int pid) : pid_(pid) {
    clockid_t of{};
    if (pid != 0 && ::clock_getcpuclockid(pid, &of) != 0) {
        throw std::runtime_error("there is no process " + std::to_string(pid));
    }
    clock_ = of;
    static_cast<void>(cpu_time());  // a clock may be named of a process that has ended
}

std::chrono::nanoseconds process_meter::cpu_time() const {
    return pid_ == 0 ? std::chrono::nanoseconds(0) : read_clock(clock_);
}

memory process_meter::memory_now() const {
    if (pid_ == 0) {
        return {};
    }
    std::ifstream file("/proc/" + std::to_string(pid_) + "/smaps");
    std::string const text(std::istreambuf_iterator<char>(file), {});
    return read_smaps(text);
}

std::chrono::nanoseconds own_cpu_time() {
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

void pin_to(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(cpu), &one);
    if (cpu < 0 || ::sched_setaffinity(0, sizeof one, &one) != 0) {
        throw std::runtime_error("there is no CPU " + std::to_string(cpu));
    }
}

}  // namespace trunkline::load
