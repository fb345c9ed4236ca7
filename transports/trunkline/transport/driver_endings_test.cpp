// How connections end, and what their calls and observers hear of it.
#include <trunkline/transport/driver.hpp>

#include <trunkline/flow/limits.hpp>
#include <trunkline/rpc/test_extended_pair.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/loop_commons.hpp>
#include <trunkline/transport/test_driver_fixture.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::transport::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct endings : driver_fixture {};

TEST_F(endings, an_orderly_end_is_a_disconnect) {
    open();
    far_write(calls(2, echo, "x"));
    loop.run_until_idle();
    pipe.first->shutdown_write();
    loop.run_until_idle();
    EXPECT_EQ(near.states, (states{connection_state::connected, connection_state::disconnecting,
                                   connection_state::disconnected}));
    EXPECT_EQ(near.cause, transport_error::closed_by_peer);
}

/// Gives as many pieces as one read can, each a message, and then the end: as a transport does
/// whose peer has closed behind them.
class crowded_link final : public connection {
public:
    crowded_link(std::vector<std::string> messages, bool half_close)
        : messages_(std::move(messages)), half_close_(half_close) {}

    capabilities abilities() const noexcept override {
        return {.message_borders = true, .half_close = half_close_};
    }
    read_result read(mutable_bytes buffer, std::span<in_piece> out) override {
        read_result got;
        for (; got.pieces < out.size() && next_ < messages_.size(); ++next_) {
            bytes_view const bytes = as_bytes(messages_[next_]);
            std::ranges::copy(bytes, buffer.subspan(used_).begin());
            out[got.pieces++] = {buffer.subspan(used_, bytes.size()), true};
            used_ += bytes.size();
            got.wire_bytes += bytes.size();
        }
        got.status = got.pieces > 0 ? io_status::ok : io_status::end;
        return got;
    }
    io_result write(std::span<out_segment const> segments) override {
        io_result taken;
        for (out_segment const& each : segments) {
            taken.size += each.bytes.size();
        }
        return taken;
    }
    void probe() override {}
    void shutdown_write() override {}
    void close(close_code, std::string_view) override {}
    std::optional<close_reason> farewell() const override { return std::nullopt; }
    void abort() override {}
    bool wants_write() const noexcept override { return false; }
    void watch(readiness_sink*, bool, bool) override {}
    void acknowledge_now() override {}
    void hold_back(bool) override {}
    std::string peer() const override { return "crowd"; }
    std::optional<peer_credentials> credentials() const override { return std::nullopt; }
    std::optional<peer_certificate> certificate() const override { return std::nullopt; }
    std::unique_ptr<byte_stream> fold() override { return nullptr; }

private:
    std::vector<std::string> messages_;
    bool half_close_;
    std::size_t next_ = 0;
    std::size_t used_ = 0;
};

TEST_F(endings, what_came_before_an_end_is_taken_though_it_has_to_wait) {
    for (bool const half_close : {false, true}) {
        peer one(loop, rpc::side::acceptor);
        one.settings.session.limits.unanswered_requests_max = 10;
        std::vector<std::string> messages;
        auto const count = static_cast<int>(loop.commons().pieces().size());
        for (int i = 0; i < count; ++i) {
            messages.push_back(calls(1, later, ""));
        }
        one.start(std::make_unique<crowded_link>(std::move(messages), half_close));
        loop.run_until_idle();
        EXPECT_EQ(one.requests, 10);
        for (int turns = 0; turns < count && !one.over(); ++turns) {
            one.answer_later_calls();
            loop.run_until_idle();
        }
        EXPECT_EQ(one.requests, count);
        EXPECT_EQ(one.states.back(), connection_state::disconnected);
        EXPECT_EQ(one.cause, transport_error::closed_by_peer);
    }
}

TEST_F(endings, an_end_within_a_message_is_a_lost_link) {
    std::string const bytes = calls(1, echo, "x");
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        peer one(loop, rpc::side::acceptor);
        auto ends = make_simulated_pipe(loop, {});
        one.start(std::make_unique<stream_connection>(std::move(ends.second)));
        bytes_view const piece = as_bytes(bytes).first(size);
        static_cast<void>(ends.first->write({&piece, 1}));
        ends.first->shutdown_write();
        loop.run_until_idle();
        EXPECT_EQ(one.states.back(), connection_state::error) << size;
        EXPECT_EQ(one.cause, transport_error::link_lost) << size;
        EXPECT_EQ(one.requests, 0) << size;
    }
}

TEST_F(endings, a_peer_that_ends_only_its_direction_gets_its_answers) {
    open();
    far_write(calls(3, later, ""));
    pipe.first->shutdown_write();
    loop.run_until_idle();
    EXPECT_FALSE(near.over());
    near.answer_later_calls();
    loop.run_until_idle();
    far_read();
    EXPECT_EQ(far.answers, 3);
    EXPECT_EQ(far_status, io_status::end);
    EXPECT_EQ(near.states.back(), connection_state::disconnected);
    EXPECT_EQ(near.cause, transport_error::closed_by_peer);
}

TEST_F(endings, an_end_within_a_message_is_a_lost_link_also_where_answers_are_due) {
    open();
    far_write(calls(1, later, ""));
    auto const begun = calls(1, echo, "x");
    far_write(std::string_view(begun).substr(0, begun.size() - 1));
    pipe.first->shutdown_write();
    loop.run_until_idle();
    near.answer_later_calls();
    loop.run_until_idle();
    far_read();
    EXPECT_EQ(far.answers, 1);
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, transport_error::link_lost);
}

TEST_F(endings, a_half_ended_peer_is_not_kept_for_ever) {
    open();
    far_write(calls(1, later, ""));
    pipe.first->shutdown_write();
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    EXPECT_LE(loop.now().time_since_epoch(), seconds(16));
    EXPECT_FALSE(near.kept[0].active());
}

// One that has agreed to the extension can grant no credit any more: what would need some is given
// up, what needs none still goes out.
TEST_F(endings, a_half_ended_peer_is_not_waited_for_where_only_its_credit_could_help) {
    constexpr std::uint64_t much = 11;
    std::optional<rpc::responder> begun;
    ASSERT_TRUE(near.methods.add(much, [&](auto const&, rpc::responder by) {
        std::string const body(flow::first_credit + 1, 'x');
        slice part = text(body);
        by.part({&part, 1});
        begun = std::move(by);
    }));
    near.settings.session.extended = true;
    open({.capacity = 1 * mib});
    rpc::testing::extended_side asking(rpc::side::dialer);
    auto const id = asking.call(much, "");
    auto const other = asking.call(later, "");
    auto const asked = rpc::testing::take_output(asking->output());
    far_write(as_text(asked));
    loop.run_for(milliseconds(1));
    pipe.first->shutdown_write();
    loop.run_for(milliseconds(1));
    ASSERT_TRUE(begun);
    EXPECT_FALSE(begun->active());
    near.answer_later_calls();
    loop.run_for(seconds(1));
    EXPECT_TRUE(near.over());
    std::vector<std::byte> buffer(1 * mib);
    for (io_result got; (got = pipe.first->read(buffer)).status == io_status::ok;) {
        asking.feed(bytes_view(buffer).first(got.size));
    }
    EXPECT_EQ(asking.said,
              (std::vector<std::string>{
                  "fields of " + std::to_string(id), "response begins " + std::to_string(id),
                  "lost " + std::to_string(id) + ": more was sent than there was credit for",
                  "response " + std::to_string(other) + " at last"}));
}

TEST_F(endings, FLT_13_a_checked_frame_that_has_changed_is_an_error_with_its_cause) {
    near.settings.session.resumed =
        rpc::folded_session{.layout = frame::layout::b, .extended = true, .checked = true};
    open();
    far_write(calls(1, echo, "not checked at all"));
    ASSERT_TRUE(loop.run_until([&] { return near.over(); }, seconds(60)));
    EXPECT_EQ(near.requests, 0);
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, rpc::rpc_error::bad_check);
    ASSERT_FALSE(notes.closes.empty());
    EXPECT_EQ(notes.closes.front().first, close_code::protocol_error);
}

TEST_F(endings, a_reset_is_an_error_with_its_cause) {
    open();
    near.call(echo, "pending");
    loop.run_until_idle();
    pipe.control->cut();
    loop.run_until_idle();
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, boost::asio::error::connection_reset);
    EXPECT_EQ(near.outcomes[0]->error, rpc::rpc_error::connection_lost);
}

TEST_F(endings, a_failed_write_ends_the_link_with_its_cause) {
    open();
    far_write(calls(1, echo, ""));
    loop.run_until_idle();
    notes.fail_writes = true;
    near.call(echo, "x");
    loop.run_until_idle();
    EXPECT_EQ(near.states.back(), connection_state::error);
    EXPECT_EQ(near.cause, boost::asio::error::broken_pipe);
    EXPECT_EQ(near.outcomes[0]->times, 1);
}

TEST_F(endings, what_arrived_before_a_failed_write_is_still_read) {
    open({.shape = delivery_shape::coalesced});
    far_write(calls(1, echo, ""));
    loop.run_for(milliseconds(10));
    // The peer has asked, taken its leave and gone, before we write and find nobody.
    far_write(calls(1, later, ""));
    pipe.first->shutdown_write();
    pipe.control->stall(pipe_end::first, true);
    loop.run_for(milliseconds(10));
    notes.fail_writes = true;
    near.call(echo, "x");
    pipe.control->stall(pipe_end::first, false);
    loop.run_until_idle();
    EXPECT_EQ(near.requests, 2);
    EXPECT_TRUE(near.over());
    EXPECT_EQ(near.outcomes[0]->times, 1);
}

TEST_F(endings, the_session_says_with_which_code_the_connection_is_closed) {
    struct row {
        char const* name;
        std::string bytes;
        rpc::rpc_error why;
        close_code code;
    };
    // Stream 1, sequence 0, kinds and sizes as named (frame/FORMAT.md, "Header").
    std::string const too_large("\x01\x00\x00\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00", 13);
    std::string const unknown_kind("\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x63", 13);
    std::string unknown_kinds;
    for (int count = 0; count < 1100; ++count) {
        unknown_kinds += unknown_kind;
    }
    for (row const& wanted :
         {row{"too large", too_large, rpc::rpc_error::frame_too_large, close_code::message_too_big},
          row{"unknown kinds", unknown_kinds, rpc::rpc_error::too_many_protocol_errors,
              close_code::policy_violation}}) {
        noting_connection::notes noted;
        peer one(loop, rpc::side::acceptor);
        one.settings.session.layout = frame::layout::b;
        auto ends = make_simulated_pipe(loop, {});
        one.start(std::make_unique<noting_connection>(
            loop, std::make_unique<stream_connection>(std::move(ends.second)), capabilities{},
            noted));
        // An answer that is due goes out before the close.
        std::string const bytes = calls(1, echo, "first") + wanted.bytes;
        bytes_view const piece = as_bytes(bytes);
        static_cast<void>(ends.first->write({&piece, 1}));
        loop.run_until_idle();
        EXPECT_EQ(one.requests, 1) << wanted.name;
        EXPECT_GT(ends.control->counters(pipe_end::second).write_size, 0U) << wanted.name;
        ASSERT_EQ(noted.closes.size(), 1U) << wanted.name;
        EXPECT_EQ(noted.closes[0].first, wanted.code) << wanted.name;
        EXPECT_FALSE(noted.closes[0].second.empty()) << wanted.name;
        EXPECT_FALSE(noted.destroyed) << wanted.name;
        loop.run_for(seconds(1));
        EXPECT_TRUE(noted.destroyed) << wanted.name;
        EXPECT_EQ(one.states.back(), connection_state::error) << wanted.name;
        EXPECT_EQ(one.cause, wanted.why) << wanted.name;
    }
}

// The link breaks after every single byte that either side sends: every call ends once, the states
// are those of the machine, nothing partial is handed over.
TEST(driver_cut, anywhere_ends_every_call_once) {
    for (pipe_end const from : {pipe_end::first, pipe_end::second}) {
        bool reached_end = false;
        for (std::size_t size = 0; !reached_end; ++size) {
            ASSERT_LT(size, 2000U);
            simulated_runtime loop;
            peer dialer(loop, rpc::side::dialer);
            peer acceptor(loop, rpc::side::acceptor);
            auto pipe = make_simulated_pipe(loop, {});
            pipe.control->cut_after(from, size);
            acceptor.start(std::make_unique<stream_connection>(std::move(pipe.second)));
            dialer.start(std::make_unique<stream_connection>(std::move(pipe.first)));
            for (int number = 0; number < 3; ++number) {
                dialer.call(echo, "call " + std::to_string(number));
            }
            noted_stream answers;
            auto const id = dialer.link().peer().open(parts, {}, answers);
            slice part = text("part");
            static_cast<void>(dialer.link().peer().write(*id, {&part, 1}));
            static_cast<void>(dialer.link().peer().end(*id));
            loop.run_for(seconds(1));
            reached_end = !dialer.over();
            if (reached_end) {
                break;
            }
            for (auto const& outcome : dialer.outcomes) {
                EXPECT_EQ(outcome->times, 1) << size;
                EXPECT_TRUE(outcome->error ? outcome->body.empty()
                                           : outcome->body.starts_with("call "))
                    << size;
            }
            EXPECT_EQ(answers.ends + answers.failures, 1) << size;
            EXPECT_TRUE(acceptor.over()) << size;
            EXPECT_EQ(
                std::count(dialer.states.begin(), dialer.states.end(), connection_state::connected),
                1);
            EXPECT_EQ(dialer.states.size(), 2U) << size;
        }
    }
}

}  // namespace
}  // namespace trunkline::transport::testing
