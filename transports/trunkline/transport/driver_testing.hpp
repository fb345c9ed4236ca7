// A small language for tests of drivers: two of them on one link, on virtual time.
#pragma once

#include <trunkline/base/assert.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/passing_connection.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/error.hpp>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {

/// Methods of every dispatcher in these tests.
enum method : std::uint64_t {
    echo = 1,   ///< answers with its arguments
    later = 2,  ///< answers when the test says so
    big = 3,    ///< answers with as many bytes as its arguments say, in decimal
    parts = 4,  ///< a call in parts: each part is answered by the same part
};

using states = std::vector<connection_state>;

/// How a call of ours ended, as a test sees it.
struct outcome {
    int times = 0;
    error_code error;
    rpc::status code = rpc::status::success;
    std::string body;
};

inline slice text(std::string_view characters) {
    return {as_bytes(characters), {}};
}

/// One side: dispatcher, driver, and everything the observer was told.
class peer {
public:
    peer(runtime& loop, rpc::side side) : loop_(loop) {
        settings.session.local_side = side;
        if (side == rpc::side::dialer) {
            settings.session.layout = frame::layout::b;
        }
        add_methods();
    }

    void attach(std::unique_ptr<connection> link) {
        driver_ =
            std::make_unique<driver>(loop_, std::move(link), methods, settings, state_observer());
    }

    void start(std::unique_ptr<connection> link) {
        attach(std::move(link));
        driver_->start();
    }

    /// Folds the driver, where that may be, and goes on with another one over what `join` makes of
    /// its stream.
    bool refold(
        std::function<std::unique_ptr<connection>(std::unique_ptr<byte_stream>)> const& join) {
        auto folded = attached() ? driver_->fold() : std::nullopt;
        if (folded) {
            driver_ = std::make_unique<driver>(loop_, join(std::move(folded->link)), methods,
                                               settings, state_observer(), folded->rest);
            driver_->start();
        }
        return folded.has_value();
    }

    /// The outcome is filled in when the call ends; it stays where it is.
    outcome& call(std::uint64_t id, std::string_view arguments) {
        auto& note = *outcomes.emplace_back(std::make_unique<outcome>());
        slice argument = text(arguments);
        auto const sent = driver_->peer().call(id, {&argument, 1}, [&](rpc::response const& got) {
            ++note.times;
            note.error = got.error;
            note.code = got.code;
            note.body = as_text(got.body);
            if (on_answer) {
                on_answer();
            }
        });
        if (!sent) {
            note.error = sent.error();
        }
        return note;
    }

    void answer_later_calls() {
        for (auto& waiting : std::exchange(kept, {})) {
            waiting.success(text("at last"));
        }
    }

    [[nodiscard]] driver& link() { return *driver_; }
    [[nodiscard]] bool attached() const { return driver_ != nullptr; }
    void destroy() { driver_.reset(); }

    [[nodiscard]] bool over() const {
        return !states.empty() && (states.back() == connection_state::disconnected ||
                                   states.back() == connection_state::error);
    }

    driver::options settings;
    rpc::dispatcher methods;
    std::vector<connection_state> states;
    error_code cause;
    std::vector<rpc::responder> kept;
    std::vector<std::unique_ptr<outcome>> outcomes;
    std::function<void()> on_request;  ///< inside every unary handler, before it answers
    std::function<void()> on_answer;   ///< inside every callback of a call
    std::function<void()> on_part;     ///< inside every part of a call in parts
    std::function<void(connection_state)> on_state;
    int requests = 0;
    int cancelled = 0;

private:
    // Answers each part with the same part.
    class part_echo final : public rpc::call_stream {
    public:
        part_echo(peer& owner, rpc::responder answer) : owner_(owner), answer_(std::move(answer)) {}
        void on_part(bytes_view part) override {
            if (owner_.on_part) {
                owner_.on_part();
            }
            slice body{part, {}};
            answer_.part({&body, 1});
        }
        void on_end() override { answer_.end(); }
        void on_cancelled(error_code) override { ++owner_.cancelled; }

    private:
        peer& owner_;
        rpc::responder answer_;
    };

    driver::observer state_observer() {
        return [this](connection_state now, error_code why) {
            states.push_back(now);
            cause = why ? why : cause;
            if (on_state) {
                on_state(now);
            }
        };
    }

    void begin_request() {
        ++requests;
        if (on_request) {
            on_request();
        }
    }

    void add_methods() {
        bool added = methods.add(echo, [this](rpc::request const& asked, rpc::responder answer) {
            begin_request();
            answer.success(slice{asked.arguments, {}});
        });
        added &= methods.add(later, [this](rpc::request const&, rpc::responder answer) {
            begin_request();
            kept.push_back(std::move(answer));
        });
        added &= methods.add(big, [this](rpc::request const& asked, rpc::responder answer) {
            begin_request();
            std::string const body(std::stoul(std::string(as_text(asked.arguments))), 'b');
            answer.success(text(body));
        });
        added &= methods.add_stream(parts, [this](rpc::request const&, rpc::responder answer) {
            return std::make_unique<part_echo>(*this, std::move(answer));
        });
        TRUNKLINE_ASSERT(added);
    }

    runtime& loop_;
    std::unique_ptr<driver> driver_;
};

/// A connection with its abilities changed, that notes what its driver asks of it.
class noting_connection final : public passing_connection {
public:
    struct notes {
        std::vector<runtime::time_point> probes;
        std::vector<std::pair<close_code, std::string>> closes;
        bool aborted = false;
        bool destroyed = false;
        bool fail_writes = false;  ///< told to fail, by the test
    };

    noting_connection(runtime& loop, std::unique_ptr<connection> inner, capabilities abilities,
                      notes& into)
        : passing_connection(std::move(inner)), loop_(loop), abilities_(abilities), notes_(into) {}
    ~noting_connection() override { notes_.destroyed = true; }

    capabilities abilities() const noexcept override { return abilities_; }
    io_result write(std::span<out_segment const> segments) override {
        if (notes_.fail_writes) {
            return {
                .status = io_status::error, .size = 0, .error = boost::asio::error::broken_pipe};
        }
        return inner().write(segments);
    }
    void probe() override { notes_.probes.push_back(loop_.now()); }
    void close(close_code code, std::string_view reason) override {
        notes_.closes.emplace_back(code, reason);
        inner().close(code, reason);
    }
    void abort() override {
        notes_.aborted = true;
        inner().abort();
    }
    std::unique_ptr<byte_stream> fold() override { return inner().fold(); }

private:
    runtime& loop_;
    capabilities abilities_;
    notes& notes_;
};

/// A streamed response as a test sees it.
struct noted_stream final : rpc::response_stream {
    std::vector<std::string> parts;
    int ends = 0;
    int failures = 0;
    error_code error;

    void on_part(bytes_view part) override { parts.emplace_back(as_text(part)); }
    void on_end() override { ++ends; }
    void on_failed(error_code why, rpc::status, bytes_view) override {
        ++failures;
        error = why;
    }
};

}  // namespace trunkline::transport::testing
