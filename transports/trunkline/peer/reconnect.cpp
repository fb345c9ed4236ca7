#include <trunkline/peer/reconnect.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/tls/refusal.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <algorithm>
#include <array>
#include <random>

namespace trunkline::peers {
namespace {

// SplitMix64: seeds that lie together give numbers that do not. From 0 to 1.
double draw(std::uint64_t& state) noexcept {
    std::uint64_t mixed = state += 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<double>((mixed ^ (mixed >> 31U)) >> 11U) * 0x1.0p-53;
}

std::uint64_t seed_of(reconnect_options const& options) {
    if (options.seed) {
        return *options.seed;
    }
    std::random_device source;
    return std::uint64_t{source()} << 32U | source();
}

}  // namespace

reconnect_waits::reconnect_waits(reconnect_options const& options)
    : options_(options), random_(seed_of(options)) {
    options_.growth = std::max(1.0, options_.growth);
    options_.jitter = std::clamp(options_.jitter, 0.0, 1.0);
    reset();
}

void reconnect_waits::reset() noexcept {
    longest_ = 1000.0 * static_cast<double>(options_.first_wait.count());
    tries_ = 0;
}

std::optional<transport::runtime::duration> reconnect_waits::next() {
    if (tries_ >= options_.budget) {
        return std::nullopt;
    }
    ++tries_;
    double const limit = 1000.0 * static_cast<double>(options_.wait_max.count());
    double const longest = std::min(longest_, limit);
    longest_ = std::min(longest_ * options_.growth, limit);
    double const wait = longest * (1 - options_.jitter * draw(random_));
    return transport::runtime::duration(static_cast<transport::runtime::duration::rep>(wait));
}

bool may_reconnect_after(error_code why) noexcept {
    using rpc::rpc_error;
    using transport::transport_error;
    if (why == websocket::upgrade_error::unavailable) {
        return true;
    }
    if (tls::is_refusal(why) ||
        why.default_error_condition() ==
            make_error_code(transport_error::handshake_refused).default_error_condition()) {
        return false;
    }
    static std::array<error_code, 10> const final_ones{
        transport_error::closed,
        transport_error::rejected_by_peer,
        transport_error::protocol_error,
        transport_error::message_too_big,
        transport_error::invalid_endpoint,
        transport_error::path_too_long,
        rpc_error::frame_too_large,
        rpc_error::held_too_much,
        rpc_error::no_layout,
        rpc_error::too_many_protocol_errors,
    };
    return std::ranges::find(final_ones, why) == final_ones.end();
}

}  // namespace trunkline::peers
