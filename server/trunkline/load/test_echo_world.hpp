// For tests: a crowd on virtual time, whose connections end in a room that echoes.
#pragma once

#include <trunkline/load/crowd.hpp>
#include <trunkline/load/echo.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/echo_room.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace trunkline::load::testing {

/// Pipes to a server; every connection takes `connect_time`.
class pipe_lines final : public line_source {
public:
    using server = std::function<void(std::unique_ptr<websocket::connection>)>;

    pipe_lines(transport::runtime& loop, websocket::context& shared, server accept)
        : loop_(loop), shared_(shared), accept_(std::move(accept)) {}

    std::unique_ptr<transport::pending_connection> open(std::size_t number, opened done) override {
        numbers.push_back(number);
        begun_at.push_back(loop_.now());
        return std::make_unique<attempt>(*this, number, std::move(done));
    }

    transport::runtime::duration connect_time{1'000};
    std::set<std::size_t> refused;  // numbers of connections that fail
    std::set<std::size_t> silent;   // and of those that never come to be
    std::vector<std::size_t> numbers;
    std::vector<transport::runtime::time_point> begun_at;
    std::size_t at_one_time = 0;       // now
    std::size_t most_at_one_time = 0;  // ever
    std::vector<std::shared_ptr<transport::pipe_control>> pipes;

private:
    class attempt final : public transport::pending_connection {
    public:
        attempt(pipe_lines& owner, std::size_t number, opened done) : owner_(owner) {
            owner_.most_at_one_time = std::max(owner_.most_at_one_time, ++owner_.at_one_time);
            if (!owner_.silent.contains(number)) {
                timer_ =
                    owner_.loop_.after(owner_.connect_time, [this, number, done = std::move(done)] {
                        auto const tell = done;  // what is captured goes with this object
                        tell(owner_.connect(number));
                    });
            }
        }
        ~attempt() override { --owner_.at_one_time; }

    private:
        pipe_lines& owner_;
        std::unique_ptr<transport::timer> timer_;
    };

    result<std::unique_ptr<transport::connection>> connect(std::size_t number) {
        if (refused.contains(number)) {
            return error_code(ECONNREFUSED, boost::system::system_category());
        }
        auto pipe = make_simulated_pipe(loop_, {});
        pipes.push_back(pipe.control);
        accept_(std::make_unique<websocket::connection>(shared_, websocket::role::server,
                                                        std::move(pipe.second)));
        return std::make_unique<websocket::connection>(shared_, websocket::role::client,
                                                       std::move(pipe.first));
    }

    transport::runtime& loop_;
    websocket::context& shared_;
    server accept_;
};

/// A run from its begin to its end.
class echo_world : public ::testing::Test {
protected:
    using milliseconds = std::chrono::milliseconds;

    static websocket::context_options seeded() {
        websocket::context_options options;
        options.masks = websocket::mask_generator(1);
        return options;
    }

    void begin() { begin(lines); }

    void begin(line_source& from) {
        says.emplace(loop, of.size, websocket::message_kind::binary);
        crowd_.emplace(loop, of, from, *says, counts);
        crowd_->start([this](stage next) { is_over = next == stage::over; });
    }

    void end() {
        EXPECT_TRUE(loop.run_until([this] { return is_over; }, std::chrono::hours(1)));
    }

    void run() {
        begin();
        end();
    }

    plan of{.connections = 1, .lasts = milliseconds(10'000)};
    tally counts;
    transport::simulated_runtime loop;
    websocket::context shared{loop, seeded()};
    websocket::echo_room room{shared, {}};
    pipe_lines lines{loop, shared, [this](std::unique_ptr<websocket::connection> link) {
                         room.add(std::move(link));
                     }};
    std::optional<echo_conversation> says;
    std::optional<crowd> crowd_;
    bool is_over = false;
};

}  // namespace trunkline::load::testing
