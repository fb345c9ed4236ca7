#include <trunkline/serving/connection_gate.hpp>

#include <utility>

namespace trunkline::server {

connection_gate::connection_gate(std::size_t connections_max, std::size_t connections_per_peer_max)
    : connections_max_(connections_max), connections_per_peer_max_(connections_per_peer_max) {}

connection_gate::place connection_gate::enter(std::string_view peer) {
    std::lock_guard const lock(mutex_);
    if (connections_max_ != 0 && inside_ >= connections_max_) {
        return {};
    }
    std::string address;
    if (connections_per_peer_max_ != 0) {
        address = peer.substr(0, peer.rfind(':'));
        std::size_t& count = by_address_[address];
        if (count >= connections_per_peer_max_) {
            return {};
        }
        ++count;
    }
    ++inside_;
    return {*this, std::move(address)};
}

void connection_gate::leave(std::string const& address) {
    std::lock_guard const lock(mutex_);
    --inside_;
    if (connections_per_peer_max_ != 0 && --by_address_[address] == 0) {
        by_address_.erase(address);
    }
}

std::size_t connection_gate::inside() const {
    std::lock_guard const lock(mutex_);
    return inside_;
}

connection_gate::place::place(connection_gate& gate, std::string address)
    : gate_(&gate), address_(std::move(address)) {}

connection_gate::place::place(place&& other) noexcept
    : gate_(std::exchange(other.gate_, nullptr)), address_(std::move(other.address_)) {}

connection_gate::place& connection_gate::place::operator=(place&& other) noexcept {
    place taken(std::move(other));
    std::swap(gate_, taken.gate_);
    std::swap(address_, taken.address_);
    return *this;
}

connection_gate::place::~place() {
    if (gate_ != nullptr) {
        gate_->leave(address_);
    }
}

}  // namespace trunkline::server
