// One thread's part of a run of `trunkline bench`.
#pragma once

#include <trunkline/cli/bench_options.hpp>
#include <trunkline/load/chat_talk.hpp>
#include <trunkline/load/crowd.hpp>
#include <trunkline/load/report.hpp>
#include <trunkline/load/socket_lines.hpp>
#include <trunkline/peer/url_dialer.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/websocket/context.hpp>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>

namespace trunkline::cli {

/// A loop with its share of the connections, what they say and what is counted: nothing of it is
/// shared with other lanes but `meeting` and `chat_run`. Single-threaded, but for what says
/// otherwise.
class bench_lane {
public:
    /// All by reference outlive it.
    bench_lane(bench_options const& options, load::share part, load::meeting& with,
               load::chat_run& talk);

    /// Finds the server; what is wrong is told. Returns an exit code.
    [[nodiscard]] int reach();

    /// Lets its loop begin with the run; `on_stage` is called from there. Once, behind reach().
    void begin(std::function<void(load::stage)> on_stage);

    /// Runs its loop to the end of the run, on the calling thread, which may be another one than
    /// before. Others do not wait for a lane that throws.
    void run();

    /// Ends early, in order. From any thread, behind begin().
    void stop();

    /// How far it had come a second ago or later. From any thread.
    [[nodiscard]] load::progress so_far() const noexcept;

    /// Calls `told` once a second from its loop.
    void watch(std::function<void()> told);

    /// Once run() has returned.
    [[nodiscard]] load::tally const& counts() const noexcept { return counts_; }

    /// Counts what its members heard otherwise than those of `first`; both have ended.
    void hold_against(bench_lane const& first, load::tally& counts) const {
        says_->hold_against(*first.says_, counts);
    }

private:
    [[nodiscard]] std::unique_ptr<load::conversation> conversation_of();
    [[nodiscard]] std::unique_ptr<load::conversation> chat();
    int reach_store(bool encrypted);
    int make_trust(websocket::ws_dialer::encryption& encrypt);
    void settle_in();
    void note_progress();

    bench_options const& options_;
    load::share part_;
    load::meeting& with_;
    load::chat_run& talk_;
    transport::asio_runtime loop_;
    websocket::context shared_;
    load::tally counts_;
    std::unique_ptr<peers::url_dialer> dialer_;
    std::unique_ptr<load::line_source> lines_;
    load::socket_lines* sockets_ = nullptr;  // the lines, where they are WebSocket connections
    std::unique_ptr<load::conversation> says_;
    std::unique_ptr<load::crowd> crowd_;
    std::function<void()> told_;
    std::unique_ptr<transport::timer> second_;
    // For other threads, as of the last second.
    std::atomic<std::size_t> open_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> sent_{0};
    std::atomic<std::uint64_t> received_{0};
    std::atomic<std::int64_t> running_us_{0};
};

}  // namespace trunkline::cli
