// The bus of a process that is alone: each room has one holder, and it is told at once.
#pragma once

#include <trunkline/rooms/bus.hpp>

namespace trunkline::rooms {

/// For one hall.
class local_bus final : public bus {
public:
    [[nodiscard]] std::unique_ptr<bus_topic> subscribe(std::string_view room,
                                                       bus_subscriber& to) override;
};

}  // namespace trunkline::rooms
