#include <trunkline/tcp/tcp_endpoint.hpp>

#include <trunkline/transport/socket_rules.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <string>

namespace trunkline::transport::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(over, socket_rules,
                         ::testing::Values(socket_transport{
                             "tcp",
                             [](scratch_folder const&) { return std::string("tcp://127.0.0.1:0"); },
                             &tcp::listen, &tcp::make_dialer, &tcp::resolve}),
                         [](auto const& each) { return each.param.name; });

TEST(tcp_endpoint, says_which_addresses_a_url_means) {
    EXPECT_EQ(tcp::resolve("tcp://127.0.0.1:80")->front().text(), "127.0.0.1:80");
    EXPECT_EQ(tcp::resolve("TCP://[::1]:80")->front().text(), "[::1]:80");
    auto const both = tcp::resolve("tcp://localhost:7");
    ASSERT_EQ(both->size(), 2U);
    EXPECT_EQ(both->back().text(), "[::1]:7");
    EXPECT_EQ(tcp::resolve("tcp://example.com:80").error(), boost::asio::error::host_not_found);
}

TEST(tcp_endpoint, a_group_has_one_port) {
    auto const group = tcp::listen("tcp://localhost:0", 3);
    ASSERT_TRUE(group.has_value());
    ASSERT_EQ(group->sockets.size(), 3U);
    for (auto const& each : group->sockets) {
        EXPECT_EQ("tcp://" + each.address.text(), group->endpoint);
        EXPECT_NE(each.address.port(), 0);
    }
}

// What binding says where the system does not have the kind of address.
bool lacks_family(error_code error) noexcept {
    return error == boost::system::errc::address_family_not_supported ||
           error == boost::system::errc::address_not_available;
}

class tcp_link : public socket_rules {
protected:
    [[nodiscard]] result<listening_group> listen_at_all() const {
        return GetParam().listen(GetParam().url(folder), 1);
    }
};
INSTANTIATE_TEST_SUITE_P(
    over, tcp_link,
    ::testing::Values(
        socket_transport{"v4",
                         [](scratch_folder const&) { return std::string("tcp://127.0.0.1:0"); },
                         &tcp::listen, &tcp::make_dialer, &tcp::resolve},
        socket_transport{"v6", [](scratch_folder const&) { return std::string("tcp://[::1]:0"); },
                         &tcp::listen, &tcp::make_dialer, &tcp::resolve}),
    [](auto const& each) { return each.param.name; });

TEST_P(tcp_link, sends_at_once_at_both_ends) {
    // A machine may be without IPv6; every other reason not to listen is a failure.
    if (auto const probe = listen_at_all(); !probe && lacks_family(probe.error())) {
        ASSERT_EQ(GetParam().name, "v6") << probe.error().message();
        GTEST_SKIP() << "no IPv6 here: " << probe.error().message();
    } else {
        ASSERT_TRUE(probe.has_value()) << probe.error().message();
    }
    int checked = 0;
    stream_filter const has_no_delay = [&](std::unique_ptr<byte_stream> stream) {
        int value = 0;
        socklen_t size = sizeof value;
        ::getsockopt(static_cast<socket_stream&>(*stream).socket(), IPPROTO_TCP, TCP_NODELAY,
                     &value, &size);
        checked += value;
        EXPECT_FALSE(stream->credentials().has_value());
        return stream;
    };
    listen(has_no_delay);
    dialing.start(dial(listening->endpoint(), has_no_delay).value());
    run_until([&] { return checked == 2 && acceptor.attached(); });
    auto const& call = dialing.call(echo, "hello");
    run_until([&] { return call.times == 1; });
    EXPECT_EQ(call.body, "hello");
    EXPECT_EQ("tcp://" + dialing.link().peer_name(), listening->endpoint());
}

}  // namespace
}  // namespace trunkline::transport::testing
