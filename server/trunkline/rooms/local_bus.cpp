#include <trunkline/rooms/local_bus.hpp>

#include <utility>

namespace trunkline::rooms {
namespace {

class topic final : public bus_topic {
public:
    explicit topic(bus_subscriber& to) noexcept : to_(to) {}

    void publish(message_draft said) override { to_.on_said(std::move(said)); }

private:
    bus_subscriber& to_;
};

}  // namespace

std::unique_ptr<bus_topic> local_bus::subscribe(std::string_view /*room*/, bus_subscriber& to) {
    return std::make_unique<topic>(to);
}

}  // namespace trunkline::rooms
