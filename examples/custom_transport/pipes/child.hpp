// A child process and the four pipes that it has for its links.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

namespace pipes {

/// Runs until its pipes have ended, or until this is destroyed.
class child final : private trunkline::transport::watched_handle {
public:
    /// The two ends that stay here.
    struct ends {
        std::unique_ptr<trunkline::transport::byte_stream> first;   ///< its descriptors 0 and 1
        std::unique_ptr<trunkline::transport::byte_stream> second;  ///< its descriptors 3 and 4
    };

    /// Starts `program`, and gives the ends; `ended` is called once when it has ended by itself,
    /// and may destroy this. Fails with what the system says.
    static trunkline::result<std::unique_ptr<child>> start(trunkline::transport::asio_runtime& loop,
                                                           std::string const& program, ends& made,
                                                           std::function<void()> ended);
    ~child();

private:
    child(trunkline::transport::asio_runtime& loop, pid_t pid, std::function<void()> ended);
    void on_ready(bool readable, bool writable) override;

    trunkline::transport::asio_runtime& loop_;
    pid_t pid_;
    trunkline::transport::file_descriptor process_;  // can be read once the process has ended
    std::function<void()> ended_;
};

}  // namespace pipes
