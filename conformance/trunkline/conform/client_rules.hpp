// The rules of the catalogue that can be decided of a client from outside, by what it has said.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/conform/host.hpp>
#include <trunkline/conformance/rule.hpp>
#include <trunkline/conformance/subject.hpp>
#include <trunkline/tls/context.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conform {

/// In the order of the catalogue. Each wants a world of guests().
[[nodiscard]] std::span<conformance::rule const> client_rules();

/// Where a client is waited for, on sockets: what a reception wants, by the name of its scheme.
/// Fails with invalid_endpoint unless that is "ws", "tcp" or "unix", or with `shown`, a context of
/// a server, "wss" or "tls".
[[nodiscard]] result<conformance::subject> door_at(std::string url,
                                                   std::optional<tls::context> shown = {});

/// What clients have said over this scheme, to be judged.
[[nodiscard]] conformance::subject guests(std::string_view scheme, std::vector<guest_book> books);

}  // namespace trunkline::conform
