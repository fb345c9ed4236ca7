#include <trunkline/serving/machine.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <thread>

namespace trunkline::server {

machine raise_and_read_machine() {
    machine found;
    found.cores = std::max(1u, std::thread::hardware_concurrency());
    rlimit descriptors{};
    if (::getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
        rlimit const raised{descriptors.rlim_max, descriptors.rlim_max};
        bool const done = ::setrlimit(RLIMIT_NOFILE, &raised) == 0;
        found.descriptors = done ? raised.rlim_cur : descriptors.rlim_cur;
    }
    return found;
}

std::string fit_connections(std::size_t& connections_max, machine const& on) {
    std::size_t const possible =
        std::max<std::size_t>(1, on.descriptors - std::min(on.descriptors, reserved_descriptors));
    if (connections_max == 0) {
        connections_max = possible;
    }
    if (connections_max > possible) {
        return "--connections-max " + std::to_string(connections_max) + ": the system allows " +
               std::to_string(on.descriptors) + " open files, which is enough for " +
               std::to_string(possible) + "; raise ulimit -n or lower the limit";
    }
    return {};
}

}  // namespace trunkline::server
