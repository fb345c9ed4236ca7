// A session whose events, answers and output are written down as text: for tests and fuzzing, which
// compare what is said to a peer in different circumstances.
#pragma once

#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/testing.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::rpc::testing {

// Methods, as session_log answers them.
inline constexpr std::uint64_t echo = 0;    // whole, answered at once with success
inline constexpr std::uint64_t never = 1;   // in parts, never answered in parts
inline constexpr std::uint64_t talk = 3;    // in parts, answered part by part
inline constexpr std::uint64_t late = 4;    // whole, answered when the session stops reading
inline constexpr std::uint64_t unary = 16;  // whole, answered at once with status 1

/// Answers calls by the lowest bits of their method id: whole or in parts, at once, when the
/// session stops reading, or never.
class session_log final : private session_events {
public:
    explicit session_log(session_options const& options)
        : options_(options), session_(std::make_unique<rpc::session>(options, events())) {}

    [[nodiscard]] rpc::session& session() noexcept { return *session_; }

    /// Another session goes on in place of this one, where that may be.
    bool fold() {
        auto const folded = session_->fold();
        if (folded) {
            session_options resuming = options_;
            resuming.resumed = folded;
            session_ = std::make_unique<rpc::session>(resuming, events());
        }
        return folded.has_value();
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

    /// Makes one call of each form, so that responses have something to answer.
    void ask() {
        slice argument = testing::text("question");
        (void)session_->call(1, {&argument, 1}, delivery::whole, test_now_us);
        argument = testing::text("question");
        (void)session_->call(2, {&argument, 1}, delivery::parts, test_now_us);
        (void)session_->begin_call(3, {}, delivery::parts, test_now_us);
    }

    /// Feeds bytes and, whenever the session stops reading, drains its output and gives the
    /// answers it waits for.
    void feed(bytes_view bytes) {
        // In a block of its own that is gone when settle() has been called.
        byte_string const buffer(bytes.begin(), bytes.end());
        bytes_view rest = buffer;
        while (!rest.empty() && !failed_) {
            auto const taken = session_->receive(rest, false, test_now_us);
            if (!taken) {
                fail(taken.error());
                return;
            }
            rest = rest.subspan(*taken);
            if (!rest.empty()) {
                say("paused");
                answer_late_calls();
                drain();
            }
        }
        if (auto const settled = session_->settle(); !settled) {
            fail(settled.error());
        }
    }

    void disconnect() {
        drain();
        session_->disconnect(rpc_error::connection_lost);
    }

    /// Everything so far, one line each.
    [[nodiscard]] std::string const& text() const noexcept { return text_; }

    [[nodiscard]] std::vector<std::string> lines() const {
        std::vector<std::string> found;
        for (std::size_t at = 0; at < text_.size();) {
            std::size_t const end = text_.find('\n', at);
            found.push_back(text_.substr(at, end - at));
            at = end + 1;
        }
        return found;
    }

    void drain() {
        for (byte_string const& write : take_writes(session_->output())) {
            say("sent " + std::string(as_text(write)));
        }
    }

private:
    session_events& events() noexcept { return *this; }

    void say(std::string const& line) { text_ += line + '\n'; }

    void fail(error_code why) {
        say("failed: " + why.message());
        failed_ = true;
    }

    void answer_late_calls() {
        for (call_id const id : std::exchange(late_, {})) {
            slice body = testing::text("late");
            session_->answer(id, status::success, {&body, 1}, test_now_us);
        }
    }

    static std::string to_text(call_id id) {
        return std::to_string(static_cast<std::uint64_t>(id));
    }

    static std::string to_text(message_head const& head) {
        return "type " + std::to_string(static_cast<int>(head.type)) + " request " +
               std::to_string(head.request_id) + " method " + std::to_string(head.method_id) +
               " metadata " + std::string(as_text(head.metadata));
    }

    delivery on_call(call_id id, message_head const& head) override {
        say("call " + to_text(id) + " " + to_text(head));
        bool const in_parts = (head.method_id & 1) != 0;
        if (in_parts && (head.method_id & 2) != 0) {
            session_->begin_answer(id, test_now_us);
        }
        return in_parts ? delivery::parts : delivery::whole;
    }

    void on_request(call_id id, message_head const& head, bytes_view arguments) override {
        say("request " + to_text(id) + " " + to_text(head) + " arguments " +
            std::string(as_text(arguments)));
        if ((head.method_id & 4) != 0) {
            late_.push_back(id);
            return;
        }
        slice body{arguments, {}};
        session_->answer(id, static_cast<status>(head.method_id >> 4 & 3), {&body, 1}, test_now_us);
    }

    void on_call_part(call_id id, bytes_view part) override {
        say("part of " + to_text(id) + " " + std::string(as_text(part)));
        slice body{part, {}};
        session_->write_answer(id, {&body, 1}, test_now_us);
    }

    void on_call_end(call_id id) override {
        say("end of " + to_text(id));
        session_->end_answer(id, test_now_us);
        slice body = testing::text("done");
        session_->answer(id, status::failed, {&body, 1}, test_now_us);
    }

    void on_call_cancelled(call_id id, error_code why) override {
        say("cancelled " + to_text(id) + " " + why.message());
    }

    void on_response(std::uint32_t request_id, status code, bytes_view body) override {
        say("response " + std::to_string(request_id) + " status " +
            std::to_string(static_cast<int>(code)) + " " + std::string(as_text(body)));
    }

    void on_response_begin(std::uint32_t request_id) override {
        say("response begins " + std::to_string(request_id));
    }

    void on_response_part(std::uint32_t request_id, bytes_view part) override {
        say("response part " + std::to_string(request_id) + " " + std::string(as_text(part)));
        if (as_text(part) == "stop") {
            session_->cancel_call(request_id, test_now_us);
        }
    }

    void on_response_end(std::uint32_t request_id) override {
        say("response ends " + std::to_string(request_id));
    }

    void on_call_lost(std::uint32_t request_id, error_code why) override {
        say("lost " + std::to_string(request_id) + " " + why.message());
    }

    std::string text_;
    std::vector<call_id> late_;
    bool failed_ = false;
    session_options options_;
    std::unique_ptr<rpc::session> session_;
};

}  // namespace trunkline::rpc::testing
