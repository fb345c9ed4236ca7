// Two sessions that have agreed to the extension, joined by bytes; for tests.
#pragma once

#include <trunkline/rpc/session.hpp>
#include <trunkline/rpc/testing.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::rpc::testing {

// Methods, as extended_side takes them.
inline constexpr std::uint64_t whole = 2;
inline constexpr std::uint64_t parts = 3;

/// One of the two, with what it was told in words. Takes every call and every answer in parts when
/// its method is odd; answers nothing by itself.
class extended_side final : private session_events {
public:
    explicit extended_side(side which, session_options options = {}) {
        options.local_side = which;
        options.extended = true;
        session_ = std::make_unique<rpc::session>(options, events());
    }
    [[nodiscard]] rpc::session& operator*() noexcept { return *session_; }
    [[nodiscard]] rpc::session* operator->() noexcept { return session_.get(); }

    /// Takes all of `bytes`; what is not taken is a failure of the test.
    void feed(bytes_view bytes) {
        byte_string const buffer(bytes.begin(), bytes.end());
        bytes_view rest = buffer;
        while (!rest.empty()) {
            auto const taken = session_->receive(rest, false, test_now_us);
            if (!taken) {
                failed = taken.error();
                return;
            }
            rest = rest.subspan(*taken);
            if (*taken == 0) {
                parked.assign(rest.begin(), rest.end());
                break;
            }
        }
        ASSERT_TRUE(session_->settle());
    }

    /// A call in parts, or of an even method a whole one.
    std::uint32_t open(std::uint64_t method, extension::call_fields const* fields = nullptr) {
        return session_->begin_call(method, {}, wanted(method), test_now_us, fields).value();
    }
    std::uint32_t call(std::uint64_t method, std::string_view arguments,
                       extension::call_fields const* fields = nullptr) {
        slice body = testing::text(arguments);
        return session_->call(method, {&body, 1}, wanted(method), test_now_us, fields).value();
    }
    void write(std::uint32_t request, std::string_view part) {
        slice body = testing::text(part);
        ASSERT_TRUE(session_->write_call(request, {&body, 1}, test_now_us));
    }
    void write_answer(call_id id, std::string_view part) {
        slice body = testing::text(part);
        session_->write_answer(id, {&body, 1}, test_now_us);
    }
    void answer(call_id id, std::string_view text, extension::call_fields const* fields = nullptr) {
        slice body = testing::text(text);
        session_->answer(id, status::success, {&body, 1}, test_now_us, fields);
    }

    /// The last call that came.
    [[nodiscard]] call_id last_call() const { return last_call_; }

    std::vector<std::string> said;               ///< everything but parts
    std::map<std::uint64_t, std::string> parts;  ///< by method of a call, or request id of ours
    std::vector<call_id> calls;                  ///< all that came
    bool keeps = false;                          ///< parts are kept for a reader
    error_code failed;                           ///< of the session
    byte_string parked;                          ///< what the session did not take

private:
    session_events& events() noexcept { return *this; }

    static delivery wanted(std::uint64_t method) {
        return method % 2 == 1 ? delivery::parts : delivery::whole;
    }

    static std::string text_of(extension::call_fields const* fields) {
        std::string text;
        if (fields == nullptr) {
            return text;
        }
        if (fields->timeout_us) {
            text += " timeout " + std::to_string(*fields->timeout_us);
        }
        if (fields->trace) {
            text += " trace " + std::to_string(int{fields->trace->flags});
        }
        for (auto const& each : fields->metadata) {
            text += " " + std::string(each.key) + "=" + std::string(as_text(each.value));
        }
        return text;
    }

    delivery on_call(call_id id, message_head const& head) override {
        last_call_ = id;
        calls.push_back(id);
        methods_[id] = head.method_id;
        said.push_back("call " + std::to_string(head.method_id) + text_of(head.fields));
        return wanted(head.method_id);
    }
    void on_request(call_id id, message_head const& head, bytes_view arguments) override {
        said.push_back("request " + std::to_string(methods_[id]) + " " +
                       std::string(as_text(arguments)) + text_of(head.fields));
    }
    void on_call_part(call_id id, bytes_view part) override {
        parts[methods_[id]] += as_text(part);
        if (keeps) {
            session_->hold(id, part.size());
        }
    }
    void on_call_end(call_id id) override {
        said.push_back("end of " + std::to_string(methods_[id]));
    }
    void on_call_cancelled(call_id id, error_code why) override {
        said.push_back("cancelled " + std::to_string(methods_[id]) + ": " + why.message());
    }
    void on_response(std::uint32_t request_id, status, bytes_view body) override {
        said.push_back("response " + std::to_string(request_id) + " " + std::string(as_text(body)));
    }
    void on_response_begin(std::uint32_t request_id) override {
        said.push_back("response begins " + std::to_string(request_id));
    }
    void on_response_part(std::uint32_t request_id, bytes_view part) override {
        parts[request_id] += as_text(part);
        if (keeps) {
            session_->hold(request_id, part.size());
        }
    }
    void on_response_end(std::uint32_t request_id) override {
        said.push_back("response ends " + std::to_string(request_id));
    }
    void on_call_lost(std::uint32_t request_id, error_code why) override {
        said.push_back("lost " + std::to_string(request_id) + ": " + why.message());
    }
    void on_response_fields(std::uint32_t request_id,
                            extension::call_fields const& fields) override {
        said.push_back("fields of " + std::to_string(request_id) + text_of(&fields));
    }
    void on_call_room(std::uint32_t request_id) override {
        said.push_back("room for " + std::to_string(request_id));
    }
    void on_answer_room(call_id id) override {
        said.push_back("room for the answer to " + std::to_string(methods_[id]));
    }
    void on_pong(bytes_view payload) override {
        said.push_back("pong " + std::string(as_text(payload)));
    }
    void on_go_away(extension::code why, std::string_view text) override {
        said.push_back("go away " + std::to_string(static_cast<int>(why)) + " " +
                       std::string(text));
    }

    std::map<call_id, std::uint64_t> methods_;
    call_id last_call_{};
    std::unique_ptr<rpc::session> session_;
};

struct extended_pair {
    extended_side caller{side::dialer};
    extended_side called{side::acceptor};

    /// Until neither has anything to say.
    void exchange() {
        for (;;) {
            byte_string const up = take_output(caller->output());
            byte_string const down = take_output(called->output());
            if (up.empty() && down.empty()) {
                return;
            }
            called.feed(up);
            caller.feed(down);
        }
    }
};

}  // namespace trunkline::rpc::testing
