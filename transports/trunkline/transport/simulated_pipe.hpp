// A connected pair of byte streams without a network: for tests of everything above byte_stream.
#pragma once

#include <trunkline/base/limits.hpp>
#include <trunkline/transport/byte_stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace trunkline::transport {

/// How the bytes of a pipe come out at the other end.
enum class delivery_shape : std::uint8_t {
    direct,        ///< one read gives what one write took
    one_byte,      ///< one read gives one byte
    random_split,  ///< one read gives a random number of bytes
    coalesced,     ///< bytes wait 1 ms for company; one read gives all there is
    delayed,       ///< as direct, each write up to 20 ms late, order kept
    short_writes,  ///< one write takes 1 to 16 bytes, every third one none; reads as coalesced
};

inline constexpr std::array all_delivery_shapes{
    delivery_shape::direct,    delivery_shape::one_byte, delivery_shape::random_split,
    delivery_shape::coalesced, delivery_shape::delayed,  delivery_shape::short_writes};

/// The name of a shape, for messages of tests.
[[nodiscard]] char const* name_of(delivery_shape shape) noexcept;

struct pipe_options {
    delivery_shape shape = delivery_shape::direct;
    std::size_t capacity = 64 * kib;  ///< per direction, in bytes: written and not yet read
    runtime::duration latency{0};     ///< from a write to when it can be read
    std::uint64_t seed = 1;           ///< of random splits and delays
};

/// The two ends of a pipe.
enum class pipe_end : std::uint8_t { first, second };

/// What one end did so far. Calls that moved nothing are not counted as reads or writes.
struct pipe_counters {
    std::uint64_t reads = 0;
    std::uint64_t read_size = 0;
    std::uint64_t writes = 0;
    std::uint64_t write_size = 0;
    std::uint64_t refused_writes = 0;    ///< would_block
    std::uint64_t acknowledgements = 0;  ///< acknowledge_now()
    bool closed = false;                 ///< by this end
};

/// Disturbs a pipe and looks into it. Works as long as it lives, also when the ends are gone.
class pipe_control {
public:
    virtual ~pipe_control() = default;

    /// The link breaks: what is on its way is lost and both ends get connection_reset.
    virtual void cut() = 0;

    /// cut() as soon as the other end has read exactly `size` bytes more of what `from` sends.
    virtual void cut_after(pipe_end from, std::size_t size) = 0;

    /// While stalled nothing that `from` sends arrives, not even its end; it can still fill the
    /// capacity.
    virtual void stall(pipe_end from, bool stalled) = 0;

    /// While it is on, writes of `from` take what they do in the shape short_writes.
    virtual void shorten(pipe_end from, bool on) = 0;

    /// Written by `from` and not yet read, in bytes.
    [[nodiscard]] virtual std::size_t in_flight(pipe_end from) const = 0;

    [[nodiscard]] virtual pipe_counters const& counters(pipe_end of) const = 0;
};

struct simulated_pipe {
    std::unique_ptr<byte_stream> first;
    std::unique_ptr<byte_stream> second;
    std::shared_ptr<pipe_control> control;
};

/// Makes a pipe on `loop`, which outlives both ends and the control. Usually a simulated_runtime:
/// then all of it runs on virtual time and is the same for the same seed; any runtime will do.
/// After a close() the other end reads what was sent, then end; what it writes is lost and breaks
/// its end as a reset does. close(abort) loses what is on its way. What is written while held back
/// arrives as one write.
[[nodiscard]] simulated_pipe make_simulated_pipe(runtime& loop, pipe_options const& options);

}  // namespace trunkline::transport
