#include <trunkline/serving/port_file.hpp>

#include <trunkline/base/last_error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

namespace trunkline::server {
result<void> write_port_file(std::filesystem::path const& path, std::uint16_t port) {
    std::string const text = std::to_string(port) + "\n";
    std::string const temporary = path.string() + "." + std::to_string(::getpid()) + ".new";
    int const file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) {
        return last_error();
    }
    error_code fault;
    if (::write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
        fault = last_error();
    }
    ::close(file);
    if (!fault && ::rename(temporary.c_str(), path.c_str()) != 0) {
        fault = last_error();
    }
    if (fault) {
        ::unlink(temporary.c_str());
        return fault;
    }
    return {};
}

}  // namespace trunkline::server
