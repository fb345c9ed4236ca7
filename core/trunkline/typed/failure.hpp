// The structured error that a handler may answer with, and how any answer that is not a success is
// read (rpc/FORMAT.md, "Status").
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/bitcode/describe.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/rpc/header.hpp>

#include <cstdint>
#include <string>

namespace trunkline::typed {

/// What went wrong, in the numbers of the wire.
enum class failure_code : std::uint8_t {
    fail = 0,       ///< the handler refuses
    system = 1,     ///< something around the handler failed
    not_found = 2,  ///< no such method, or no such thing
};

/// A record of code and text.
struct failure {
    failure_code code = failure_code::fail;  ///< what kind it is
    std::string message;                     ///< UTF-8, for people

    static constexpr auto fields() { return std::tuple(&failure::code, &failure::message); }
    bool operator==(failure const&) const = default;
};

/// The status that goes with a code: always the next number.
[[nodiscard]] constexpr rpc::status status_of(failure_code code) noexcept {
    return static_cast<rpc::status>(static_cast<std::uint8_t>(code) + 1);
}

/// Answers with a structured error. Published clients show its text for no status; use
/// rpc::responder::system_error where they are to show one.
void answer_failure(rpc::responder& call, failure what);

/// Reads the body of an answer whose status is not success: a structured error of the same status
/// where it is one, else plain text. Bytes that are no UTF-8 give an empty text.
[[nodiscard]] failure read_failure(rpc::status code, bytes_view body);

}  // namespace trunkline::typed

/// How the wire writes failure_code.
template <>
struct trunkline::bitcode::description<trunkline::typed::failure_code> {
    static constexpr std::size_t variants = 3;  ///< numbers from 0
};
