#include "child.hpp"

#include "pipe_stream.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace pipes {
namespace {

using trunkline::error_code;
using trunkline::result;
using trunkline::transport::asio_runtime;
using trunkline::transport::file_descriptor;

// Those of the child, which it knows by number.
constexpr std::array<int, 4> numbers{0, 1, 3, 4};

error_code of_system(int value) noexcept {
    return {value, boost::system::system_category()};
}

struct a_pipe {
    file_descriptor from;
    file_descriptor to;
};

result<a_pipe> make_pipe() {
    int both[2] = {-1, -1};
    if (::pipe2(both, O_CLOEXEC | O_NONBLOCK) != 0) {
        return of_system(errno);
    }
    return a_pipe{file_descriptor(both[0]), file_descriptor(both[1])};
}

// Out of the way of the numbers above.
file_descriptor moved_up(file_descriptor const& from) {
    return file_descriptor(::fcntl(from.get(), F_DUPFD_CLOEXEC, numbers.back() + 1));
}

// Starts the program with these as its descriptors.
result<pid_t> spawn(std::string const& program, std::array<file_descriptor, 4> const& given) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (std::size_t i = 0; i < given.size(); ++i) {
        ::posix_spawn_file_actions_adddup2(&actions, given[i].get(), numbers[i]);
    }
    char* const arguments[] = {const_cast<char*>(program.c_str()), nullptr};
    pid_t pid = -1;
    int const failed = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments, environ);
    ::posix_spawn_file_actions_destroy(&actions);
    return failed == 0 ? result<pid_t>(pid) : of_system(failed);
}

}  // namespace

result<std::unique_ptr<child>> child::start(asio_runtime& loop, std::string const& program,
                                            ends& made, std::function<void()> ended) {
    std::array<a_pipe, 4> all;  // in to the child and out of it, twice
    std::array<file_descriptor, 4> given;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto one = make_pipe();
        if (!one) {
            return one.error();
        }
        all[i] = std::move(*one);
        auto& its_end = i % 2 == 0 ? all[i].from : all[i].to;
        given[i] = moved_up(its_end);
        its_end.reset();
        if (!given[i]) {
            return of_system(errno);
        }
    }
    auto const pid = spawn(program, given);
    if (!pid) {
        return pid.error();
    }
    made.first = std::make_unique<pipe_stream>(loop, std::move(all[1].from), std::move(all[0].to));
    made.second = std::make_unique<pipe_stream>(loop, std::move(all[3].from), std::move(all[2].to));
    return std::unique_ptr<child>(new child(loop, *pid, std::move(ended)));
}

child::child(asio_runtime& loop, pid_t pid, std::function<void()> ended)
    : loop_(loop),
      pid_(pid),
      process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
      ended_(std::move(ended)) {
    descriptor = process_.get();
    if (process_) {
        ::fcntl(process_.get(), F_SETFD, FD_CLOEXEC);
        loop_.readiness().update(*this, true, false);
    }
}

child::~child() {
    if (process_) {
        loop_.readiness().remove(*this);
    }
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
}

void child::on_ready(bool, bool) {
    loop_.readiness().remove(*this);
    process_.reset();
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
    auto const ended = std::move(ended_);
    ended();
}

}  // namespace pipes
