// Endpoints "pipes:name" within one program: each link goes through a child process of its own.
#pragma once

#include "child.hpp"

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/network.hpp>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace pipes {

/// One thread. Ignores SIGPIPE, for the whole program.
class network final : public trunkline::transport::network {
public:
    /// `relay` is the program that children run; `loop` outlives the network, which outlives all
    /// that it makes. Links that are left break with it.
    network(trunkline::transport::asio_runtime& loop, std::string relay);

    /// Fails with invalid_endpoint and address_in_use.
    trunkline::result<std::unique_ptr<trunkline::transport::listener>> listen(
        trunkline::transport::runtime&, std::string_view url) override;
    /// Dials fail with invalid_endpoint, connection_refused, and what the system says.
    std::unique_ptr<trunkline::transport::dialer> make_dialer(
        trunkline::transport::runtime&) override;

    /// Child processes that have not ended.
    [[nodiscard]] std::size_t children() const noexcept { return children_.size(); }

private:
    class pipe_listener;
    class pipe_dialer;
    using link = std::unique_ptr<trunkline::transport::connection>;

    trunkline::result<link> connect(std::string_view url);

    trunkline::transport::asio_runtime& loop_;
    std::string relay_;
    std::map<std::string, pipe_listener*, std::less<>> listeners_;
    std::list<std::unique_ptr<child>> children_;
};

}  // namespace pipes
