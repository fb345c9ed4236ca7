#include <trunkline/test_support/terminal_run.hpp>

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace trunkline::test_support {
namespace {

constexpr int patience_ms = 60'000;

struct terminal_pair {
    int ours = -1;
    int theirs = -1;
};

terminal_pair open_terminal() {
    terminal_pair made;
    winsize size{};
    size.ws_col = 80;
    size.ws_row = 24;
    if (::openpty(&made.ours, &made.theirs, nullptr, nullptr, &size) != 0) {
        throw std::system_error(errno, std::system_category(), "openpty");
    }
    ::fcntl(made.ours, F_SETFD, FD_CLOEXEC);
    return made;
}

[[noreturn]] void become(std::vector<std::string> const& command, int input, int output,
                         int error) {
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(error, STDERR_FILENO);
    std::vector<char*> arguments;
    for (std::string const& one : command) {
        arguments.push_back(const_cast<char*>(one.c_str()));
    }
    arguments.push_back(nullptr);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
}

enum class heard { something, end, nothing };

/// Nothing: for too long.
heard read_some(int terminal, std::string& text) {
    pollfd wanted{terminal, POLLIN, 0};
    if (::poll(&wanted, 1, patience_ms) != 1) {
        return heard::nothing;
    }
    std::array<char, 4096> bytes{};
    ssize_t const size = ::read(terminal, bytes.data(), bytes.size());
    if (size <= 0) {
        return heard::end;  // EIO: nobody has the other side any more
    }
    text.append(bytes.data(), static_cast<std::size_t>(size));
    return heard::something;
}

/// Until the end; false when nothing comes for too long.
bool read_all(int terminal, std::string& text) {
    heard last = heard::something;
    while (last == heard::something) {
        last = read_some(terminal, text);
    }
    return last == heard::end;
}

int exit_code_of(pid_t id) {
    int status = 0;
    ::waitpid(id, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

finished run_on_terminal(std::vector<std::string> const& command, redirected const& to) {
    auto const [ours, theirs] = open_terminal();
    pid_t const id = ::fork();
    if (id == 0) {
        std::string const input = to.input.empty() ? "/dev/null" : to.input;
        int const output = to.output.empty()
                               ? theirs
                               : ::open(to.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        become(command, ::open(input.c_str(), O_RDONLY), output, theirs);
    }
    ::close(theirs);
    finished left;
    bool const ended = read_all(ours, left.error);
    if (!ended) {
        ::kill(id, SIGKILL);
    }
    left.exit_code = exit_code_of(id);
    ::close(ours);
    if (!ended) {
        throw std::runtime_error("the program wrote nothing more, and goes on");
    }
    return left;
}

terminal_session::terminal_session(std::vector<std::string> const& command) {
    auto const [ours, theirs] = open_terminal();
    terminal_ = ours;
    id_ = ::fork();
    if (id_ == 0) {
        ::setenv("TERM", "xterm", 1);
        become(command, theirs, theirs, theirs);
    }
    ::close(theirs);
}

terminal_session::~terminal_session() {
    if (id_ > 0) {
        ::kill(id_, SIGKILL);
        static_cast<void>(exit_code_of(id_));
    }
    ::close(terminal_);
}

void terminal_session::type(std::string_view keys) const {
    while (!keys.empty()) {
        ssize_t const size = ::write(terminal_, keys.data(), keys.size());
        if (size <= 0) {
            throw std::system_error(errno, std::system_category(), "typing");
        }
        keys.remove_prefix(static_cast<std::size_t>(size));
    }
}

std::string terminal_session::read_until(std::string_view text) {
    auto at = unread_.find(text);
    while (at == unread_.npos) {
        if (read_some(terminal_, unread_) != heard::something) {
            throw std::runtime_error("not seen: " + std::string(text) + ", but: " + unread_);
        }
        at = unread_.find(text);
    }
    std::string const seen = unread_.substr(0, at + text.size());
    unread_.erase(0, seen.size());
    return seen;
}

int terminal_session::wait() {
    bool const ended = read_all(terminal_, unread_);
    if (!ended) {
        ::kill(id_, SIGKILL);
    }
    int const code = exit_code_of(std::exchange(id_, -1));
    if (!ended) {
        throw std::runtime_error("the program wrote nothing more, and goes on");
    }
    return code;
}

}  // namespace trunkline::test_support
