// A network of names within one program: all that a transport needs beside its links, where these
// have no addresses of their own.
#pragma once

#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/network.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace trunkline::transport {

/// Endpoints "scheme:name". Single-threaded; outlives its listeners and dialers.
class named_network : public network {
public:
    /// Both ends of a new link.
    struct link_ends {
        std::unique_ptr<byte_stream> dialer;    ///< the end of who dialled
        std::unique_ptr<byte_stream> acceptor;  ///< the end of who accepted
    };
    /// Makes a link, or says why it cannot: what the dial then fails with.
    using link_maker = std::function<result<link_ends>()>;

    /// Everything is on the thread of `loop`, which outlives the network. `make` is called in the
    /// course of a dial, from the loop.
    named_network(runtime& loop, std::string scheme, link_maker make);
    ~named_network() override;
    named_network(named_network const&) = delete;
    named_network& operator=(named_network const&) = delete;

    /// Fails with invalid_endpoint, and with address_in_use while another listener has the name.
    [[nodiscard]] result<std::unique_ptr<listener>> listen(runtime&, std::string_view url) override;

    /// Dials fail with invalid_endpoint, connection_refused, or what the maker says.
    [[nodiscard]] std::unique_ptr<dialer> make_dialer(runtime&) override;

private:
    class named_listener;
    class named_dialer;

    [[nodiscard]] result<std::string> name_in(std::string_view url) const;
    [[nodiscard]] result<std::unique_ptr<connection>> connect(std::string_view url);

    runtime& loop_;
    std::string scheme_;
    link_maker make_;
    std::map<std::string, named_listener*, std::less<>> listeners_;
};

}  // namespace trunkline::transport
