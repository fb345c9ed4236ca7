// A request as it travels, made once and sent often: masked WebSocket frames in which only the ids
// change.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/websocket/mask.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace trunkline::load {

/// How the frames of a call travel.
struct travel {
    frame::layout layout = frame::layout::b;  ///< of their headers
    bool joined = false;                      ///< all in one WebSocket message, not one each
};

/// The bytes of one request. Immutable once made.
class request_bytes {
public:
    /// A call with these encoded arguments, cut as published senders cut it.
    [[nodiscard]] static request_bytes call(std::uint64_t method_id, bytes_view arguments,
                                            travel how, websocket::mask_generator& masks);

    /// A binary message.
    [[nodiscard]] static request_bytes message(bytes_view payload,
                                               websocket::mask_generator& masks);

    /// Bytes on the wire.
    [[nodiscard]] std::size_t size() const noexcept { return wire_.size(); }

    /// Writes size() bytes with `id` as the number of stream and request, where there are such.
    void write(std::uint32_t id, std::byte* to) const noexcept;

private:
    struct place {
        std::size_t offset;
        websocket::mask_key mask;  // from there on
    };

    void add_message(bytes_view payload, std::vector<std::size_t> const& ids,
                     websocket::mask_generator& masks);

    std::vector<std::byte> wire_;
    std::vector<place> ids_;
};

}  // namespace trunkline::load
