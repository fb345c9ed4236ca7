#include <trunkline/conformance/two_sided.hpp>

#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/sockets.hpp>
#include <trunkline/conformance/wrapping_network.hpp>
#include <trunkline/conformance/wrong/changed.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace trunkline::conformance {
namespace {

// Dials that nobody can make.
class no_dialer final : public transport::dialer {
public:
    void dial(std::string_view, dialed done) override { done(error_code(not_supported())); }

    static error_code not_supported() {
        return boost::system::errc::make_error_code(boost::system::errc::operation_not_supported);
    }
};

class one_side final : public transport::network {
public:
    one_side(transport::network& below, bool dials) : below_(below), dials_(dials) {}

    result<std::unique_ptr<transport::listener>> listen(transport::runtime& loop,
                                                        std::string_view url) override {
        if (dials_) {
            return no_dialer::not_supported();
        }
        return below_.listen(loop, url);
    }
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override {
        return dials_ ? below_.make_dialer(loop) : std::make_unique<no_dialer>();
    }

private:
    transport::network& below_;
    bool dials_;
};

// The transport over TCP of which only clients, or only servers, were written.
subject half_of_tcp(bool dials) {
    return with_network(socket_subjects().front(),
                        [dials](transport::network& below, transport::runtime&) {
                            return std::make_unique<one_side>(below, dials);
                        });
}

world_options const in_real_time{.virtual_time = false};

outcome of_a_connection(subject const& under_test) {
    return judge_all(*find_rule("EST-01"), under_test, in_real_time).what;
}

std::string failures_of(subject const& under_test) {
    std::string failed;
    for (rule const& each : all_rules()) {
        bool const is_asked =
            each.id.starts_with("EST") || each.id.starts_with("MUX") || each.id.starts_with("CLS");
        if (is_asked && judge_all(each, under_test, in_real_time).what == outcome::failed) {
            failed += std::string(each.id) + " ";
        }
    }
    return failed;
}

TEST(two_sided, clients_alone_are_lent_servers) {
    subject const mine = half_of_tcp(true);
    EXPECT_EQ(of_a_connection(mine), outcome::failed);
    EXPECT_EQ(failures_of(two_sided(mine, socket_subjects().front())), "");
}

TEST(two_sided, servers_alone_are_lent_clients) {
    subject const mine = half_of_tcp(false);
    EXPECT_EQ(of_a_connection(mine), outcome::failed);
    EXPECT_EQ(failures_of(two_sided(socket_subjects().front(), mine)), "");
}

TEST(two_sided, what_one_side_has_not_they_have_not) {
    subject const tcp = socket_subjects().front();
    subject other = tcp;
    other.name = "mine";
    other.has.reset = !tcp.has.reset;
    subject const both = two_sided(other, tcp);
    EXPECT_EQ(both.name, "mine");
    EXPECT_FALSE(both.has.reset);
    EXPECT_EQ(both.has.half_close, tcp.has.half_close);
    EXPECT_EQ(both.has.virtual_time, tcp.has.virtual_time);
}

}  // namespace
}  // namespace trunkline::conformance
