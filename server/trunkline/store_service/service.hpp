// The store as an RPC service: nine handlers. What reads is answered before it returns, what writes
// when the backend has done it.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/store_service/backend.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace trunkline::store_service {

/// What one key of a batch_read or one entry of a batch_write takes at most until it is answered,
/// in bytes: views, results, small values, and a place in the outgoing queue.
inline constexpr std::size_t batch_element_cost = 256;

/// Values are sent from where they lie, yet so many bytes of them cost one byte of bookkeeping:
/// every frame has a header and two places in the outgoing queue.
inline constexpr std::size_t answer_bytes_per_cost = 512;

/// Calls that would take more memory than their connection may hold are refused.
inline constexpr std::string_view batch_refusal_text =
    "The batch has more elements than the server has memory for.";
/// Answered when there is no room for the answer.
inline constexpr std::string_view answer_refusal_text =
    "The answer is larger than the server has memory for.";
/// Answered when too much waits.
inline constexpr std::string_view waiting_refusal_text =
    "Too many writes wait for the disk; try again.";

/// Adds the nine methods to `methods`; false when one of them was there already. The handlers share
/// `backend`. They may be called from many threads at once.
[[nodiscard]] bool add_methods(rpc::dispatcher& methods, std::shared_ptr<store_backend> backend,
                               bitcode_limits const& limits = {});

/// The same for a store file; `data` outlives the handlers.
[[nodiscard]] bool add_methods(rpc::dispatcher& methods, store::store& data,
                               bitcode_limits const& limits = {});

}  // namespace trunkline::store_service
