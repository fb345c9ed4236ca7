// The inside of a driver, shared by its source files; not for users.
#pragma once

#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/sweeper.hpp>
#include <trunkline/transport/turn_queue.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::transport {

/// Output written for one connection in one turn; the rest waits for the next, so that a fast
/// reader of large answers does not keep the others waiting.
inline constexpr std::size_t output_per_turn_max = 1 * mib;

class driver::implementation final : public readiness_sink, public swept, public turn_work {
public:
    implementation(runtime& loop, std::unique_ptr<connection> link, rpc::dispatcher const& methods,
                   options const& settings, observer on_state);
    virtual ~implementation() = default;

    // driver.cpp: life
    void start();
    void resume(folded_driver const& from);
    [[nodiscard]] std::optional<folded> fold();
    void abandon();
    [[nodiscard]] rpc::endpoint& peer() noexcept { return endpoint_; }
    [[nodiscard]] connection_state state() const noexcept { return state_; }
    [[nodiscard]] std::string peer_name() const;
    [[nodiscard]] std::optional<peer_credentials> credentials() const;
    [[nodiscard]] std::optional<peer_certificate> certificate() const;
    [[nodiscard]] runtime::time_point last_heard() const noexcept { return last_heard_; }
    [[nodiscard]] runtime::time_point now() const noexcept { return loop_.now(); }

    // driver_endings.cpp
    void drain(close_code code, std::string_view reason);
    void close(close_code code, std::string_view reason);
    [[nodiscard]] std::optional<close_reason> farewell() const;

    void on_ready(bool readable, bool writable) override;
    void on_turn() override;
    void on_sweep(runtime::time_point now) override;

private:
    enum class phase : std::uint8_t {
        idle,      // not started
        open,      // all directions work
        draining,  // what is received is answered; the connection closes with the last answer
        closing,   // the session is gone; the connection is on its way to its end
        over,
    };

    // How the connection ends, once that is decided.
    struct ending {
        close_code code = close_code::normal;
        std::string reason;
        connection_state state = connection_state::disconnected;
        error_code why;
        runtime::time_point deadline;     // then it is given up
        runtime::time_point heard_by{};   // draining: until then our events wait for the layout
        runtime::time_point probed_at{};  // draining: our last probe, or the begin
        std::unique_ptr<timer> clock{};   // where a tick of the sweeper is too coarse
        bool link_closed = false;         // link_->close() has been called
        bool at_once = false;             // draining: for nothing but those events
    };

    // Every way into the driver: keeps the object until the outermost call has returned, also when
    // a callback destroys the driver.
    class visit {
    public:
        explicit visit(implementation& self) noexcept : self_(self) { ++self.depth_; }
        visit(visit const&) = delete;
        visit& operator=(visit const&) = delete;
        ~visit() {
            if (--self_.depth_ == 0 && self_.abandoned_) {
                delete &self_;
            }
        }

    private:
        implementation& self_;
    };

    // driver.cpp: life
    void report(connection_state state, error_code why);
    void finish(connection_state state, error_code why);
    void finish_as_decided() { finish(ending_->state, ending_->why); }
    [[nodiscard]] bool must_speak() const;
    [[nodiscard]] bool probe_due(runtime::time_point now) const;
    void probe(runtime::time_point now);
    void plan_sweep(runtime::time_point when);
    [[nodiscard]] runtime::time_point give_up_at() const;
    [[nodiscard]] runtime::time_point next_sweep(runtime::time_point now) const;

    // driver_endings.cpp
    void say_farewell(ending const& how);
    void begin_closing(ending how);
    void peer_ended();
    void link_failed(error_code why);
    void session_failed(error_code why);
    void note_answers_due();
    [[nodiscard]] bool answers_all() noexcept;
    [[nodiscard]] bool awaits_layout() const;
    void hear_first(ending how);
    [[nodiscard]] runtime::time_point look_by(ending& how, runtime::time_point when);
    void check_drained();
    [[nodiscard]] runtime::time_point quiet_at() const;
    [[nodiscard]] runtime::time_point hold_until() const;
    [[nodiscard]] bool holds_answers() noexcept;

    // driver_input.cpp
    void run_turn(bool readable);
    void read_input();
    [[nodiscard]] bool read_batch(std::size_t& budget);
    void feed(std::span<in_piece const> pieces);
    void feed_one(bytes_view bytes, bool ends_message);
    void feed_parked();
    void park(bytes_view bytes);
    void drop_input();
    void settle();
    [[nodiscard]] bool begins_more();
    [[nodiscard]] bool takes_input() noexcept;
    [[nodiscard]] bool may_read() noexcept;
    void update_watch();

    // driver_output.cpp
    void flush();
    void flush_control();
    void write_blocked();
    void write_failed(error_code why);
    void pump_closing();

    runtime& loop_;
    std::unique_ptr<connection> link_;
    capabilities abilities_;
    connection_limits limits_;
    observer on_state_;
    rpc::endpoint endpoint_;
    std::unique_ptr<ending> ending_;
    std::unique_ptr<close_reason> said_;  // by the peer, once the link has gone
    std::vector<std::byte> parked_;       // read, but not yet taken by the session
    error_code end_why_;                  // what the end of the link says, where it says anything
    error_code write_error_;  // the link takes nothing more; what it still gives is read
    runtime::time_point last_heard_;
    runtime::time_point drain_began_;
    std::optional<runtime::time_point> stalled_since_;  // writing without progress
    runtime::time_point sweep_at_;
    unsigned depth_ = 0;
    std::uint32_t probes_sent_ = 0;  // since last_heard_
    connection_state state_ = connection_state::connecting;
    phase phase_ = phase::idle;
    bool keep_alive_;
    bool abandoned_ = false;
    bool in_turn_ = false;
    bool read_soon_ = false;    // the next turn reads without being told
    bool last_read_ = false;    // draining, and the link has not been found empty since
    bool owed_answer_ = false;  // draining, and the peer gets or got an answer meanwhile
    bool read_ended_ = false;   // the link will give nothing more
    bool end_waits_ = false;    // its end is seen once what is parked has been taken
    bool blocked_ = false;      // the link is full, or had its share of this turn
    bool was_reading_ = false;
    bool read_interest_ = false;
    bool write_interest_ = false;
};

}  // namespace trunkline::transport
