// A server of which nothing is known but where it listens and which layout it reads: the far side
// of the rules that are decided from outside.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/tls/context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::conform {

/// What a person tells about the server. A value.
struct server_facts {
    std::string url;                                ///< where it listens
    std::optional<tls::context> trust = {};         ///< of tls and wss; none: as the system does
    frame::layout spoken = frame::layout::b;        ///< which header it reads
    std::optional<std::uint64_t> echo_method = {};  ///< answers with its arguments, where known
    std::chrono::milliseconds patience{5000};       ///< for what must happen, in real time
    std::chrono::milliseconds handshake =
        connection_limits{}.handshake_timeout;  ///< what the server lets one take
};

/// One server, for one rule. It is not made and not ended here: only dialled.
class stranger : public conformance::fixture {
public:
    explicit stranger(server_facts about) : about_(std::move(about)) {}

    [[nodiscard]] server_facts const& about() const noexcept { return about_; }
    [[nodiscard]] std::string url() override { return about_.url; }
    /// What raw_dialer() dials to reach it below the handshake of the transport.
    [[nodiscard]] virtual std::string raw_url() const { return about_.url; }

private:
    server_facts about_;
};

/// The far side of a rule from outside.
[[nodiscard]] stranger& stranger_of(conformance::world& at);

/// What transports of this scheme, "ws" or "tcp", have.
[[nodiscard]] conformance::features features_of(std::string_view scheme);

/// For what must happen: waits as long as the far side is given (in virtual time as long as the
/// kit does), returns as soon as it has. Returns done().
[[nodiscard]] bool comes_true(conformance::world& at, std::function<bool()> const& done);
/// Likewise for `span`.
[[nodiscard]] bool comes_true_within(conformance::world& at, transport::runtime::duration span,
                                     std::function<bool()> const& done);

/// A server behind a socket, by the name of its scheme. Fails with invalid_endpoint where nothing
/// that can be dialled is named: "ws", "wss", "tcp", "tls" and "unix" can.
[[nodiscard]] result<conformance::subject> server_at(server_facts about);

}  // namespace trunkline::conform
