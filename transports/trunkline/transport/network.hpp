// A transport as a whole: who listens and who dials, by URL.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/runtime.hpp>

#include <memory>
#include <string_view>

namespace trunkline::transport {

/// What the author of a transport gives to clients and servers (rpc_client::builder::over,
/// rpc_server::builder::over), and to the conformance kit. Outlives its listeners and dialers.
class network {
public:
    virtual ~network() = default;

    /// Listens on `url`, on the thread of `loop`; dials are refused until it is started. Fails with
    /// invalid_endpoint where the URL is none of this network, with address_in_use while somebody
    /// listens there, and with what the system says.
    [[nodiscard]] virtual result<std::unique_ptr<listener>> listen(runtime& loop,
                                                                   std::string_view url) = 0;

    /// A dialer on the thread of `loop`, for any number of dials.
    [[nodiscard]] virtual std::unique_ptr<dialer> make_dialer(runtime& loop) = 0;
};

}  // namespace trunkline::transport
