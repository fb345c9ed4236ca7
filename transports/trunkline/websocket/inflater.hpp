// What a peer has compressed, made whole again in bounded pieces: permessage-deflate without
// context takeover (RFC 7692 section 7.2.2).
#pragma once

#include <trunkline/base/bytes.hpp>

#include <cstdint>
#include <memory>

namespace trunkline::websocket {

/// How far one step of inflating came.
enum class inflate_state : std::uint8_t {
    more,       ///< the input is used up
    full,       ///< the room is used up; there may be more to give without further input
    complete,   ///< the message is over, and all of it given
    malformed,  ///< not DEFLATE, or cut off; what came before it was given
};

/// One message at a time, in about 40 KiB of memory, whatever the message grows to.
/// Single-threaded; never fails except for want of memory (which ends the process).
class inflater {
public:
    inflater();
    ~inflater();
    inflater(inflater const&) = delete;
    inflater& operator=(inflater const&) = delete;

    /// Forgets everything that was fed.
    void begin_message() noexcept;

    /// Takes bytes from the front of `input` and fills `room` from its front; what is left of both
    /// is told. `last`: the message's payload ends with `input`. After complete and malformed only
    /// begin_message() may be called.
    [[nodiscard]] inflate_state feed(bytes_view& input, mutable_bytes& room, bool last) noexcept;

private:
    struct stream;

    std::unique_ptr<stream> stream_;
};

/// What a thread lends to whoever receives: room for what is inflated, used from its front, and the
/// inflater that no message needs at the moment.
struct inflation {
    mutable_bytes room;
    std::unique_ptr<inflater>* spare = nullptr;
};

}  // namespace trunkline::websocket
