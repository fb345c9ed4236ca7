#include <trunkline/transport/named_network.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/error.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace trunkline::transport {
namespace {

namespace net_error = boost::asio::error;
using dialed = result<std::unique_ptr<connection>>;

class named_networks : public ::testing::Test {
protected:
    // What became of a dial, after all that is due has been done.
    std::optional<dialed> dial(std::string_view url) {
        std::optional<dialed> got;
        dialer_->dial(url, [&](dialed made) { got.emplace(std::move(made)); });
        EXPECT_FALSE(got) << "called from inside dial()";
        loop_.run_until_idle();
        return got;
    }

    std::unique_ptr<listener> listen(std::string_view url) {
        auto made = names_.listen(loop_, url).value();
        made->start(
            [this](std::unique_ptr<connection> one) { accepted_.push_back(std::move(one)); });
        return made;
    }

    simulated_runtime loop_;
    error_code refusal_;
    named_network names_{loop_, "thread", [this]() -> result<named_network::link_ends> {
                             if (refusal_) {
                                 return refusal_;
                             }
                             auto pipe = make_simulated_pipe(loop_, {});
                             return named_network::link_ends{std::move(pipe.first),
                                                             std::move(pipe.second)};
                         }};
    std::vector<std::unique_ptr<connection>> accepted_;
    std::unique_ptr<dialer> dialer_ = names_.make_dialer(loop_);
};

TEST_F(named_networks, join_who_dials_and_who_listens) {
    auto const door = listen("thread:a");
    EXPECT_EQ(door->endpoint(), "thread:a");
    auto const made = dial("thread:a");
    ASSERT_TRUE(made && *made);
    ASSERT_EQ(accepted_.size(), 1U);
    (**made)->close(close_code::normal, {});
    loop_.run_until_idle();
    std::byte bytes[8];
    in_piece pieces[2];
    EXPECT_EQ(accepted_.front()->read(bytes, pieces).status, io_status::end);
}

TEST_F(named_networks, refuse_where_nobody_listens) {
    EXPECT_EQ(dial("thread:a")->error(), net_error::connection_refused);
    auto const silent = names_.listen(loop_, "thread:a").value();  // never started
    EXPECT_EQ(dial("thread:a")->error(), net_error::connection_refused);
    auto const closed = listen("thread:b");
    closed->close();
    EXPECT_EQ(dial("thread:b")->error(), net_error::connection_refused);
}

TEST_F(named_networks, refuse_what_is_no_name_of_theirs) {
    for (auto const url : {"memory:a", "thread://host", "thread", ""}) {
        auto const invalid = make_error_code(transport_error::invalid_endpoint);
        EXPECT_EQ(dial(url)->error(), invalid) << url;
        EXPECT_EQ(names_.listen(loop_, url).error(), invalid) << url;
    }
}

TEST_F(named_networks, give_a_name_to_one_listener_at_a_time) {
    auto first = listen("thread:a");
    EXPECT_EQ(names_.listen(loop_, "thread:a").error(), net_error::address_in_use);
    first.reset();
    EXPECT_TRUE(names_.listen(loop_, "thread:a"));
}

TEST_F(named_networks, say_why_there_is_no_link) {
    auto const door = listen("thread:a");
    refusal_ = net_error::no_descriptors;
    EXPECT_EQ(dial("thread:a")->error(), net_error::no_descriptors);
    EXPECT_TRUE(accepted_.empty());
}

TEST_F(named_networks, end_the_dials_of_a_dialer_that_goes) {
    auto const door = listen("thread:a");
    std::vector<error_code> got;
    for (int i = 0; i < 2; ++i) {
        dialer_->dial("thread:a", [&](dialed made) { got.push_back(made.error()); });
    }
    dialer_.reset();
    EXPECT_EQ(got, std::vector<error_code>(2, net_error::operation_aborted));
    loop_.run_until_idle();
    EXPECT_TRUE(accepted_.empty());
}

TEST_F(named_networks, give_nothing_to_a_listener_that_is_closed_first) {
    auto const door = listen("thread:a");
    std::optional<dialed> got;
    dialer_->dial("thread:a", [&](dialed made) {
        got.emplace(std::move(made));
        door->close();
    });
    loop_.run_until_idle();
    ASSERT_TRUE(got && *got);
    EXPECT_TRUE(accepted_.empty());
    std::byte bytes[8];
    in_piece pieces[2];
    EXPECT_EQ((**got)->read(bytes, pieces).status, io_status::end);
}

}  // namespace
}  // namespace trunkline::transport
