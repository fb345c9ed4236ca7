// Replays of a recorded connection with us in the place of one of its two programs.
#pragma once

#include <replay/exchange.hpp>
#include <replay/recorded_session.hpp>
#include <replay/served_connection.hpp>
#include <trunkline/rpc/dispatcher.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::replay {

/// How a call ended for its caller. `request_id` is the recorded one.
struct returned_call {
    std::uint32_t request_id = 0;
    std::uint8_t status = 0;
    byte_string body;

    auto operator<=>(returned_call const&) const = default;
};

struct replay_outcome {
    std::vector<sent_message> answers;    ///< what we answered
    std::vector<sent_message> calls;      ///< what we called, with the recorded request ids
    std::vector<returned_call> returned;  ///< how our calls ended
    std::vector<returned_call> lost;      ///< calls without an answer
    error_code ended;                     ///< why we ended the connection, if we did
};

/// We are the server: takes what the clients sent, makes the calls that the server made. One
/// outcome per connection.
[[nodiscard]] std::vector<replay_outcome> replay_as_server(recorded_session const& session,
                                                           rpc::dispatcher const& methods,
                                                           feed_shape shape);

/// Gives who stands in our place on one connection.
using stand_in_maker = std::function<std::unique_ptr<stand_in>()>;

/// The same with somebody else in our place than an endpoint alone.
[[nodiscard]] std::vector<replay_outcome> replay_as_server(recorded_session const& session,
                                                           stand_in_maker const& make);

/// We are the clients: makes the calls that they made, takes what the server sent. Calls of
/// `streamed_method` are made in parts. One outcome per connection.
[[nodiscard]] std::vector<replay_outcome> replay_as_client(recorded_session const& session,
                                                           rpc::dispatcher const& methods,
                                                           std::uint64_t streamed_method,
                                                           feed_shape shape);

/// The messages of one direction as they were recorded, of the types given.
[[nodiscard]] std::vector<sent_message> recorded_messages(recorded_session const& session,
                                                          std::size_t connection, direction toward,
                                                          std::uint8_t type);

}  // namespace trunkline::replay
