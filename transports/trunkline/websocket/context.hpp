// What all WebSocket connections of one thread share.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/websocket/deflater.hpp>
#include <trunkline/websocket/inflater.hpp>
#include <trunkline/websocket/lingering.hpp>
#include <trunkline/websocket/mask.hpp>
#include <trunkline/websocket/message.hpp>
#include <trunkline/websocket/origin.hpp>
#include <trunkline/websocket/send_batch.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace trunkline::websocket {

struct context_options {
    websocket_limits limits;
    std::chrono::milliseconds handshake_timeout = connection_limits{}.handshake_timeout;
    std::chrono::milliseconds linger_timeout = trunkline::linger_timeout;
    mask_generator masks;  ///< seeded in tests
    /// Offer permessage-deflate to servers and accept the offers of clients. Without it not a byte
    /// of handshakes and messages is different.
    bool deflate = false;
    /// A subprotocol to offer to servers and to choose where clients offer it; empty: none, and
    /// offers are not read. Valid as long as the context.
    std::string_view subprotocol = {};
    /// As upgrade_options::origins, for who accepts.
    std::vector<web_origin> origins = {};
};

struct context_counters {
    std::uint64_t text_messages_ignored = 0;  ///< on RPC connections
    std::uint64_t protocol_errors = 0;        ///< connections that ended with an error of the peer
    std::uint64_t upgrades_accepted = 0;
    std::uint64_t upgrades_refused = 0;  ///< with a status
    std::uint64_t handshakes_lost = 0;   ///< by time or by the peer
};

/// One per runtime and set of limits. Outlives everything that was made on it: connections,
/// acceptors, dialers; its runtime outlives it. Destroying it ends what still lingers. About 110
/// KiB; 550 KiB once messages have been compressed both ways.
class context {
public:
    explicit context(transport::runtime& loop, context_options const& options = {})
        : options_(options),
          loop_(loop),
          masks_(options.masks),
          lingering_(loop, batch_.scratch(), options.linger_timeout) {}
    context(context const&) = delete;
    context& operator=(context const&) = delete;

    [[nodiscard]] transport::runtime& loop() noexcept { return loop_; }
    [[nodiscard]] context_options const& options() const noexcept { return options_; }
    [[nodiscard]] websocket_limits const& limits() const noexcept { return options_.limits; }
    [[nodiscard]] mask_generator& masks() noexcept { return masks_; }
    [[nodiscard]] context_counters& counters() noexcept { return counters_; }

    /// Streams that say their last words; a server that stops may wait for none.
    [[nodiscard]] lingering_set& lingering() noexcept { return lingering_; }

    /// For one write at a time.
    [[nodiscard]] send_batch& batch() noexcept { return batch_; }
    [[nodiscard]] std::span<message_segment> segments() noexcept { return segments_; }

    /// For one write at a time.
    [[nodiscard]] deflater& compressor() noexcept { return compressor_; }

    /// For the next compressed message that comes in; null while one is coming in.
    [[nodiscard]] std::unique_ptr<inflater>& spare_inflater() noexcept { return spare_inflater_; }

private:
    context_options options_;
    transport::runtime& loop_;
    mask_generator masks_;
    context_counters counters_;
    send_batch batch_;
    deflater compressor_;
    std::unique_ptr<inflater> spare_inflater_;
    std::array<message_segment, 512> segments_;
    lingering_set lingering_;
};

}  // namespace trunkline::websocket
