// What servers and clients have over TCP and Unix sockets beside what all transports have.
#include <trunkline/peer/test_world.hpp>

#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using transport::transport_error;

class rpc_sockets : public ::testing::Test {
protected:
    [[nodiscard]] result<rpc_server> serve(std::string url) {
        return rpc_server::builder().listen(std::move(url)).handle(echo, echoed).start();
    }
    [[nodiscard]] std::string file(char const* name) const { return (folder_ / name).string(); }
    [[nodiscard]] std::string url() const { return "unix:" + file("s.sock"); }

    scratch_folder folder_;
};

TEST_F(rpc_sockets, one_server_serves_them_all_with_many_threads) {
    auto const server = rpc_server::builder()
                            .threads(3)
                            .listen("ws://127.0.0.1:0/ws")
                            .listen("tcp://127.0.0.1:0")
                            .listen("tcp://localhost:0")
                            .listen(url())
                            .listen("unix:@" + file("name"))
                            .handle(echo, echoed)
                            .start()
                            .value();
    ASSERT_EQ(server.endpoints().size(), 5U);
    EXPECT_EQ(server.endpoints()[3], url());
    for (std::string const& each : server.endpoints()) {
        std::vector<rpc_client> clients;
        for (int i = 0; i < 8; ++i) {
            clients.push_back(rpc_client::builder(each).connect().value());
            EXPECT_EQ(answer_of(clients.back()), "hello") << each;
        }
    }
}

TEST_F(rpc_sockets, handlers_know_the_process_that_calls_over_a_unix_socket) {
    using transport::peer_credentials;
    peer_credentials const us{::getpid(), ::geteuid(), ::getegid()};
    for (std::string const& where : {url(), "unix:@" + file("name"), std::string("tcp://[::1]:0"),
                                     std::string("ws://127.0.0.1:0/ws")}) {
        seen<std::optional<peer_credentials>> callers;
        auto const server =
            rpc_server::builder()
                .listen(where)
                .on_connected([&](peer const& who) { callers.add(who.credentials()); })
                .handle(echo,
                        [&](text const& what, call_context const& context) {
                            callers.add(context.credentials());
                            return what;
                        })
                .start();
        if (!server) {
            continue;  // no IPv6 here
        }
        auto const client = rpc_client::builder(server->endpoints().front()).connect().value();
        EXPECT_EQ(answer_of(client), "hello");
        bool const is_unix = where.starts_with("unix:");
        auto const wanted = is_unix ? std::optional(us) : std::nullopt;
        EXPECT_EQ(callers.wait_for(2), (std::vector{wanted, wanted})) << where;
        EXPECT_EQ(client.credentials(), wanted) << where;
        EXPECT_EQ(client.name().starts_with("unix:uid="), is_unix);
    }
}

TEST_F(rpc_sockets, socket_files_have_the_mode_that_was_asked_for) {
    auto const mode = [this] {
        struct stat found{};
        EXPECT_EQ(::stat(file("s.sock").c_str(), &found), 0);
        return found.st_mode & 07777U;
    };
    {
        auto const server = serve(url()).value();
        EXPECT_EQ(mode(), 0600U);
    }
    auto const server = rpc_server::builder().unix_mode(0660).listen(url()).start().value();
    EXPECT_EQ(mode(), 0660U);
}

TEST_F(rpc_sockets, a_socket_file_goes_with_its_server_and_a_dead_one_is_replaced) {
    {
        auto server = rpc_server::builder().threads(2).listen(url()).start().value();
        server.stop();
        EXPECT_FALSE(std::filesystem::exists(file("s.sock")));
    }
    {
        transport::file_descriptor dead(::socket(AF_UNIX, SOCK_STREAM, 0));
        auto const address = unix_socket::resolve(url())->front();
        ASSERT_EQ(::bind(dead.get(), address.data(), address.size()), 0);
    }
    auto const server = serve(url()).value();
    EXPECT_EQ(answer_of(rpc_client::builder(url()).connect().value()), "hello");
}

TEST_F(rpc_sockets, a_live_server_keeps_its_endpoint) {
    for (std::string const& where :
         {url(), "unix:@" + file("name"), std::string("tcp://127.0.0.1:0")}) {
        auto const server = serve(where).value();
        auto const& real = server.endpoints().front();
        EXPECT_EQ(serve(real).error(), boost::asio::error::address_in_use) << real;
        EXPECT_EQ(answer_of(rpc_client::builder(real).connect().value()), "hello") << real;
    }
}

TEST_F(rpc_sockets, what_cannot_be_listened_on_is_told) {
    write_file(file("precious"), "words");
    EXPECT_EQ(serve("unix:" + file("precious")).error(), transport_error::not_a_socket);
    EXPECT_EQ(serve("unix:/" + std::string(200, 'x')).error(), transport_error::path_too_long);
    EXPECT_EQ(serve("unix:" + file("no/folder")).error(),
              boost::system::errc::no_such_file_or_directory);
    EXPECT_EQ(serve("tcp://127.0.0.1").error(), transport_error::invalid_endpoint);
    EXPECT_EQ(rpc_client::builder("unix:/" + std::string(200, 'x')).connect().error(),
              transport_error::path_too_long);
}

TEST_F(rpc_sockets, SEC_05_origins_are_looked_at_before_anything_listens) {
    auto const with = [](std::vector<std::string> const& origins) {
        rpc_server::builder made;
        made.listen("ws://127.0.0.1:0/ws").handle(echo, echoed).allow_origins(origins);
        return made.start();
    };
    EXPECT_EQ(with({"https://a.org", "https://b.org/"}).error(), transport_error::invalid_endpoint);
    auto const server = with({"https://a.org", "http://b:1"}).value();
    auto const client = rpc_client::builder(server.endpoints().front()).connect().value();
    EXPECT_EQ(answer_of(client), "hello") << "it says no origin";
}

TEST_F(rpc_sockets, when_one_endpoint_fails_the_others_are_given_back) {
    auto const failed = rpc_server::builder().listen(url()).listen("tcp://127.0.0.1").start();
    EXPECT_FALSE(failed.has_value());
    EXPECT_FALSE(std::filesystem::exists(file("s.sock")));
}

TEST_F(rpc_sockets, a_full_server_refuses) {
    for (std::string const& where : {url(), std::string("tcp://127.0.0.1:0")}) {
        auto const server = rpc_server::builder()
                                .listen(where)
                                .connections_max(1)
                                .handle(echo, echoed)
                                .start()
                                .value();
        auto const first = rpc_client::builder(server.endpoints().front()).connect().value();
        EXPECT_EQ(answer_of(first), "hello");
        auto const second = rpc_client::builder(server.endpoints().front()).connect();
        EXPECT_FALSE(second && second->call(echo, {"x"}).has_value());
        EXPECT_EQ(answer_of(first), "hello");
    }
}

}  // namespace
}  // namespace trunkline
