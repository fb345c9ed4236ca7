// A transport as its author gives it to the kit: one factory, and what it states about itself.
#pragma once

#include <trunkline/transport/network.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/transport/simulated_pipe.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace trunkline::transport {
class asio_runtime;
}

namespace trunkline::conformance {

/// What a rule may do to the links of a transport. Directions are named by who sends.
class faults {
public:
    virtual ~faults() = default;

    /// All links break, as by a reset: what is on its way is lost, both sides see an error.
    virtual void cut() = 0;

    /// Each link breaks as soon as `size` bytes more of what the dialler (else the acceptor) sends
    /// have been read, counted from now, or from its beginning where it is made later.
    virtual void cut_after(bool from_dialler, std::size_t size) = 0;

    /// While it is on, nothing that the dialler (else the acceptor) sends arrives.
    virtual void stall(bool from_dialler, bool on) = 0;

    /// While it is on, writes of the dialler (else the acceptor) take few bytes, or none. Where
    /// links cannot be disturbed so, nothing is done.
    virtual void shorten(bool from_dialler, bool on) {
        static_cast<void>(from_dialler);
        static_cast<void>(on);
    }

    /// Bytes that have been read of what the dialler (else the acceptor) sent, of all links.
    [[nodiscard]] virtual std::uint64_t carried(bool from_dialler) const = 0;
};

/// Who a server is, to clients that look at certificates.
enum class server_guise : std::uint8_t {
    trusted,    ///< whom clients trust, and call by its name
    strange,    ///< with a certificate that nobody they trust vouches for
    expired,    ///< with one that has run out
    misnamed,   ///< with one for another name
    demanding,  ///< trusted, and asks clients who they are
};

/// Who a client is, to a server that asks.
enum class client_guise : std::uint8_t {
    unnamed,  ///< shows nothing
    trusted,  ///< somebody whom demanding servers let in
    strange,  ///< with a certificate that nobody they trust vouches for
};

/// One transport, set up for one rule on one loop. Destroyed before the loop.
class fixture {
public:
    virtual ~fixture() = default;

    /// Listens and dials.
    [[nodiscard]] virtual transport::network& network() = 0;

    /// Where a server can listen; each call gives another one, or one that the system completes,
    /// such as "tcp://127.0.0.1:0".
    [[nodiscard]] virtual std::string url() = 0;

    /// Null where links cannot be disturbed: rules that do so are not applicable then.
    [[nodiscard]] virtual faults* disturb() { return nullptr; }

    /// Dials the same endpoints without the handshake of the transport: its connections move bare
    /// bytes, as any program can send them. Null where nothing lies below connections.
    [[nodiscard]] virtual std::unique_ptr<transport::dialer> raw_dialer() { return nullptr; }

    /// Where whoever dials is taken, and hears nothing, not even a handshake. Empty where nobody
    /// can be so; then rules do with a stall, or with connections that nobody reads.
    [[nodiscard]] virtual std::string silent_url() { return {}; }

    /// Where a listener was that has died, and has left what is left then, such as a socket file.
    /// Empty where nothing is left.
    [[nodiscard]] virtual std::string abandoned_url() { return {}; }

    /// Servers that are started, and clients that are made, are such ones from now on. Where
    /// features::secure is stated; else nothing is done.
    virtual void pose(server_guise, client_guise) {}

    /// The trusted server gets another certificate, with other names, while it runs: who connects
    /// from now on is shown it. Where features::secure is stated; else nothing is done.
    virtual void renew_certificate() {}

    /// Links that are open now, for the check that nothing is left behind; 0 where nobody counts.
    [[nodiscard]] virtual std::size_t links() const { return 0; }
};

/// Where and how a fixture is set up. A value.
struct place {
    transport::runtime& loop;                    ///< all runs on it, on one thread
    transport::asio_runtime* sockets = nullptr;  ///< the same loop, where it has sockets
    transport::delivery_shape shape = transport::delivery_shape::direct;  ///< of simulated links
    std::size_t capacity = 64 * kib;  ///< per direction, in bytes, of links whose buffers are ours
    transport::runtime::duration latency{0};  ///< of simulated links, one way
    std::uint64_t seed = 1;                   ///< of all that is random about the links
};

/// What a transport states beside what its connections declare (transport::capabilities). A value.
struct features {
    bool shapes = true;            ///< `place::shape` is obeyed; else rules run with direct only
    bool virtual_time = true;      ///< runs on a simulated loop; else on sockets and real time only
    bool message_borders = false;  ///< as transport::capabilities
    bool half_close = true;        ///< as transport::capabilities
    bool reset = true;             ///< the peer tells an abort from an end in order
    bool probe = false;            ///< as transport::capabilities
    bool close_reason = false;     ///< as transport::capabilities
    bool identity = false;         ///< byte_stream::credentials() names the process of the peer
    bool secure = false;           ///< TLS
    bool compression = false;      ///< what is sent is compressed
};

/// A transport under test. A value; `make` is called for every run.
struct subject {
    std::string name;  ///< as in names of tests: letters, digits and underscores
    features has;      ///< what rules may ask of it
    std::function<std::unique_ptr<fixture>(place const&)> make;  ///< sets it up for one run
    /// For a driver under test: what is to stand between the loop and all that runs on it. Empty:
    /// nothing does.
    std::function<std::unique_ptr<transport::runtime>(transport::runtime& below)> drive = {};
};

}  // namespace trunkline::conformance
