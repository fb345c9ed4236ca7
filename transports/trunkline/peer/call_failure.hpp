// How a call ended that has no usable answer.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/peer/call_metadata.hpp>
#include <trunkline/rpc/header.hpp>

#include <boost/assert/source_location.hpp>
#include <boost/config.hpp>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <type_traits>

namespace trunkline {

/// Why a call has no usable answer, beside rpc::rpc_error (not_connected, connection_lost, ...).
enum class call_error {
    refused = 1,       ///< status 1: the handler refuses; its text is the message
    system_failure,    ///< status 2: something around the handler failed, or the handler did
    unknown_method,    ///< status 3: the peer has no such method
    unknown_status,    ///< a status that no published peer knows
    bad_answer,        ///< the body of the answer is not what the method describes
    deadline_passed,   ///< no answer in time; the peer was told that nobody waits any more
    cancelled,         ///< by this side
    would_deadlock,    ///< a blocking call on the thread that would have to bring the answer
    already_reading,   ///< of a stream: somebody waits for its next part already
    stream_ended,      ///< of a write: the call has been answered, or its end has been written
    duplicate_method,  ///< of a builder: a method was given two handlers
    not_coming_back,   ///< of a client that reconnects: it has spent its budget
    would_block_loop,  ///< a blocking call on a thread that runs the connections of others
};

/// Any thread.
[[nodiscard]] error_code make_error_code(call_error error) noexcept;

/// How far a call had come that failed: whether it can have been carried out.
enum class call_progress : std::uint8_t {
    not_sent,        ///< no byte of it has left this side: it may be made again without harm
    maybe_executed,  ///< some have: the peer may have carried it out, or a part of it, or nothing
    answered,        ///< the peer has answered it
};

/// A value.
struct call_failure {
    error_code error;     ///< of call_error, rpc::rpc_error, transport::transport_error, the system
    std::string message;  ///< what the peer said; empty when it said nothing
    call_progress progress = call_progress::maybe_executed;  ///< of a call that this side has made
    /// What came with it, or goes with it as the answer of a handler, where both sides have agreed
    /// to the extension. Above the limits of call_metadata, and behind the first part of a stream,
    /// the failure goes without it.
    call_metadata metadata = {};

    /// Of an answer whose status is not success.
    [[nodiscard]] static call_failure of_status(rpc::status code, bytes_view body);

    /// The same error and message, however far they had come.
    friend bool operator==(call_failure const& a, call_failure const& b) noexcept {
        return a.error == b.error && a.message == b.message;
    }
    /// The text of the error, and behind a colon that of the peer.
    friend std::ostream& operator<<(std::ostream& to, call_failure const& shown);
};

/// What a call gives: a value, or why there is none.
template <class Value>
using call_result = boost::system::result<Value, call_failure>;

/// What value() of a failed call throws: boost::system::system_error with the message.
[[noreturn]] void throw_exception_from_error(call_failure const& failure,
                                             boost::source_location const& where);

}  // namespace trunkline

template <>
struct boost::system::is_error_code_enum<trunkline::call_error> : std::true_type {};
