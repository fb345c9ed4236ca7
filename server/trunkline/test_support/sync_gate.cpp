#include <trunkline/test_support/sync_gate.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace trunkline::test_support {

constexpr std::chrono::seconds patience{60};

sync_gate::sync_gate(std::filesystem::path fifo) : fifo_(std::move(fifo)) {
    if (::mkfifo(fifo_.c_str(), 0600) != 0) {
        throw std::system_error(errno, std::system_category(), "mkfifo");
    }
}

sync_gate::~sync_gate() {
    open();
}

std::map<std::string, std::string> sync_gate::environment(std::string const& fault_switch) const {
    return {{"LD_PRELOAD", fault_switch},
            {"ASAN_OPTIONS", "verify_asan_link_order=0"},
            {"TRUNKLINE_TEST_SYNC_GATE", fifo_.string()}};
}

// A FIFO opens for writing as soon as somebody has it open for reading.
void sync_gate::wait_for_sync() {
    auto const end = std::chrono::steady_clock::now() + patience;
    while (descriptor_ < 0) {
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error("no sync comes");
        }
        std::this_thread::yield();
        descriptor_ = ::open(fifo_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    }
}

void sync_gate::open() {
    if (descriptor_ >= 0) {
        ::close(std::exchange(descriptor_, -1));
    }
}

}  // namespace trunkline::test_support
