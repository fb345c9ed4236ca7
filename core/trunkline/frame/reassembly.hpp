// Puts the frames of every stream of one connection back into sequence, within limits (FORMAT.md,
// "Reassembly").
#pragma once

#include <trunkline/base/heap_cost.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/frames_ahead.hpp>
#include <trunkline/frame/id_table.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>

namespace trunkline::frame {

/// What became of a fragment.
enum class arrival : std::uint8_t {
    piece,         ///< payload of the next frame of its stream
    cancelled,     ///< a Cancel frame: the stream is forgotten
    gap,           ///< out-of-order frames above their limit: the stream is dropped
    no_room,       ///< a piece of the first frame of a stream for which there is no room
    duplicate,     ///< a frame that was there before, or lies past the End: refused
    unknown_kind,  ///< a frame that was skipped by its length
    kept,          ///< held until the frames before it come
    dropped,       ///< belongs to a dropped stream
};

/// A number that the owner attaches to a stream.
using stream_tag = std::uint32_t;
inline constexpr stream_tag no_tag = std::numeric_limits<stream_tag>::max();

struct arrived {
    arrival what = arrival::kept;
    fragment part;           ///< piece, no_room: as in fragment
    bool from_input = true;  ///< false: the bytes were held here and are valid until the next call
    stream_tag tag = no_tag;
};

struct reassembly_limits {
    std::size_t streams_max = session_limits{}.open_streams_max;
    std::size_t frames_ahead_max = session_limits{}.out_of_order_frames_max;  ///< per stream
    std::size_t bytes_ahead_max = session_limits{}.out_of_order_size_max;     ///< per stream
    std::size_t unbegun_streams_max = session_limits{}.unbegun_streams_max;
};

/// One sequence window per stream id. Kinds play no role in ordering but for End, which ends the
/// sequence, and Cancel, which is acted on at once. An ended or cancelled stream leaves nothing
/// behind; its id may be used again.
class reassembly {
public:
    explicit reassembly(reassembly_limits const& limits = {}) : limits_(limits) {}

    /// Takes the next fragment, as the decoder gives them. Fails with out_of_memory.
    [[nodiscard]] result<arrived> place(fragment const& part);

    /// The next frame that was held and is now in sequence; ask until empty after each place().
    /// The bytes are valid until the next call.
    [[nodiscard]] std::optional<arrived> next_held();

    /// Attaches `tag` to a stream that has begun and not ended.
    void set_tag(std::uint32_t stream_id, stream_tag tag) noexcept;

    /// Drops what is held of a stream and whatever still comes, up to its End or Cancel.
    void discard(std::uint32_t stream_id);

    [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }

    /// Memory of held frames and of the tables themselves, in bytes, as the allocator counts.
    [[nodiscard]] std::size_t held_size() const noexcept {
        return held_ + streams_.size() * id_table<std::uint32_t, stream>::entry_size() +
               unbegun_.size() * unbegun_cost;
    }

private:
    static constexpr std::uint64_t no_end = std::numeric_limits<std::uint64_t>::max();

    struct stream {
        std::uint64_t next = 0;
        std::uint64_t end = no_end;  // sequence number of the End frame, once it has come
        stream_tag tag = no_tag;
        bool begun = false;         // a frame with sequence number 0 has come
        bool discarded = false;     // everything up to End or Cancel is dropped
        std::uint64_t arrival = 0;  // in unbegun_, while it has not begun
        std::unique_ptr<frames_ahead> ahead;
    };

    // Stream ids by order of arrival.
    using arrivals = std::map<std::uint64_t, std::uint32_t>;
    static constexpr std::size_t unbegun_cost =
        heap_cost(4 * sizeof(void*) + sizeof(arrivals::value_type));

    // What is done with the fragments of the frame that is arriving; only one can be.
    enum class course : std::uint8_t { deliver, hold, drop, no_room, duplicate, gap };

    course choose(header const& head, stream_tag& tag);
    course choose_ahead(stream& of, header const& head);
    stream* find_or_make(header const& head, bool& no_room);
    bool hold(fragment const& part);
    void note_end(stream& of, std::uint32_t sequence);
    void forget(std::uint32_t stream_id);
    void forget_oldest_unbegun();
    void release_ahead(stream& of) noexcept;
    [[nodiscard]] static std::size_t held_by(stream const& of) noexcept;
    arrived cancelled(fragment const& part);
    arrived delivered(fragment const& part);

    reassembly_limits limits_;
    id_table<std::uint32_t, stream> streams_;
    arrivals unbegun_;
    std::uint64_t next_arrival_ = 0;
    std::size_t held_ = 0;  // the sum of held_by() over all streams
    course current_ = course::drop;
    std::optional<std::uint32_t> draining_;  // a stream whose held frames may now be in sequence
    held_frame given_;                       // the last one from next_held()
};

}  // namespace trunkline::frame
