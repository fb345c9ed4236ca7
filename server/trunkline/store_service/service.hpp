// The store as an RPC service: nine handlers, each answered before it returns.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/store_service/backend.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace trunkline::store_service {

/// What one key of a batch_read or one entry of a batch_write takes at most until it is answered,
/// in bytes: views, results, and a place in the outgoing queue. A batch that would take more than
/// its connection may hold is refused.
inline constexpr std::size_t batch_element_cost = 192;
inline constexpr std::string_view batch_refusal_text =
    "The batch has more elements than the server has memory for.";

/// Adds the nine methods to `methods`; false when one of them was there already. The handlers share
/// `backend`. They may be called from many threads at once.
[[nodiscard]] bool add_methods(rpc::dispatcher& methods, std::shared_ptr<store_backend> backend,
                               bitcode_limits const& limits = {});

/// The same for a store file; `data` outlives the handlers.
[[nodiscard]] bool add_methods(rpc::dispatcher& methods, store::store& data,
                               bitcode_limits const& limits = {});

}  // namespace trunkline::store_service
