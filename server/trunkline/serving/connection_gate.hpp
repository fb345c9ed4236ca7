// How many connections there may be, in all and from one address: asked before each handshake.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace trunkline::server {

/// Shared by all threads of a server; any function from any thread.
class connection_gate {
public:
    /// Zero means no limit.
    connection_gate(std::size_t connections_max, std::size_t connections_per_peer_max);

    /// A place, given back when it is destroyed.
    class place {
    public:
        place() noexcept = default;
        place(place&& other) noexcept;
        place& operator=(place&& other) noexcept;
        ~place();

        /// False when there was no place to be had.
        [[nodiscard]] explicit operator bool() const noexcept { return gate_ != nullptr; }

        /// True when it does not matter whose it is: there is no limit per address.
        [[nodiscard]] bool is_nameless() const noexcept { return address_.empty(); }

        /// Destroying it gives nothing back any more: a nameless place that is kept by being
        /// counted alone, until entered() has it again.
        void leave_taken() noexcept { gate_ = nullptr; }

    private:
        friend class connection_gate;
        place(connection_gate& gate, std::string address);

        connection_gate* gate_ = nullptr;
        std::string address_;
    };

    /// `peer` is an address with its port, such as "127.0.0.1:4711"; the port does not count.
    [[nodiscard]] place enter(std::string_view peer);

    /// A nameless place that was left taken.
    [[nodiscard]] place entered() noexcept { return {*this, {}}; }

    [[nodiscard]] std::size_t inside() const;

private:
    void leave(std::string const& address);

    std::size_t const connections_max_;
    std::size_t const connections_per_peer_max_;
    mutable std::mutex mutex_;
    std::size_t inside_ = 0;
    std::unordered_map<std::string, std::size_t> by_address_;  // only with a limit per peer
};

}  // namespace trunkline::server
