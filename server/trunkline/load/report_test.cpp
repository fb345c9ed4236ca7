#include <trunkline/load/report.hpp>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <string>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;
using time_point = transport::runtime::time_point;

struct reports : ::testing::Test {
    reports() {
        counts.opened = 9;
        counts.unopened = 1;
        counts.opening = 500ms;
        counts.elapsed = 4s;
        counts.due = 1000;
        counts.sent.add(1000, 64'000);
        counts.received.add(999, 63'936);
        counts.received_before.add(7, 70);
        counts.connects.add(800);
        for (int i = 1; i <= 1000; ++i) {
            counts.answered(time_point(), time_point(std::chrono::microseconds(i)));
        }
        counts.fail("no answer in time", 2);
        counts.end_second();
    }

    findings of{.url = "ws://127.0.0.1:1", .mode = "echo", .of = {.connections = 10}};
    tally counts;
};

TEST_F(reports, have_every_number_as_json) {
    of.server_cpu = 1500ms;
    of.server_memory = 4096;
    of.threads = 3;
    auto const told = boost::json::parse(to_json(of, counts));
    EXPECT_EQ(told.at("url").as_string(), "ws://127.0.0.1:1");
    EXPECT_EQ(told.at("mode").as_string(), "echo");
    EXPECT_EQ(told.at("asked").at("connections").to_number<int>(), 10);
    EXPECT_EQ(told.at("asked").at("threads").to_number<int>(), 3);
    EXPECT_EQ(told.at("asked").at("seconds").to_number<double>(), 30);
    EXPECT_EQ(told.at("connections").at("opened").to_number<int>(), 9);
    EXPECT_EQ(told.at("connections").at("failed").to_number<int>(), 1);
    EXPECT_EQ(told.at("connections").at("lost").to_number<int>(), 0);
    EXPECT_EQ(told.at("connections").at("opening_seconds").to_number<double>(), 0.5);
    EXPECT_EQ(told.at("connect_us").at("count").to_number<int>(), 1);
    EXPECT_EQ(told.at("seconds").to_number<double>(), 4);
    EXPECT_EQ(told.at("due").to_number<int>(), 1000);
    EXPECT_EQ(told.at("sent").at("messages_per_second").to_number<double>(), 250);
    EXPECT_EQ(told.at("received").at("messages").to_number<int>(), 999);
    EXPECT_EQ(told.at("received").at("bytes").to_number<int>(), 63'936);
    EXPECT_EQ(told.at("received_while_opening").at("messages").to_number<int>(), 7);
    EXPECT_EQ(told.at("answers_per_second").to_number<double>(), 250);
    EXPECT_EQ(told.at("latency_us").at("count").to_number<int>(), 1000);
    EXPECT_NEAR(told.at("latency_us").at("p50").to_number<double>(), 500, 8);
    EXPECT_NEAR(told.at("latency_us").at("p99").to_number<double>(), 990, 16);
    EXPECT_EQ(told.at("latency_us").at("max").to_number<int>(), 1000);
    EXPECT_EQ(told.at("failures").at("count").to_number<int>(), 2);
    EXPECT_EQ(told.at("failures").at("causes").at("no answer in time").to_number<int>(), 2);
    EXPECT_EQ(told.at("each_second").at(0).at("sent").to_number<int>(), 1000);
    EXPECT_EQ(told.at("server_cpu_seconds").to_number<double>(), 1.5);
    EXPECT_EQ(told.at("server_private").to_number<int>(), 4096);
}

TEST_F(reports, leave_out_what_was_not_measured) {
    auto const told = boost::json::parse(to_json(of, counts)).as_object();
    EXPECT_FALSE(told.contains("server_cpu_seconds"));
    EXPECT_FALSE(told.contains("server_private"));
}

TEST_F(reports, have_a_curve_that_rises_to_the_longest) {
    auto const told = boost::json::parse(to_json(of, counts));
    auto const& curve = told.at("latency_us").at("curve").as_array();
    ASSERT_EQ(curve.size(), 11U);
    double share = -1;
    double latency = 0;
    for (auto const& point : curve) {
        EXPECT_GT(point.at(0).to_number<double>(), share);
        EXPECT_GE(point.at(1).to_number<double>(), latency);
        share = point.at(0).to_number<double>();
        latency = point.at(1).to_number<double>();
    }
    EXPECT_EQ(share, 1);
}

TEST_F(reports, are_read_by_people) {
    of.threads = 3;
    auto const told = to_text(of, counts);
    for (std::string const line :
         {"connections   9 of 10 opened in 0.5 s, 0 lost\n", "threads       3\n",
          "lasted        4.0 s\n", "sent          1000 messages, 0.1 MB, 250.0 a second\n",
          "failures      2\n              2 no answer in time\n"}) {
        EXPECT_NE(told.find(line), told.npos) << line << told;
    }
    EXPECT_NE(told.find("99.9 % "), told.npos) << told;
}

TEST_F(reports, of_nothing_have_no_latency) {
    auto const told = to_text(of, tally());
    EXPECT_EQ(told.find("latency"), told.npos);
    auto const json = boost::json::parse(to_json(of, tally()));
    EXPECT_EQ(json.at("latency_us").at("count").to_number<int>(), 0);
    EXPECT_TRUE(json.at("latency_us").at("curve").as_array().empty());
}

TEST_F(reports, tell_how_far_it_has_come) {
    progress sum{4, 1, 600, 900, 11s};
    sum.add({3, 1, 400, 99, 12s});
    EXPECT_EQ(progress_of(of, sum), "conn 7/10  fail 2  tx 1000  rx 999  12/30 s");
}

}  // namespace
}  // namespace trunkline::load
