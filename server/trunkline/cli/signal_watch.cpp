#include <trunkline/cli/signal_watch.hpp>

#include <trunkline/cli/exit_code.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace trunkline::cli {
namespace {

int checked(int descriptor, char const* what) {
    if (descriptor < 0) {
        throw std::system_error(errno, std::system_category(), what);
    }
    return descriptor;
}

}  // namespace

signal_watch::signal_watch(std::function<void(int)> on_first, std::function<void()> on_hangup)
    : on_first_(std::move(on_first)), on_hangup_(std::move(on_hangup)) {
    sigset_t watched;
    ::sigemptyset(&watched);
    ::sigaddset(&watched, SIGINT);
    ::sigaddset(&watched, SIGTERM);
    if (on_hangup_) {
        ::signal(SIGHUP, SIG_DFL);  // nohup(1) has it ignored, and then it would not come
        ::sigaddset(&watched, SIGHUP);
    }
    ::pthread_sigmask(SIG_BLOCK, &watched, nullptr);
    signals_ = checked(::signalfd(-1, &watched, SFD_CLOEXEC), "signalfd");
    end_ = checked(::eventfd(0, EFD_CLOEXEC), "eventfd");
    thread_ = std::thread([this] { watch(); });
}

signal_watch::~signal_watch() {
    ::eventfd_write(end_, 1);
    thread_.join();
    ::close(end_);
    ::close(signals_);
}

void signal_watch::watch() const {
    for (bool first = true;;) {
        std::array<pollfd, 2> ready{pollfd{end_, POLLIN, 0}, pollfd{signals_, POLLIN, 0}};
        if (::poll(ready.data(), ready.size(), -1) < 0) {
            continue;
        }
        if (ready[0].revents != 0) {
            return;
        }
        signalfd_siginfo received{};
        if (::read(signals_, &received, sizeof received) != sizeof received) {
            continue;
        }
        auto const number = static_cast<int>(received.ssi_signo);
        if (number == SIGHUP) {
            on_hangup_();
            continue;
        }
        if (!std::exchange(first, false)) {
            ::_exit(exit_signal + number);
        }
        on_first_(number);
    }
}

}  // namespace trunkline::cli
