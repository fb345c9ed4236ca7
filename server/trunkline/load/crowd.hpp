// The connections of a run on one thread: opened at a rate, kept, made to talk by a schedule,
// ended.
#pragma once

#include <trunkline/load/conversation.hpp>
#include <trunkline/load/line_source.hpp>
#include <trunkline/load/meeting.hpp>
#include <trunkline/load/member.hpp>
#include <trunkline/load/plan.hpp>
#include <trunkline/load/schedule.hpp>
#include <trunkline/load/tally.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::load {

/// How long members have from their Close to the end of their connection.
inline constexpr std::chrono::milliseconds parting_time{1'000};

/// How long members that are connected are waited for until they are let in; some servers never
/// tell.
inline constexpr std::chrono::milliseconds welcome_time{1'000};

/// What a run is at.
enum class stage : std::uint8_t { opening, running, settling, parting, over };

/// Single-threaded. Its steps follow each other by themselves: all connections are opened, no more
/// than `concurrency` of them at one time; once each is let in or has failed, messages are due by
/// the schedule for as long as the run lasts; what has no answer then is waited for as long as
/// patience goes; all are closed. What a server does moves none of these.
///
/// Several crowds, each on a thread of its own, may divide one run: they go from step to step
/// together, and share the clock and the turns of the senders. Between steps they share nothing.
class crowd final : private member_owner {
public:
    /// All by reference outlive it. `of` is the whole run, of which it does `part` together with
    /// the others of `with`; the first of them prepares for all.
    crowd(transport::runtime& loop, plan const& of, line_source& lines, conversation& says,
          tally& counts, share part, meeting& with);

    /// The whole run.
    crowd(transport::runtime& loop, plan const& of, line_source& lines, conversation& says,
          tally& counts);
    ~crowd();
    crowd(crowd const&) = delete;
    crowd& operator=(crowd const&) = delete;

    /// Begins; `told` is called at each further stage, from the loop, `over` the last.
    void start(std::function<void(stage)> told);

    /// Ends early, in order: no further connection is made, no further message is due.
    void stop();

    /// What it is at.
    [[nodiscard]] stage at() const noexcept { return stage_; }

    /// Connections that are open.
    [[nodiscard]] std::size_t open() const noexcept { return open_; }

    /// Connections that are being opened.
    [[nodiscard]] std::size_t opening() const noexcept { return attempts_.size(); }

    /// Since the first message was due; zero before.
    [[nodiscard]] transport::runtime::duration running_for() const noexcept;

private:
    struct attempt;
    using time_point = transport::runtime::time_point;

    void over(std::size_t place, std::string const& cause) override;
    [[nodiscard]] plan const& of() const noexcept override { return plan_; }
    [[nodiscard]] tally& counts() noexcept override { return counts_; }
    [[nodiscard]] time_point due_at(std::size_t place, std::uint64_t message) const override;
    [[nodiscard]] bool goes_on() const noexcept override;

    [[nodiscard]] time_point connect_due(std::size_t number) const;
    void prepared(bool is_well);
    void open_more();
    void open_one(time_point due);
    void opened(std::list<attempt>::iterator which,
                result<std::unique_ptr<transport::connection>> made);
    void look_for_welcomes();
    void wait_for_others();
    void run(agreement const& all);
    void speak();
    [[nodiscard]] std::uint64_t message_of(std::uint64_t own) const noexcept;
    void send_due();
    void count_seconds();
    void settle();
    void look_for_missing();
    void part();
    void finish();
    void go_to(stage next);

    transport::runtime& loop_;
    plan plan_;
    line_source& lines_;
    conversation& says_;
    tally& counts_;
    share part_;
    meeting alone_{1};
    meeting& with_;
    std::function<void(stage)> told_;
    stage stage_ = stage::opening;
    std::list<attempt> attempts_;
    std::size_t begun_ = 0;  // connections
    std::vector<std::unique_ptr<member>> members_;
    std::size_t open_ = 0;
    std::size_t first_place_ = 0;  // of those of all crowds
    std::size_t senders_ = 0;      // the first so many of its own
    schedule schedule_{0, 0};      // of all crowds
    std::uint64_t next_ = 0;       // message of its own senders
    bool is_speaking_ = false;
    bool is_stopped_ = false;
    bool all_is_sent_ = false;  // by whichever crowd
    time_point opening_since_{};
    time_point opened_at_{};  // the last one
    time_point begin_{};
    time_point settling_since_{};
    std::unique_ptr<transport::timer> step_;     // of the stage
    std::unique_ptr<transport::timer> seconds_;  // while running
    std::unique_ptr<transport::timer> end_;      // of the stage
};

}  // namespace trunkline::load
