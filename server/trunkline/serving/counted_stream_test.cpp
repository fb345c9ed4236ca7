#include <trunkline/serving/counted_stream.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/socket_connect.hpp>
#include <trunkline/transport/socket_stream.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace trunkline::server {
namespace {

/// A connected socket behind a counted_stream, and the number of its descriptor.
struct counted_socket : ::testing::Test {
    void SetUp() override {
        auto group = transport::listen_tcp(
            transport::socket_address::parse("127.0.0.1", std::uint16_t{0}).value(), 1);
        ASSERT_TRUE(group.has_value()) << group.error().message();
        transport::socket_acceptor acceptor(loop, std::move(group->front()));
        std::unique_ptr<transport::byte_stream> accepted;
        acceptor.start([&](auto made) { accepted = std::move(made); });
        auto const attempt = transport::connect_socket(loop, {acceptor.address()}, [&](auto made) {
            ASSERT_TRUE(made.has_value()) << made.error().message();
            far = std::move(*made);
        });
        auto const deadline = loop.now() + std::chrono::seconds(30);
        while (accepted == nullptr || far == nullptr) {
            ASSERT_LT(loop.now(), deadline) << "nobody came";
            auto const tick = loop.after(std::chrono::milliseconds(1), [this] { loop.stop(); });
            loop.run();
        }
        descriptor = dynamic_cast<transport::socket_stream&>(*accepted).socket();
        near = std::make_unique<counted_stream>(std::move(accepted), gate.enter("127.0.0.1:1"));
    }

    int option(int name) const {
        int value = -1;
        socklen_t size = sizeof value;
        EXPECT_EQ(::getsockopt(descriptor, IPPROTO_TCP, name, &value, &size), 0);
        return value;
    }

    connection_gate gate{0, 0};
    transport::asio_runtime loop;
    std::unique_ptr<transport::byte_stream> far;
    std::unique_ptr<counted_stream> near;
    int descriptor = -1;
};

TEST_F(counted_socket, keeps_its_place_as_long_as_it_lives) {
    EXPECT_EQ(gate.inside(), 1U);
    near->close(false);
    EXPECT_EQ(gate.inside(), 1U);
    near.reset();
    EXPECT_EQ(gate.inside(), 0U);
}

TEST_F(counted_socket, hands_on_the_wish_to_hold_back) {
    EXPECT_EQ(option(TCP_CORK), 0);
    near->hold_back(true);
    EXPECT_EQ(option(TCP_CORK), 1);
    near->hold_back(false);
    EXPECT_EQ(option(TCP_CORK), 0);
}

TEST_F(counted_socket, hands_on_the_wish_for_acknowledgement) {
    int const off = 0;
    ASSERT_EQ(::setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off), 0);
    ASSERT_EQ(option(TCP_QUICKACK), 0);
    near->acknowledge_now();
    EXPECT_EQ(option(TCP_QUICKACK), 1);
}

}  // namespace
}  // namespace trunkline::server
