// Byte streams that have nothing more to say: they send their last bytes, end, and are gone within
// linger_timeout, whatever the peer does.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/runtime.hpp>

#include <list>
#include <memory>
#include <vector>

namespace trunkline::websocket {

/// How a stream's own direction ends after its last bytes.
enum class farewell : std::uint8_t {
    end,   ///< at once: the peer sees the end of the stream
    wait,  ///< when the peer has ended its own (or time is up): what a WebSocket client does
};

/// Reading goes on and what comes is discarded: closing a socket with unread bytes would reset it,
/// and the peer could lose our last bytes. Holds at most lingering_max streams; one more is closed
/// at once. Single-threaded; destroying the set closes all of them.
class lingering_set {
public:
    /// `loop` and `scratch` outlive it; the contents of `scratch` are overwritten at any time.
    lingering_set(transport::runtime& loop, mutable_bytes scratch,
                  transport::runtime::duration timeout);
    ~lingering_set();
    lingering_set(lingering_set const&) = delete;
    lingering_set& operator=(lingering_set const&) = delete;

    /// Takes over a stream that nobody watches any more.
    void add(std::unique_ptr<transport::byte_stream> link, std::vector<std::byte> last_bytes,
             farewell how);

    [[nodiscard]] std::size_t size() const noexcept { return streams_.size(); }

private:
    class stream;

    transport::runtime& loop_;
    mutable_bytes scratch_;
    transport::runtime::duration timeout_;
    std::list<stream> streams_;
};

}  // namespace trunkline::websocket
