#include <trunkline/load/socket_lines.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/websocket/ws_listener.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace trunkline::load {
namespace {

using namespace std::chrono_literals;

transport::socket_address address(std::string_view host) {
    return transport::socket_address::parse(host, 1).value();
}

TEST(socket_lines, take_more_addresses_where_ports_would_run_out) {
    EXPECT_EQ(source_addresses_for(address("127.0.0.1"), 1), 1U);
    EXPECT_EQ(source_addresses_for(address("127.0.0.1"), connections_per_address), 1U);
    EXPECT_EQ(source_addresses_for(address("127.0.0.1"), connections_per_address + 1), 2U);
    EXPECT_EQ(source_addresses_for(address("127.0.0.1"), 1'000'000), 62U);
    EXPECT_EQ(source_addresses_for(address("127.0.0.1"), 1'000'000'000), source_addresses_max);
    EXPECT_EQ(source_addresses_for(address("192.0.2.1"), 1'000'000), 1U);
    EXPECT_EQ(source_addresses_for(address("::1"), 1'000'000), 1U);
}

TEST(socket_lines, want_something_for_wss) {
    transport::asio_runtime loop;
    websocket::context shared(loop);
    auto const made =
        socket_lines::make(loop, shared, websocket::parse_ws_url("wss://127.0.0.1/").value(), 1);
    EXPECT_EQ(made.error(), transport::transport_error::invalid_endpoint);
    EXPECT_EQ(socket_lines::make(loop, shared,
                                 websocket::parse_ws_url("ws://nowhere.invalid/").value(), 1)
                  .error()
                  .message(),
              "Host not found (authoritative)");
}

}  // namespace
}  // namespace trunkline::load
