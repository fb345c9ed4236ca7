// Which part of a queue of output is of one kind, such as calls of our own; not for users.
#pragma once

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace trunkline::rpc {

/// The marks on output bound what a peer can make us hold by asking and not reading. Our own calls
/// are not its doing, and two peers that stopped reading because of their own calls would wait for
/// each other for ever: so calls are subtracted. And what it has made us say however full the
/// output was is counted by itself. Counted in runs of up to one chunk and more when a single write
/// is larger; a run counts until its last byte has gone.
class output_share {
public:
    /// Watches `queue`; everything queued while this lives is counted, if `counts`.
    class scope {
    public:
        scope(output_share& share, gather_queue const& queue, bool counts = true) noexcept
            : share_(share),
              queue_(queue),
              counts_(counts),
              owned_(queue.owned_size()),
              borrowed_(queue.borrowed_size()) {}
        ~scope() {
            if (counts_) {
                share_.add(queue_, queue_.owned_size() - owned_,
                           queue_.borrowed_size() - borrowed_);
            }
        }
        scope(scope const&) = delete;
        scope& operator=(scope const&) = delete;

    private:
        output_share& share_;
        gather_queue const& queue_;
        bool counts_;
        std::size_t owned_;
        std::size_t borrowed_;
    };

    /// Queued bytes that are not counted.
    [[nodiscard]] std::size_t owned_besides(gather_queue const& queue) {
        forget_sent(queue);
        return queue.owned_size() - std::min(queue.owned_size(), owned_);
    }
    [[nodiscard]] std::size_t borrowed_besides(gather_queue const& queue) {
        forget_sent(queue);
        return queue.borrowed_size() - std::min(queue.borrowed_size(), borrowed_);
    }

    /// Bytes that are counted and have not gone.
    [[nodiscard]] std::size_t size(gather_queue const& queue) {
        forget_sent(queue);
        return owned_ + borrowed_;
    }

private:
    struct run {
        std::uint64_t end = 0;  // in bytes since the queue was made
        std::size_t owned = 0;
        std::size_t borrowed = 0;
    };

    void add(gather_queue const& queue, std::size_t owned, std::size_t borrowed) {
        std::uint64_t const end = queue.consumed() + queue.size();
        std::size_t const size = owned + borrowed;
        if (size == 0) {
            return;
        }
        bool const joins = !runs_.empty() && runs_.back().end == end - size &&
                           runs_.back().owned + runs_.back().borrowed + size <= chunk_size;
        if (joins) {
            runs_.back().end = end;
            runs_.back().owned += owned;
            runs_.back().borrowed += borrowed;
        } else {
            forget_sent(queue);
            runs_.push_back({end, owned, borrowed});
        }
        owned_ += owned;
        borrowed_ += borrowed;
    }

    void forget_sent(gather_queue const& queue) {
        while (!runs_.empty() && runs_.front().end <= queue.consumed()) {
            owned_ -= runs_.front().owned;
            borrowed_ -= runs_.front().borrowed;
            runs_.pop_front();
        }
    }

    std::deque<run> runs_;  // in the order of the queue
    std::size_t owned_ = 0;
    std::size_t borrowed_ = 0;
};

}  // namespace trunkline::rpc
