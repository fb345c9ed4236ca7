// The store as an RPC service: nine handlers, each answered before it returns.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/store_service/backend.hpp>

#include <memory>

namespace trunkline::store_service {

struct service_limits {
    bitcode_limits messages;

    /// Keys of one batch_read, entries of one batch_write; more are refused. Reading costs up to
    /// about 100 bytes per key until the answer has been sent.
    std::size_t batch_elements_max = 64 * kib;
};

/// Adds the nine methods to `methods`; false when one of them was there already. The handlers share
/// `backend`. They may be called from many threads at once.
[[nodiscard]] bool add_methods(rpc::dispatcher& methods, std::shared_ptr<store_backend> backend,
                               service_limits const& limits = {});

/// The same for a store file; `data` outlives the handlers.
[[nodiscard]] bool add_methods(rpc::dispatcher& methods, store::store& data,
                               service_limits const& limits = {});

}  // namespace trunkline::store_service
