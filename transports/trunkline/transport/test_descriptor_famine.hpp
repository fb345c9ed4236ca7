// For tests: a process that has no descriptor left.
#pragma once

#include <trunkline/transport/file_descriptor.hpp>

#include <sys/resource.h>
#include <sys/socket.h>

#include <utility>
#include <vector>

namespace trunkline::transport::testing {

/// Takes every descriptor this process may have, and gives them back.
class descriptor_famine {
public:
    descriptor_famine() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit const lower{.rlim_cur = 200, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &lower);
        for (;;) {
            file_descriptor taken(::socket(AF_UNIX, SOCK_STREAM, 0));
            if (!taken) {
                break;
            }
            taken_.push_back(std::move(taken));
        }
    }
    ~descriptor_famine() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
    std::vector<file_descriptor> taken_;
};

}  // namespace trunkline::transport::testing
