// What travels beside a call to a peer that has agreed to the extension.
#pragma once

#include <trunkline/extension/call_fields.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/call_metadata.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/runtime.hpp>

#include <optional>

namespace trunkline::peers {

struct call_terms;

/// The time that the caller has left, its trace and its metadata, which they view.
[[nodiscard]] extension::call_fields fields_of(call_terms const& terms,
                                               transport::runtime::time_point now);

/// A copy of what came.
[[nodiscard]] call_metadata metadata_of(extension::call_fields const& fields);

/// Has it sent with the answer, where the caller has agreed to the extension. False when it is too
/// large.
[[nodiscard]] bool send_metadata(rpc::responder& with, call_metadata const& what);

/// Why a call is given up, as the wire has it.
[[nodiscard]] inline extension::code code_of(error_code why) noexcept {
    return why == call_error::deadline_passed ? extension::code::deadline
                                              : extension::code::cancelled;
}

/// What a caller is told of an error of the session: of a deadline the same, whoever saw first that
/// it had passed.
[[nodiscard]] inline error_code callers_word(error_code error) noexcept {
    return error == rpc::rpc_error::deadline_passed ? make_error_code(call_error::deadline_passed)
                                                    : error;
}

}  // namespace trunkline::peers
