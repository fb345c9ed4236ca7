// Endpoints "ring:/path": who listens there is found by a Unix socket at that path.
#pragma once

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/network.hpp>

namespace ring {

/// For programs that run on an asio_runtime. One thread.
class network final : public trunkline::transport::network {
public:
    /// `loop` outlives it; all its listeners and dialers are on it.
    explicit network(trunkline::transport::asio_runtime& loop) : loop_(loop) {}

    trunkline::result<std::unique_ptr<trunkline::transport::listener>> listen(
        trunkline::transport::runtime&, std::string_view url) override;
    std::unique_ptr<trunkline::transport::dialer> make_dialer(
        trunkline::transport::runtime&) override;

private:
    trunkline::transport::asio_runtime& loop_;
};

}  // namespace ring
