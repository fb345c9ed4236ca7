// Where the connections of a run come from.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/socket_dialer.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace trunkline::load {

/// Makes connections to the one server of a run, all of one transport. Single-threaded.
class line_source {
public:
    using opened = std::function<void(result<std::unique_ptr<transport::connection>>)>;

    virtual ~line_source() = default;

    /// Begins the connection of that number, counted from 0. `done` is called once, on the thread
    /// of the loop, never from inside open(); it may destroy what is given back. Destroying that
    /// cancels. There is no deadline: the caller has one.
    [[nodiscard]] virtual std::unique_ptr<transport::pending_connection> open(std::size_t number,
                                                                              opened done) = 0;
};

}  // namespace trunkline::load
