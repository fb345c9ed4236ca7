// Plays a server for a client that somebody else wrote, and writes down what it says.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/conform/web_frame.hpp>
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

/// An answer of a client to a call of ours. A value.
struct guest_answer {
    rpc::header head;
    rpc::status status = rpc::status::success;
};

/// What one connection of a client has said. A value.
struct guest_book {
    std::string request;                  ///< for the upgrade; empty where there is none
    bool is_welcome = false;              ///< past the upgrade, where there is one
    std::vector<web_frame> web_frames;    ///< as they came, without the payload of messages
    std::vector<frame::header> frames;    ///< of calls, as they came
    std::vector<rpc::header> calls;       ///< that came to their end, in that order
    std::vector<guest_answer> answers;    ///< likewise
    std::string oddity;                   ///< what was no frame and no message; empty: nothing
    std::optional<frame::layout> spoken;  ///< none before the first frame
    std::size_t pings = 0;                ///< that it was sent
    bool was_called = false;              ///< and had to skip what is no call, before that
    bool was_closed = false;              ///< by a Close of ours
    bool has_ended = false;               ///< before it was hung up on, or cut at the limit
};

/// What a host keeps of all that is said to it: about as many bytes as were said, and more where
/// they are small frames. Where it is spent, who says more is cut, and nobody else is taken.
class memory_budget {
public:
    explicit memory_budget(std::size_t size_max) noexcept : left_(size_max) {}

    /// False, then and ever after, when no such amount is left.
    bool spend(std::size_t size) noexcept {
        left_ = size <= left_ ? left_ - size : 0;
        return left_ != 0;
    }
    [[nodiscard]] bool is_spent() const noexcept { return left_ == 0; }

private:
    std::size_t left_;
};

/// The default of what a host keeps, in bytes.
inline constexpr std::size_t kept_size_default = 64 * mib;

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
    /// Keeps `kept_size_max` bytes.
    host(transport::runtime& loop, bool over_websocket,
         std::size_t kept_size_max = kept_size_default);
    ~host();
    host(host const&) = delete;
    host& operator=(host const&) = delete;

    /// A connection below the handshake of the transport.
    void take(std::unique_ptr<transport::connection> link);

    /// Somebody came.
    [[nodiscard]] bool was_visited() const noexcept { return !guests_.empty(); }
    /// All who came are gone.
    [[nodiscard]] bool is_empty() const;
    /// So much was said that the rest is not read.
    [[nodiscard]] bool is_full() const noexcept { return budget_.is_spent(); }
    /// Closes all that are there, in order.
    void close();
    /// What all have said, in the order in which they came.
    [[nodiscard]] std::vector<guest_book> books() const;

private:
    class guest;

    transport::runtime& loop_;
    bool over_websocket_;
    memory_budget budget_;
    std::vector<std::unique_ptr<guest>> guests_;
};

/// A host behind a door, from its begin to its end. On the loop of its world, whose place says
/// where to listen.
class reception {
public:
    /// `kept_size_max`: of its host.
    explicit reception(conformance::world& at, std::size_t kept_size_max = kept_size_default);

    /// Why nobody can come; no error where somebody can.
    [[nodiscard]] error_code fault() const { return door_ ? error_code() : door_.error(); }
    /// Where it listens.
    [[nodiscard]] std::string url() const;

    /// Waits until all who came are gone, or for `lasts`; then closes what is left, and waits for
    /// the answers to that for `patience`. What all have said, as far as it was kept.
    [[nodiscard]] std::vector<guest_book> finish(transport::runtime::duration lasts,
                                                 transport::runtime::duration patience);
    /// So much was said that the rest was not read.
    [[nodiscard]] bool is_full() const noexcept { return host_.is_full(); }

private:
    conformance::world& at_;
    host host_;
    result<std::unique_ptr<transport::listener>> door_;
};

}  // namespace trunkline::conform
