// Reassembly as plainly as it can be said: every frame whole, every stream a map. For tests and
// fuzzing.
#pragma once

#include <trunkline/frame/reassembly.hpp>
#include <trunkline/frame/testing.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

namespace trunkline::frame::testing {

/// What became of one frame, or which held frame is now delivered.
struct seen {
    arrival what = arrival::kept;
    whole_frame frame;

    friend bool operator==(seen const&, seen const&) = default;
};

inline std::ostream& operator<<(std::ostream& to, seen const& each) {
    return to << "arrival " << int(each.what) << " " << each.frame;
}

class reassembly_model {
public:
    explicit reassembly_model(reassembly_limits const& limits) : limits_(limits) {}

    std::vector<seen> feed(whole_frame const& frame) {
        if (frame.kind_byte > kind_max) {
            return {{arrival::unknown_kind, frame}};
        }
        if (frame.kind_byte == 3) {
            forget(frame.stream_id);
            return {{arrival::cancelled, frame}};
        }
        if (!streams_.contains(frame.stream_id) && !admit(frame)) {
            return {{frame.sequence == 0 ? arrival::no_room : arrival::dropped, frame}};
        }
        stream& of = streams_[frame.stream_id];
        bool const is_end = frame.kind_byte == 2;
        if (of.dropped) {
            if (is_end) {
                forget(frame.stream_id);
            }
            return {{arrival::dropped, frame}};
        }
        if (frame.sequence < of.next || (of.end && frame.sequence > *of.end) ||
            of.ahead.contains(frame.sequence)) {
            return {{arrival::duplicate, frame}};
        }
        if (frame.sequence > of.next && too_far_ahead(of, frame)) {
            drop(frame.stream_id);
            return {{arrival::gap, frame}};
        }
        of.ahead[frame.sequence] = frame;
        if (is_end) {
            of.end = frame.sequence;
            of.ahead.erase(of.ahead.upper_bound(frame.sequence), of.ahead.end());
        }
        return deliver(frame);
    }

    /// As reassembly::discard.
    void discard(std::uint32_t stream_id) {
        if (streams_.contains(stream_id)) {
            if (streams_[stream_id].end) {
                forget(stream_id);
            } else {
                streams_[stream_id].dropped = true;
                streams_[stream_id].ahead.clear();
            }
        }
    }

    [[nodiscard]] std::size_t streams() const { return streams_.size(); }

private:
    struct stream {
        std::uint64_t next = 0;
        std::optional<std::uint32_t> end;
        bool dropped = false;
        std::map<std::uint64_t, whole_frame> ahead;
    };

    bool admit(whole_frame const& frame) {
        bool const first = frame.sequence == 0;
        if (first && streams_.size() >= limits_.streams_max) {
            forget_oldest_unbegun();
        }
        if (streams_.size() >= limits_.streams_max) {
            return false;
        }
        if (!first) {
            if (unbegun_.size() >= limits_.unbegun_streams_max) {
                forget_oldest_unbegun();
            }
            unbegun_.push_back(frame.stream_id);
        }
        return true;
    }

    bool too_far_ahead(stream const& of, whole_frame const& frame) const {
        std::size_t bytes = frame.payload.size();
        for (auto const& [sequence, held] : of.ahead) {
            bytes += held.payload.size();
        }
        return of.ahead.size() + 1 > limits_.frames_ahead_max || bytes > limits_.bytes_ahead_max;
    }

    std::vector<seen> deliver(whole_frame const& frame) {
        stream& of = streams_[frame.stream_id];
        if (frame.sequence != of.next) {
            return {{arrival::kept, frame}};
        }
        std::erase(unbegun_, frame.stream_id);
        std::vector<seen> given;
        while (of.ahead.contains(of.next)) {
            whole_frame const next = of.ahead[of.next];
            of.ahead.erase(of.next++);
            given.push_back({arrival::piece, next});
            if (next.kind_byte == 2) {
                forget(frame.stream_id);
                break;
            }
        }
        return given;
    }

    // After a gap: nothing is kept of a stream that never began.
    void drop(std::uint32_t stream_id) {
        if (streams_[stream_id].next == 0) {
            forget(stream_id);
        } else {
            discard(stream_id);
        }
    }

    void forget(std::uint32_t stream_id) {
        std::erase(unbegun_, stream_id);
        streams_.erase(stream_id);
    }

    void forget_oldest_unbegun() {
        if (!unbegun_.empty()) {
            forget(unbegun_.front());
        }
    }

    reassembly_limits limits_;
    std::map<std::uint32_t, stream> streams_;
    std::vector<std::uint32_t> unbegun_;
};

/// Gives whole frames to a reassembly as fragments of `step` payload bytes and says what became of
/// each frame.
class fragment_feeder {
public:
    explicit fragment_feeder(reassembly& to) : to_(to) {}

    std::vector<seen> feed(whole_frame const& frame, std::size_t step) {
        std::vector<seen> given;
        bytes_view const payload = as_bytes(frame.payload);
        header const head{static_cast<std::uint32_t>(payload.size()), frame.stream_id,
                          frame.sequence, frame.kind_byte, 0};
        std::optional<arrival> first;
        std::string delivered;
        std::size_t at = 0;
        do {
            std::size_t const size = std::min(step, payload.size() - at);
            fragment const part{head, payload.subspan(at, size), at == 0,
                                at + size == payload.size()};
            at += size;
            arrived const what = to_.place(part).value();
            delivered += as_text(what.part.bytes);
            if (!first || *first == arrival::kept) {
                first = what.what;
            }
        } while (at < payload.size());
        given.push_back(
            {*first, *first == arrival::piece
                         ? whole_frame{frame.stream_id, frame.sequence, frame.kind_byte, delivered}
                         : frame});
        while (auto const held = to_.next_held()) {
            header const& of = held->part.head;
            given.push_back({held->what,
                             {of.stream_id, of.sequence, of.kind_byte,
                              std::string(as_text(held->part.bytes))}});
        }
        return given;
    }

private:
    reassembly& to_;
};

}  // namespace trunkline::frame::testing
