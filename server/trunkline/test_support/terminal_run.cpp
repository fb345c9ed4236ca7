#include <trunkline/test_support/terminal_run.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

namespace trunkline::test_support {
namespace {

constexpr int patience_ms = 60'000;

[[noreturn]] void become(std::vector<std::string> const& command, redirected const& to,
                         int terminal) {
    std::string const input = to.input.empty() ? "/dev/null" : to.input;
    ::dup2(::open(input.c_str(), O_RDONLY), STDIN_FILENO);
    int const output = to.output.empty()
                           ? terminal
                           : ::open(to.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(terminal, STDERR_FILENO);
    std::vector<char*> arguments;
    for (std::string const& one : command) {
        arguments.push_back(const_cast<char*>(one.c_str()));
    }
    arguments.push_back(nullptr);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
}

/// Until nobody has the other side any more; false when nothing comes for too long.
bool read_all(int terminal, std::string& text) {
    for (;;) {
        pollfd wanted{terminal, POLLIN, 0};
        if (::poll(&wanted, 1, patience_ms) != 1) {
            return false;
        }
        std::array<char, 4096> bytes{};
        ssize_t const size = ::read(terminal, bytes.data(), bytes.size());
        if (size <= 0) {
            return true;  // EIO: closed
        }
        text.append(bytes.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace

finished run_on_terminal(std::vector<std::string> const& command, redirected const& to) {
    int ours = -1;
    int theirs = -1;
    winsize size{};
    size.ws_col = 80;
    size.ws_row = 24;
    if (::openpty(&ours, &theirs, nullptr, nullptr, &size) != 0) {
        throw std::system_error(errno, std::system_category(), "openpty");
    }
    ::fcntl(ours, F_SETFD, FD_CLOEXEC);
    pid_t const id = ::fork();
    if (id == 0) {
        become(command, to, theirs);
    }
    ::close(theirs);
    finished left;
    bool const ended = read_all(ours, left.error);
    if (!ended) {
        ::kill(id, SIGKILL);
    }
    int status = 0;
    ::waitpid(id, &status, 0);
    ::close(ours);
    if (!ended) {
        throw std::runtime_error("the program wrote nothing more, and goes on");
    }
    left.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return left;
}

}  // namespace trunkline::test_support
