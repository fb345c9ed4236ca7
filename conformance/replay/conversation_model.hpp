// What a server is to send in a recorded session: the messages that reach it, read and answered by
// models.
#pragma once

#include <replay/exchange.hpp>
#include <replay/recorded_session.hpp>
#include <replay/service_model.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace trunkline::replay {

/// Makes a fresh service with the rules given.
using service_maker = std::function<std::unique_ptr<service_model>(rule_set)>;

/// Predicts, for each connection of the session, the answers of the published server and ours.
/// `published_rules`: those of our rules that the published server of this session kept as well.
[[nodiscard]] std::vector<prediction> predict(recorded_session const& session,
                                              rule_set published_rules, service_maker const& make);

/// As predict(), for a session with a published store server: alignment and rules follow from its
/// release (store 2).
[[nodiscard]] std::vector<prediction> predict_store(recorded_session const& session);

/// The alignment of the entries that the published server wrote.
[[nodiscard]] std::uint32_t alignment_of(recorded_session const& session);

/// The code with which, by our rules, the connection is closed for the RPC bytes that its client
/// sent (wire 4.4, 10); nothing when they may pass.
[[nodiscard]] std::optional<std::uint16_t> rpc_close_code(recorded_session const& session,
                                                          std::size_t connection);

}  // namespace trunkline::replay
