#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <trunkline/transport/socket_rules.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <string>

namespace trunkline::transport::testing {
namespace {

result<listening_group> listen_on(std::string_view url, std::size_t count) {
    return unix_socket::listen(url, count);
}

socket_transport at_a_path() {
    return {"path", [](scratch_folder const& in) { return "unix:" + (in / "s.sock").string(); },
            &listen_on, &unix_socket::make_dialer, &unix_socket::resolve};
}

// Names are of the whole machine; that of the folder is used by nobody else.
socket_transport by_name() {
    return {"name", [](scratch_folder const& in) { return "unix:@" + (in / "name").string(); },
            &listen_on, &unix_socket::make_dialer, &unix_socket::resolve};
}

INSTANTIATE_TEST_SUITE_P(over, socket_rules, ::testing::Values(at_a_path(), by_name()),
                         [](auto const& each) { return each.param.name; });

class unix_link : public socket_rules {};
INSTANTIATE_TEST_SUITE_P(over, unix_link, ::testing::Values(at_a_path(), by_name()),
                         [](auto const& each) { return each.param.name; });

TEST_P(unix_link, both_ends_know_who_the_other_is) {
    connect();
    peer_credentials const us{::getpid(), ::geteuid(), ::getegid()};
    EXPECT_EQ(dialing.link().credentials(), us);
    EXPECT_EQ(acceptor.link().credentials(), us);
    EXPECT_EQ(acceptor.link().peer_name(),
              "unix:uid=" + std::to_string(us.uid) + ":pid=" + std::to_string(us.pid));
}

TEST_P(unix_link, a_listener_without_room_is_waited_for) {
    auto const url = GetParam().url(folder);
    auto const address = GetParam().resolve(url)->front();
    file_descriptor const busy(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ASSERT_EQ(::bind(busy.get(), address.data(), address.size()), 0);
    ASSERT_EQ(::listen(busy.get(), 0), 0);
    auto const patient = GetParam().make_dialer(loop, seconds(30), {});
    auto const hasty = GetParam().make_dialer(loop, milliseconds(50), {});
    int connected = 0;
    error_code why;
    for (int i = 0; i < 3; ++i) {
        patient->dial(url, [&](auto made) { connected += made.has_value() ? 1 : 0; });
    }
    hasty->dial(url, [&](auto made) { why = made.error(); });
    run_until([&] { return why.failed(); });
    EXPECT_EQ(why, transport_error::handshake_timeout);
    EXPECT_LT(connected, 3);
    run_until([&] {
        file_descriptor const accepted(::accept(busy.get(), nullptr, nullptr));
        return connected == 3;
    });
}

}  // namespace
}  // namespace trunkline::transport::testing
