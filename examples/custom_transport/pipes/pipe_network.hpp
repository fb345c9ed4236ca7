// Endpoints "pipes:name" within one program: each link goes through a child process of its own.
#pragma once

#include "child.hpp"

#include <trunkline/transport/named_network.hpp>

#include <list>
#include <memory>
#include <string>

namespace pipes {

/// One thread. Ignores SIGPIPE, for the whole program.
class network final : public trunkline::transport::named_network {
public:
    /// `relay` is the program that children run; `loop` outlives the network. Links that are left
    /// break with it.
    network(trunkline::transport::asio_runtime& loop, std::string relay);

    /// Child processes that have not ended.
    [[nodiscard]] std::size_t children() const noexcept { return children_.size(); }

private:
    trunkline::result<link_ends> make_link();

    trunkline::transport::asio_runtime& loop_;
    std::string relay_;
    std::list<std::unique_ptr<child>> children_;
};

}  // namespace pipes
