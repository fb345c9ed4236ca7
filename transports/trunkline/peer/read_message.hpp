// A message of a peer's, or why it is none.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/peer/received.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace trunkline::peers {

/// Fails with bad_answer and the words of the bitcode_error.
template <class Message>
[[nodiscard]] call_result<received<Message>> read_message(bytes_view body) {
    return received<Message>::template read_as<call_result<received<Message>>>(
        body, {},
        [](error_code why) { return call_failure{call_error::bad_answer, why.message()}; });
}

/// The same of bytes that are given away.
template <class Message>
[[nodiscard]] call_result<received<Message>> read_message(std::vector<std::byte> bytes) {
    auto decoded = received<Message>::taken(std::move(bytes));
    if (!decoded) {
        return call_failure{call_error::bad_answer, decoded.error().message()};
    }
    return std::move(*decoded);
}

}  // namespace trunkline::peers
