// The program serving a store, started and asked as its user does.
#pragma once

#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/store_caller.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::test_support {

/// Method ids of the store as they are published.
inline constexpr std::uint64_t method_write = 0x3ec2ad5c308c53da;
inline constexpr std::uint64_t method_read = 0x2c2622a151f2cdf2;
inline constexpr std::uint64_t method_len = 0xa41dbb760e96e3e3;

/// A program that ended instead of serving.
struct did_not_run : std::runtime_error {
    did_not_run(std::string const& output, int code, std::string said)
        : std::runtime_error("not running: " + output + said),
          exit_code(code),
          error(std::move(said)) {}
    int exit_code;      ///< 128 plus the signal's number when a signal ended it
    std::string error;  ///< what it wrote on standard error
};

/// `trunkline serve FILE --port 0` and more flags, from the line that tells its port on.
class running_server {
public:
    /// Throws did_not_run when it ends instead.
    running_server(std::string const& program, std::string const& file,
                   std::vector<std::string> const& flags = {},
                   std::map<std::string, std::string> const& environment = {});

    [[nodiscard]] child_process& process() { return *process_; }

    /// What was said about the store.
    [[nodiscard]] std::string const& opened() const { return opened_; }

    /// The URLs of its --listen flags, with real ports.
    [[nodiscard]] std::vector<std::string> const& endpoints() const { return endpoints_; }

    /// "127.0.0.1:4711"
    [[nodiscard]] std::string const& address() const { return address_; }
    [[nodiscard]] std::string host() const;
    [[nodiscard]] std::uint16_t port() const;

    [[nodiscard]] std::unique_ptr<store_caller> connect() const;

    /// Sends SIGTERM; returns the exit code.
    int stop();

private:
    std::unique_ptr<child_process> process_;
    std::string opened_;
    std::string address_;
    std::vector<std::string> endpoints_;
};

/// The arguments of a write and a read as bitcode, for keys and values of up to two bytes.
[[nodiscard]] std::string short_write(std::string_view key, std::string_view value);
[[nodiscard]] std::string short_read(std::string_view key);

/// A write of a short key and a value of 64 KiB up to 4 GiB.
[[nodiscard]] std::string long_write(std::string_view key, std::string_view value);

}  // namespace trunkline::test_support
