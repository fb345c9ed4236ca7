// What is said on the connections of a run.
#pragma once

#include <trunkline/load/line_source.hpp>
#include <trunkline/load/member.hpp>
#include <trunkline/load/tally.hpp>
#include <trunkline/transport/connection.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace trunkline::load {

/// Makes the members of a crowd, and has what they share. Outlives them. Single-threaded: where
/// crowds divide a run, each has one of its own.
class conversation {
public:
    virtual ~conversation() = default;

    /// Told what is wrong; empty where all is well.
    using prepared = std::function<void(std::string const& fault)>;

    /// Before any member is there: makes what they will ask for. `done` is called once, maybe from
    /// inside; a connection has `patience` to open.
    virtual void prepare(line_source& /*lines*/, std::chrono::milliseconds /*patience*/,
                         prepared done) {
        done("");
    }

    /// A member on `link`, the connection of that number, watching it already. `owner` outlives
    /// the member. Where messages are what is said, links are WebSocket connections.
    [[nodiscard]] virtual std::unique_ptr<member> join(
        member_owner& owner, std::size_t number, std::unique_ptr<transport::connection> link) = 0;

    /// Once the run is over: counts what its members have got otherwise than those of `other`, of
    /// the same kind, in the same run.
    virtual void hold_against(conversation const& /*other*/, tally& /*counts*/) const {}
};

}  // namespace trunkline::load
