// A failure as it is answered to a peer.
#pragma once

#include <trunkline/peer/call_failure.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/rpc/header.hpp>

#include <cstddef>
#include <vector>

namespace trunkline::peers {

/// A status that is no success, and the body that goes with it.
struct failure_answer {
    rpc::status code = rpc::status::system_error;
    std::vector<std::byte> body;

    /// refused and unknown_method have a status of their own; any other is status 2 with its text,
    /// or the words of its error where it has none.
    [[nodiscard]] static failure_answer of(call_failure const& why);

    void send(rpc::responder& to) const;
};

}  // namespace trunkline::peers
