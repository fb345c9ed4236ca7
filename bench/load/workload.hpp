// Requests, and what answers each of them.
#pragma once

#include "request_bytes.hpp"
#include "settings.hpp"

#include <trunkline/base/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trunkline::load {

/// One request and its answer.
struct exchange {
    request_bytes request;          ///< as it travels
    std::uint64_t method_id = 0;    ///< of a call
    std::vector<std::byte> answer;  ///< the body, or the echoed message
    bool any_tail = false;          ///< the body tells where the file ends, whatever that is
};

/// The requests of a run; each connection sends them in turns.
using workload = std::vector<exchange>;

/// What `of` asks for.
[[nodiscard]] workload make_workload(settings const& of);

/// What has to be written before that can be answered; empty where nothing has.
[[nodiscard]] workload make_preparation(settings const& of);

}  // namespace trunkline::load
