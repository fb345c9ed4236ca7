// For tests: a client whose loop makes one step at a time, and somebody who tells of an end.
#pragma once

#include <trunkline/peer/test_world.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace trunkline::testing {

/// Tells of its end.
class ending {
public:
    explicit ending(std::function<void()> told) : told_(std::move(told)) {}
    ending(ending const&) = delete;
    ending& operator=(ending const&) = delete;
    ~ending() { told_(); }

private:
    std::function<void()> told_;
};

/// A client on a loop of its own that is run step by step.
class stepped_client {
public:
    explicit stepped_client(rpc_client::builder builder) {
        builder.run_on(loop_);
        builder.async_connect(
            [this](result<rpc_client> made) { client_.emplace(std::move(*made)); });
        run_until([this] { return client_.has_value(); });
    }

    [[nodiscard]] rpc_client const& client() const noexcept { return *client_; }
    [[nodiscard]] boost::asio::io_context& loop() noexcept { return loop_; }

    /// So many steps, fewer when it is done before; returns whether it is.
    bool run(int steps, std::function<bool()> const& done) {
        for (int i = 0; i < steps && !done(); ++i) {
            loop_.run_one();
        }
        return done();
    }
    void run_until(std::function<bool()> const& done) {
        while (!done()) {
            loop_.run_one();
        }
    }
    /// The connection is as good as it was.
    void expect_an_echo() {
        std::optional<std::string> said;
        client_->async_call(echo, {"still here"}, [&](call_result<received<text>> answer) {
            said = answer ? (*answer)->value : answer.error().error.message();
        });
        run_until([&] { return said.has_value(); });
        EXPECT_EQ(said, "still here");
    }

private:
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> const work_ =
        boost::asio::make_work_guard(loop_);
    std::optional<rpc_client> client_;
};

}  // namespace trunkline::testing
