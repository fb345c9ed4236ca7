// One connection of a played server, from its bytes to its answers, with the flaw of its server.
#pragma once

#include <trunkline/conform/played_server.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace trunkline::conform {

/// What all guests of one server share.
struct household {
    transport::runtime& loop;
    bool over_websocket;
    flaw what;
    std::uint32_t streams = 0;  // begun by the server
    std::size_t guests = 0;     // that ever came
    std::size_t open = 0;       // that are there
    std::size_t broken_handshakes = 0;
    bool is_dead = false;
    bool is_held_up = false;  // nobody is written to
    std::function<void(std::string)> first_says = {};

    [[nodiscard]] bool has(flaw one) const noexcept { return what == one; }
};

/// Somebody who was let in. On the loop of its household.
class played_guest {
public:
    virtual ~played_guest() = default;
};

/// Serves a connection as long as what is given back lives.
[[nodiscard]] std::unique_ptr<played_guest> admit(household& home,
                                                  std::unique_ptr<transport::connection> link);

}  // namespace trunkline::conform
