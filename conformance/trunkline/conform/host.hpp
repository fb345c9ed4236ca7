// Plays a server for a client that somebody else wrote, and writes down what it says.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/conform/web_talk.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::conform {

/// A frame of calls that a client has sent: its header, and the begin of its payload.
struct guest_frame {
    frame::header head;
    std::string begin;  ///< of the first frame of a stream as much as a message's head has
};

/// What one connection of a client has said. A value.
struct guest_book {
    std::string request;                  ///< for the upgrade; empty where there is none
    bool is_welcome = false;              ///< past the upgrade, where there is one
    std::vector<web_frame> web_frames;    ///< as they came, without the payload of messages
    std::vector<guest_frame> frames;      ///< of kinds and streams as they came
    std::vector<rpc::header> calls;       ///< that came to their end, in that order
    std::vector<rpc::header> answers;     ///< to calls of ours, likewise
    std::vector<std::uint8_t> statuses;   ///< of the answers
    std::string oddity;                   ///< what was no frame and no message; empty: nothing
    std::optional<frame::layout> spoken;  ///< none before the first frame
    std::size_t pings = 0;                ///< that it was sent
    bool was_called = false;              ///< and had to skip what is no call, before that
    bool was_closed = false;              ///< by a Close of ours
    bool has_ended = false;               ///< before it was hung up on
};

/// What a ping carries, by its number from 0.
[[nodiscard]] std::string ping_payload(std::size_t number);
/// The code of the Close that a client is sent.
inline constexpr std::uint16_t farewell_code = 1001;
/// The request id of the call that a client gets, and of the answer that it has not asked for.
inline constexpr std::uint32_t called_id = 0x8000'0001;
inline constexpr std::uint32_t unasked_id = 0x7fff'fff1;

/// Answers each call with "method not found", sends what a client has to bear, and hangs up when
/// told. On the thread of its loop.
class host {
public:
    host(transport::runtime& loop, bool over_websocket);
    ~host();
    host(host const&) = delete;
    host& operator=(host const&) = delete;

    /// A connection below the handshake of the transport.
    void take(std::unique_ptr<transport::connection> link);

    /// Somebody came.
    [[nodiscard]] bool was_visited() const noexcept { return !guests_.empty(); }
    /// All who came are gone.
    [[nodiscard]] bool is_empty() const;
    /// Closes all that are there, in order.
    void close();
    /// What all have said, in the order in which they came.
    [[nodiscard]] std::vector<guest_book> books() const;

private:
    class guest;

    transport::runtime& loop_;
    bool over_websocket_;
    std::vector<std::unique_ptr<guest>> guests_;
};

/// A host behind a door, from its begin to its end. On the loop of its world, whose place says
/// where to listen.
class reception {
public:
    explicit reception(conformance::world& at);

    /// Why nobody can come; no error where somebody can.
    [[nodiscard]] error_code fault() const { return door_ ? error_code() : door_.error(); }
    /// Where it listens.
    [[nodiscard]] std::string url() const;

    /// Waits until all who came are gone, or for `lasts`; then closes what is left, and waits for
    /// the answers to that for `patience`. What all have said.
    [[nodiscard]] std::vector<guest_book> finish(transport::runtime::duration lasts,
                                                 transport::runtime::duration patience);

private:
    conformance::world& at_;
    host host_;
    result<std::unique_ptr<transport::listener>> door_;
};

}  // namespace trunkline::conform
