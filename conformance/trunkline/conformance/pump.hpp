// Streams that a rule keeps busy: one side writes as fast as it may, the other one reads or waits.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/conformance/messages.hpp>
#include <trunkline/peer/call_context.hpp>
#include <trunkline/peer/stream_handler.hpp>
#include <trunkline/peer/stream_reader.hpp>
#include <trunkline/peer/stream_writer.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// The bytes of the part with this number: parts next to each other differ.
[[nodiscard]] inline blob part_of(std::size_t which, std::size_t size) {
    blob made{std::vector<std::byte>(size)};
    for (std::size_t i = 0; i < size; ++i) {
        made.bytes[i] = static_cast<std::byte>(which * 31 + i * 7 + i / 251);
    }
    return made;
}

/// Writes parts of one size, each as soon as the one before it is on its way, then the end. Drops
/// its writer when it goes. On the thread of the loop.
class pump {
public:
    pump(stream_writer<blob> to, std::size_t part_size, std::size_t parts)
        : state_(std::make_shared<state>(std::move(to), part_size, parts)) {
        go_on(state_);
    }
    pump(pump&&) noexcept = default;
    pump& operator=(pump&&) = delete;
    ~pump() {
        if (state_ != nullptr) {
            state_->dropped = true;
            state_->to = {};
        }
    }

    /// Bytes of the parts that are on their way, or have come.
    [[nodiscard]] std::size_t written_size() const noexcept {
        return state_->written * state_->part_size;
    }
    /// What it writes to.
    [[nodiscard]] stream_writer<blob>& writer() noexcept { return state_->to; }
    /// Everything has been written, or no more can be.
    [[nodiscard]] bool has_ended() const noexcept { return state_->ended; }
    /// Why no more can be; none where everything has been written.
    [[nodiscard]] error_code failure() const noexcept { return state_->failure; }
    /// How often it was told of an end: once at most.
    [[nodiscard]] std::size_t failures() const noexcept { return state_->failures; }

private:
    struct state {
        state(stream_writer<blob> writer, std::size_t size, std::size_t parts)
            : to(std::move(writer)), part_size(size), count(parts) {}

        stream_writer<blob> to;
        std::size_t part_size;
        std::size_t count;
        std::size_t written = 0;
        std::size_t failures = 0;
        bool ended = false;
        bool dropped = false;
        error_code failure;
    };

    static void go_on(std::shared_ptr<state> const& of) {
        if (of->dropped) {
            return;
        }
        if (of->written == of->count) {
            of->ended = true;
            of->to.finish();
            return;
        }
        of->to.async_write(part_of(of->written, of->part_size), [of](call_result<void> wrote) {
            if (wrote) {
                ++of->written;
                go_on(of);
            } else {
                of->ended = true;
                ++of->failures;
                of->failure = wrote.error().error;
            }
        });
    }

    std::shared_ptr<state> state_;
};

/// Reads parts to the end, each as soon as the one before it has been read. Drops its reader when
/// it goes. On the thread of the loop.
class drain {
public:
    explicit drain(stream_reader<blob> from) : state_(std::make_shared<state>(std::move(from))) {
        go_on(state_);
    }
    drain(drain&&) noexcept = default;
    drain& operator=(drain&&) = delete;
    ~drain() {
        if (state_ != nullptr) {
            state_->dropped = true;
            state_->from = {};
        }
    }

    /// Bytes of the parts that have been read.
    [[nodiscard]] std::size_t read_size() const noexcept { return state_->size; }
    /// The end has come, or why there is none.
    [[nodiscard]] bool has_ended() const noexcept { return state_->ended; }
    /// What ended it other than its end.
    [[nodiscard]] error_code failure() const noexcept { return state_->failure; }
    /// Every part was the one that a pump writes there.
    [[nodiscard]] bool is_intact() const noexcept { return state_->intact; }

private:
    struct state {
        explicit state(stream_reader<blob> reader) : from(std::move(reader)) {}

        stream_reader<blob> from;
        std::size_t parts = 0;
        std::size_t size = 0;
        bool intact = true;
        bool ended = false;
        bool dropped = false;
        error_code failure;
    };

    static void go_on(std::shared_ptr<state> const& of) {
        if (of->dropped) {
            return;
        }
        of->from.async_read([of](stream_reader<blob>::outcome next) {
            if (!next || !*next) {
                of->ended = true;
                of->failure = next ? error_code() : next.error().error;
                return;
            }
            auto const& bytes = (**next)->bytes;
            of->intact = of->intact && bytes == part_of(of->parts++, bytes.size()).bytes;
            of->size += bytes.size();
            go_on(of);
        });
    }

    std::shared_ptr<state> state_;
};

/// Uploads that have come in, which nobody reads until the rule does.
struct unread {
    std::vector<stream_reader<blob>> from;
    std::vector<stream_reply<number>> to;
    std::vector<call_context> contexts;

    /// For the method `sizes`; this outlives it.
    [[nodiscard]] auto handler() {
        return
            [this](stream_reader<blob> parts, stream_reply<number> answer, call_context context) {
                from.push_back(std::move(parts));
                to.push_back(std::move(answer));
                contexts.push_back(std::move(context));
            };
    }
};

/// Downloads that have been asked for, written as fast as they may.
struct pumped {
    std::size_t part_size;
    std::vector<pump> all = {};
    std::vector<call_context> contexts = {};

    /// For the method `blobs`; this outlives it.
    [[nodiscard]] auto handler() {
        return [this](received<number> parts, stream_writer<blob> to, call_context context) {
            contexts.push_back(std::move(context));
            all.emplace_back(std::move(to), part_size, parts->value);
        };
    }
};

}  // namespace trunkline::conformance
