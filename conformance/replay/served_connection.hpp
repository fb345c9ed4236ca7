// Our own code in the place of one side of a recorded connection: recorded bytes in, our bytes out.
#pragma once

#include <replay/values.hpp>
#include <trunkline/rpc/endpoint.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

namespace trunkline::replay {

/// How bytes are cut on their way in. Answers must not depend on it.
enum class feed_shape : std::uint8_t {
    as_recorded,   ///< message by message, borders kept
    byte_by_byte,  ///< one byte at a time; borders kept
    uneven,        ///< pieces of changing size across borders, as a byte stream brings them
    coalesced,     ///< all at once, as a byte stream brings them
};

inline constexpr std::array all_feed_shapes{feed_shape::as_recorded, feed_shape::byte_by_byte,
                                            feed_shape::uneven, feed_shape::coalesced};

[[nodiscard]] std::string_view name_of(feed_shape shape) noexcept;

/// Whether message borders survive.
[[nodiscard]] constexpr bool keeps_borders(feed_shape shape) noexcept {
    return shape == feed_shape::as_recorded || shape == feed_shape::byte_by_byte;
}

/// Single use: feed, flush, read sent(), end().
class stand_in {
public:
    explicit stand_in(feed_shape shape) noexcept : shape_(shape) {}
    virtual ~stand_in() = default;
    stand_in(stand_in const&) = delete;
    stand_in& operator=(stand_in const&) = delete;

    /// One recorded message. May be kept until flush(), as the shape wants it.
    void feed(bytes_view message);

    /// Delivers what has been kept back.
    void flush();

    /// For calls of our side.
    [[nodiscard]] virtual rpc::endpoint& peer() = 0;

    /// Everything sent so far.
    [[nodiscard]] virtual byte_string const& sent() = 0;

    /// Set once what was received has ended the connection.
    [[nodiscard]] virtual error_code ended() const noexcept = 0;

    /// The link ends: calls that wait are lost.
    virtual void end() = 0;

protected:
    virtual void deliver(bytes_view bytes, bool ends_message) = 0;

private:
    feed_shape shape_;
    byte_string kept_;
    std::size_t pieces_ = 0;
};

/// An endpoint alone.
class served_connection final : public stand_in {
public:
    served_connection(rpc::dispatcher const& methods, rpc::session_options const& options,
                      feed_shape shape);

    [[nodiscard]] rpc::endpoint& peer() override { return peer_; }
    [[nodiscard]] byte_string const& sent() override;
    [[nodiscard]] error_code ended() const noexcept override { return ended_; }
    void end() override;

    /// Messages that did not hold exactly one frame (wire 3.1); must stay 0.
    [[nodiscard]] std::size_t border_faults() const noexcept { return border_faults_; }

private:
    void deliver(bytes_view bytes, bool ends_message) override;
    void drain();

    rpc::endpoint peer_;
    byte_string sent_;
    std::size_t message_left_ = 0;  // bytes of the outgoing frame that is under way
    std::size_t border_faults_ = 0;
    error_code ended_;
};

}  // namespace trunkline::replay
