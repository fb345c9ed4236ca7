// The transports of Trunkline over sockets of the system, in real time.
#pragma once

#include <trunkline/conformance/subject.hpp>

#include <vector>

namespace trunkline::conformance {

/// "tcp:", "unix:", "ws:", "tls:" and "wss:" on loopback addresses and in a scratch folder.
[[nodiscard]] std::vector<subject> socket_subjects();

}  // namespace trunkline::conformance
