// What travels inside the WebSocket messages of one connection: numbered requests out, answers in,
// each held against what it has to be.
#pragma once

#include "workload.hpp"

#include <trunkline/websocket/protocol.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::load {

/// Answers that were wrong.
struct faults {
    std::uint64_t count = 0;  ///< how many
    std::string first;        ///< what was wrong with the first one

    /// Counts one.
    void add(std::string_view what) {
        if (count++ == 0) {
            first = what;
        }
    }
};

/// The requests under way on one connection, each in a slot. What breaks the protocol throws
/// std::runtime_error: nothing more can be said about that connection.
class lane {
public:
    virtual ~lane() = default;

    /// Writes the next request of the workload behind `to`, from a free slot.
    virtual void send(std::size_t slot, std::vector<std::byte>& to) = 0;

    /// Takes a piece of a message; adds the slots that it answered to `answered`.
    virtual void take(websocket::event const& piece, std::vector<std::size_t>& answered) = 0;

protected:
    lane() = default;
    lane(lane const&) = default;
    lane& operator=(lane const&) = default;

    /// Writes `request` behind `to`.
    static void append(request_bytes const& request, std::uint32_t id, std::vector<std::byte>& to) {
        std::size_t const begin = to.size();
        to.resize(begin + request.size());
        request.write(id, to.data() + begin);
    }
};

/// Walks through a workload without end.
class turns {
public:
    turns(workload const& through, std::size_t begin) : through_(&through), next_(begin) {}

    [[nodiscard]] exchange const& next() noexcept {
        return (*through_)[next_++ % through_->size()];
    }

private:
    workload const* through_;
    std::size_t next_;
};

}  // namespace trunkline::load
