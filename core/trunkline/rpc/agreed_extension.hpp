// What a session keeps of the extension, once both sides have agreed to it; not for users.
#pragma once

#include <trunkline/extension/call_fields.hpp>
#include <trunkline/extension/kinds.hpp>
#include <trunkline/flow/receive_window.hpp>
#include <trunkline/frame/id_table.hpp>
#include <trunkline/rpc/session.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace trunkline::rpc {

/// A header frame: its fields view its bytes.
struct received_fields {
    std::uint32_t stream_id = 0;
    std::vector<std::byte> bytes;
    extension::call_fields fields;
    extension::fields_fault fault = extension::fields_fault::none;

    [[nodiscard]] std::size_t cost() const noexcept {
        return sizeof(received_fields) + bytes.capacity() +
               fields.metadata.capacity() * sizeof(extension::metadata_entry);
    }
};

/// What the peer may still send on one of its streams.
struct open_window {
    std::uint32_t stream_id = 0;
    flow::receive_window window;
};

/// Which message one of our streams under credit carries.
struct credited_stream {
    bool is_call = false;  ///< of ours; else the answer to one of the peer
    std::uint32_t request_id = 0;
    call_id call{};
};

struct agreed_extension {
    // Of frames that come
    std::vector<std::byte> frame;  ///< the payload of one that came in pieces, so far
    bool skipping = false;         ///< the frame that arrives is too large
    std::vector<std::unique_ptr<received_fields>> headers;  ///< their streams have not begun
    std::size_t headers_cost = 0;

    // Credit
    flow::path path;
    std::size_t waiting_size = 0;  ///< bytes of our streams that wait for credit
    frame::id_table<std::uint32_t, open_window> windows;       ///< by stream of the peer
    frame::id_table<std::uint32_t, credited_stream> credited;  ///< by stream of ours
    bool measuring = false;  ///< a ping that measures the path is on its way

    frame::id_table<std::uint32_t, call_id> calls;  ///< of the peer, by request id

    bool leaves = false;       ///< we take no more calls
    bool closes = false;       ///< and have said why the connection ends
    bool peer_leaves = false;  ///< it takes no more calls
};

}  // namespace trunkline::rpc
