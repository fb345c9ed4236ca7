// A small language for tests of the RPC layer: two peers wired back to back, bytes as text.
#pragma once

#include <trunkline/base/assert.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/rpc/error.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::rpc::testing {

using byte_string = std::vector<std::byte>;

inline constexpr std::uint64_t test_now_us = 1'800'000'000'000'000;  // in the year 2027

inline std::uint64_t test_clock(void*) noexcept {
    return test_now_us;
}

inline slice text(std::string_view characters) {
    return {as_bytes(characters), {}};
}

/// Takes whole messages and does nothing with them; for those who care for a few events.
class events_ignored : public session_events {
public:
    delivery on_call(call_id, message_head const&) override { return delivery::whole; }
    void on_request(call_id, message_head const&, bytes_view) override {}
    void on_call_part(call_id, bytes_view) override {}
    void on_call_end(call_id) override {}
    void on_call_cancelled(call_id, error_code) override {}
    void on_response(std::uint32_t, status, bytes_view) override {}
    void on_response_begin(std::uint32_t) override {}
    void on_response_part(std::uint32_t, bytes_view) override {}
    void on_response_end(std::uint32_t) override {}
    void on_call_lost(std::uint32_t, error_code) override {}
};

/// Everything that a queue would send, write by write; the queue is empty afterwards.
inline std::vector<byte_string> take_writes(fair_queue& queue) {
    std::vector<byte_string> writes;
    std::vector<out_segment> segments(64);
    while (queue.may_give()) {
        byte_string bytes;
        std::size_t const count = queue.peek(segments);
        for (std::size_t i = 0; i < count; ++i) {
            bytes.insert(bytes.end(), segments[i].bytes.begin(), segments[i].bytes.end());
        }
        queue.consume(bytes.size());
        writes.push_back(std::move(bytes));
    }
    return writes;
}

inline byte_string take_output(fair_queue& queue) {
    byte_string all;
    for (byte_string const& each : take_writes(queue)) {
        all.insert(all.end(), each.begin(), each.end());
    }
    return all;
}

/// Feeds `bytes` in pieces of `step`, each from a buffer that is gone afterwards.
inline result<std::size_t> feed(session& to, bytes_view bytes,
                                std::size_t step = std::numeric_limits<std::size_t>::max()) {
    std::size_t fed = 0;
    while (fed < bytes.size()) {
        std::size_t const size = std::min(step, bytes.size() - fed);
        byte_string const buffer(bytes.begin() + static_cast<std::ptrdiff_t>(fed),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(fed + size));
        auto const taken = to.receive(buffer, false, test_now_us);
        auto const settled = to.settle();
        if (!taken) {
            return taken.error();
        }
        if (!settled) {
            return settled.error();
        }
        fed += *taken;
        if (*taken < size && !to.wants_input()) {
            break;
        }
    }
    return fed;
}

/// Two endpoints on one wire: `dialer` calls `acceptor` and the other way round.
class two_peers {
public:
    explicit two_peers(frame::layout of = frame::layout::b, session_limits const& limits = {}) {
        session_options options;
        options.local_side = side::dialer;
        options.layout = of;
        options.limits = limits;
        dialer = std::make_unique<endpoint>(options, dialer_methods, test_clock, nullptr);
        options.local_side = side::acceptor;
        options.layout.reset();
        acceptor = std::make_unique<endpoint>(options, acceptor_methods, test_clock, nullptr);
    }

    /// Moves bytes both ways, `step` at a time, until nothing is left to move.
    void run(std::size_t step = std::numeric_limits<std::size_t>::max()) {
        for (bool moved = true; moved;) {
            bool const forth = move(*dialer, *acceptor, forth_, step);
            bool const back = move(*acceptor, *dialer, back_, step);
            moved = forth || back;
        }
    }

    dispatcher dialer_methods;
    dispatcher acceptor_methods;
    std::unique_ptr<endpoint> dialer;
    std::unique_ptr<endpoint> acceptor;

private:
    // What is not taken, because the receiver's output is full, stays on the way.
    static bool move(endpoint& from, endpoint& to, byte_string& on_the_way, std::size_t step) {
        byte_string const sent = take_output(from.protocol().output());
        on_the_way.insert(on_the_way.end(), sent.begin(), sent.end());
        std::size_t const taken = feed(to.protocol(), on_the_way, step).value();
        on_the_way.erase(on_the_way.begin(),
                         on_the_way.begin() + static_cast<std::ptrdiff_t>(taken));
        return !sent.empty() || taken > 0;
    }

    byte_string forth_;
    byte_string back_;
};

/// A response as a test sees it.
struct outcome {
    bool done = false;
    error_code error;
    status code = status::success;
    std::string body;
};

inline response_callback note(outcome& into) {
    return [&into](response const& got) {
        TRUNKLINE_ASSERT(!into.done);
        into = {true, got.error, got.code, std::string(as_text(got.body))};
    };
}

/// A streamed response as a test sees it.
struct noted_stream final : response_stream {
    std::vector<std::string> parts;
    bool ended = false;
    bool failed = false;
    error_code error;
    status code = status::success;
    std::string body;

    void on_part(bytes_view part) override { parts.emplace_back(as_text(part)); }
    void on_end() override { ended = true; }
    void on_failed(error_code why, status with, bytes_view text_of_it) override {
        failed = true;
        error = why;
        code = with;
        body = as_text(text_of_it);
    }
};

}  // namespace trunkline::rpc::testing
