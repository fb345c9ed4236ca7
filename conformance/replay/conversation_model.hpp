// What a server is to send in a recorded session: the messages that reach it, read and answered by
// models.
#pragma once

#include <replay/exchange.hpp>
#include <replay/recorded_session.hpp>
#include <replay/service_model.hpp>

#include <functional>
#include <memory>
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

/// True when, by our rules, the connection is ended for what its client sent (wire 10).
[[nodiscard]] bool we_end(recorded_session const& session, std::size_t connection);

}  // namespace trunkline::replay
