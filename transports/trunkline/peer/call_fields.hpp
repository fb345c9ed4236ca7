// What travels beside a call to a peer that has agreed to the extension.
#pragma once

#include <trunkline/extension/call_fields.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/peer/call_failure.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/runtime.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace trunkline::peers {

/// The time that the caller has left; empty: any.
[[nodiscard]] inline extension::call_fields fields_of(
    std::optional<transport::runtime::duration> left) {
    extension::call_fields made;
    if (left) {
        auto const us = std::chrono::ceil<std::chrono::microseconds>(*left).count();
        made.timeout_us = us > 0 ? static_cast<std::uint64_t>(us) : 0;
    }
    return made;
}

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
