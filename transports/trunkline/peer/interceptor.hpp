// What sees every call of a client or server on its way in and out: to refuse, count, measure, log.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/peer.hpp>
#include <trunkline/rpc/header.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>

namespace trunkline {

/// Who calls whom.
enum class call_direction : std::uint8_t {
    incoming,  ///< the peer calls us
    outgoing,  ///< we call the peer
};

/// Of which kind the method is.
enum class call_kind : std::uint8_t {
    unary,   ///< one request, one answer
    event,   ///< a message that nobody answers
    stream,  ///< in parts, one way or both
};

/// One call. A value; copies may be kept.
struct call_record {
    call_direction direction = call_direction::incoming;  ///< seen from this side
    call_kind kind = call_kind::unary;                    ///< of the method
    peer other;                                           ///< its id() is that of the connection
    std::uint64_t method_id = 0;                          ///< as the wire has it
    std::string_view method;                              ///< empty where only the number is known
    std::uint32_t request_id = 0;  ///< of an outgoing call not before it is sent; of an event 0
    std::size_t request_size = 0;  ///< in bytes; of a stream what has come or gone so far

    // At the end:
    std::size_t response_size = 0;         ///< in bytes, that of a failure, too
    std::optional<rpc::status> status;     ///< of the answer; empty when there is none
    std::optional<call_failure> failure;   ///< why the caller got no usable answer
    std::chrono::microseconds duration{};  ///< in the time of the connection's loop

    /// One line of names and values, without a line's end: what text has that is no letter, digit
    /// or one of -_.:[] stands in quotes, escaped.
    friend std::ostream& operator<<(std::ostream& to, call_record const& shown);
};

/// Several of them stand around a call in the order in which they were given: before() from the
/// first to the last, after() back again. Called on the thread of the connection, of several
/// connections at the same time. What one throws refuses the call, or is lost.
class interceptor {
public:
    virtual ~interceptor() = default;

    /// Empty, and the call goes on; else it ends here with this failure: neither the handler, or
    /// the peer, nor those that come behind hear of it, and after() is called for those before.
    /// An event that is refused is dropped.
    virtual std::optional<call_failure> before(call_record const&) { return std::nullopt; }

    /// The end of a call that before() has let pass.
    virtual void after(call_record const&) {}
};

/// Hands every call to `sink` at its end: a span for a log or for tracing. The sink is called as
/// interceptor::after().
[[nodiscard]] std::shared_ptr<interceptor> log_calls(std::function<void(call_record const&)> sink);

}  // namespace trunkline
