#include <trunkline/test_support/child_process.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace trunkline::test_support {
namespace {

/// Far beyond what any step takes, also under sanitizers on a busy machine.
constexpr std::chrono::milliseconds patience{60'000};

void require(bool done, char const* what) {
    if (!done) {
        throw std::system_error(errno, std::system_category(), what);
    }
}

bool wait_readable(int descriptor) {
    pollfd wanted{descriptor, POLLIN, 0};
    int found = 0;
    do {
        found = ::poll(&wanted, 1, static_cast<int>(patience.count()));
    } while (found < 0 && errno == EINTR);
    return found == 1;
}

[[noreturn]] void become(std::vector<std::string> const& command,
                         std::map<std::string, std::string> const& environment, int output,
                         int error) {
    ::unsetenv("TRUNKLINE_LOG");
    for (auto const& [name, value] : environment) {
        ::setenv(name.c_str(), value.c_str(), 1);
    }
    int const nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
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

}  // namespace

child_process::child_process(std::vector<std::string> const& command,
                             std::map<std::string, std::string> const& environment) {
    std::array<int, 2> output{};
    std::array<int, 2> error{};
    require(::pipe2(output.data(), O_CLOEXEC) == 0, "pipe");
    require(::pipe2(error.data(), O_CLOEXEC) == 0, "pipe");
    id_ = ::fork();
    require(id_ >= 0, "fork");
    if (id_ == 0) {
        become(command, environment, output[1], error[1]);
    }
    ::close(output[1]);
    ::close(error[1]);
    output_.descriptor = output[0];
    error_.descriptor = error[0];
    id_descriptor_ = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
    require(id_descriptor_ >= 0, "pidfd_open");
}

child_process::~child_process() {
    if (!exit_code_) {
        ::kill(id_, SIGKILL);
        ::waitpid(id_, nullptr, 0);
    }
    ::close(id_descriptor_);
}

void child_process::signal(int number) const {
    require(::kill(id_, number) == 0, "kill");
}

std::string child_process::read_output_line() {
    return output_.line();
}

std::string child_process::read_error_line() {
    return error_.line();
}

int child_process::wait() {
    if (!exit_code_) {
        if (!wait_readable(id_descriptor_)) {
            throw std::runtime_error("the program did not end");
        }
        int status = 0;
        require(::waitpid(id_, &status, 0) == id_, "waitpid");
        exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return *exit_code_;
}

child_process::stream::~stream() {
    ::close(descriptor);
}

bool child_process::stream::fill() {
    if (!wait_readable(descriptor)) {
        throw std::runtime_error("the program wrote nothing more, and goes on");
    }
    std::array<char, 4096> bytes{};
    ssize_t const size = ::read(descriptor, bytes.data(), bytes.size());
    require(size >= 0, "read");
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
}

std::string child_process::stream::line() {
    while (buffer_.find('\n') == buffer_.npos) {
        if (!fill()) {
            return std::exchange(buffer_, {});
        }
    }
    std::size_t const end = buffer_.find('\n');
    std::string const found = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return found;
}

std::string child_process::stream::rest() {
    while (fill()) {
    }
    return std::exchange(buffer_, {});
}

finished run_program(std::vector<std::string> const& command,
                     std::map<std::string, std::string> const& environment) {
    child_process program(command, environment);
    finished left;
    left.output = program.rest_of_output();
    left.error = program.rest_of_error();
    left.exit_code = program.wait();
    return left;
}

}  // namespace trunkline::test_support
