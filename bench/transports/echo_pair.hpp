// Two ends of one connection, each on a thread of its own: one calls, the other answers with what
// it was sent.
#pragma once

#include "meter.hpp"

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <functional>
#include <memory>
#include <string_view>
#include <thread>

namespace trunkline::bench {

/// Certificates for "tls" and "wss", the same for ours and for those beside it.
struct parties {
    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::context asking = tls::context::for_client({.authorities = authority.file()}).value();
    tls::context serving = tls::context::for_server({.own = authority.issue("server")}).value();
};

/// A thread that serves, on a CPU of its own where there are two.
class serving_thread {
public:
    explicit serving_thread(std::function<void()> work);
    ~serving_thread() { thread_.join(); }
    serving_thread(serving_thread const&) = delete;
    serving_thread& operator=(serving_thread const&) = delete;

    /// Of the CPU time that it has taken.
    [[nodiscard]] clockid_t cpu_clock();

private:
    std::thread thread_;
};

/// Who calls has the other CPU. Once, before anything is measured.
void pin_caller();

// Each makes its two ends, calls until the meter has enough, and ends them. They throw
// std::runtime_error where that fails, or where an answer is wrong.

/// A driver and a dispatcher over one of our transports: "memory", "unix", "tcp", "ws", "tls" or
/// "wss".
[[nodiscard]] figures measure_ours(std::string_view transport, load_shape const& shape,
                                   parties const& who);

/// The least that can be beside it: a thread that reads from a blocking socket of the same kind and
/// writes that back; through OpenSSL for "tls". Not for the others.
[[nodiscard]] figures measure_bare(std::string_view transport, load_shape const& shape,
                                   parties const& who);

/// For "ws" and "wss": Beast as its documentation has it, one read and one write for each message.
[[nodiscard]] figures measure_beast(std::string_view transport, load_shape const& shape,
                                    parties const& who);

}  // namespace trunkline::bench
