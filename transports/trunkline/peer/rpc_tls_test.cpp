// Who is who between servers and clients, over "tls:" and "wss:".
#include <trunkline/peer/test_world.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/tls/refusal.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;
using transport::peer_certificate;
using transport::transport_error;

// Has connected, and says nothing.
class silent_guest {
public:
    explicit silent_guest(std::string const& where) {
        auto const port =
            static_cast<std::uint16_t>(std::stoul(where.substr(where.rfind(':') + 1)));
        socket_.connect({boost::asio::ip::address_v4::loopback(), port});
    }

private:
    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_{context_};
};

class rpc_tls : public ::testing::TestWithParam<std::string> {
protected:
    [[nodiscard]] rpc_server::builder a_server(tls::context from) const {
        rpc_server::builder made;
        made.listen(url("127.0.0.1:0")).handle(echo, echoed).certificates(std::move(from));
        return made;
    }
    [[nodiscard]] rpc_server serve(tls::context from) const {
        return a_server(std::move(from)).start().value();
    }
    [[nodiscard]] static result<rpc_client> connect(std::string const& to, tls::context by) {
        return rpc_client::builder(to).trust(std::move(by)).connect();
    }
    [[nodiscard]] std::string url(std::string const& place) const {
        return GetParam() + "://" + place + (GetParam() == "wss" ? "/ws" : "");
    }
    /// The endpoint of a server, with another name for the machine.
    [[nodiscard]] std::string renamed(rpc_server const& server, std::string const& host) const {
        std::string const& where = server.endpoints().front();
        std::string const begin = GetParam() + "://127.0.0.1";
        EXPECT_TRUE(where.starts_with(begin)) << where;
        return GetParam() + "://" + host + where.substr(begin.size());
    }
};
INSTANTIATE_TEST_SUITE_P(over, rpc_tls, ::testing::Values("tls", "wss"),
                         [](auto const& each) { return each.param; });

// SEC-01 of the conformance catalogue.
TEST_P(rpc_tls, a_server_that_is_not_trusted_is_refused) {
    auto const server = serve(parties().serving);
    auto const& where = server.endpoints().front();
    EXPECT_EQ(answer_of(connect(where, parties().asking).value()), "hello");

    scratch_folder folder;
    tls::test_authority const others(folder.path());
    auto const stranger = tls::context::for_client({.authorities = others.file()}).value();
    EXPECT_EQ(connect(where, stranger).error().category(), tls::verify_category());
    auto const unsaid = rpc_client::builder(where).connect();
    EXPECT_EQ(unsaid.error().category(), tls::verify_category()) << "as the system does";
    auto const anybody = tls::context::for_client({.verify = false}).value();
    EXPECT_EQ(answer_of(connect(where, anybody).value()), "hello");
}

TEST_P(rpc_tls, a_client_that_is_not_trusted_is_refused) {
    auto const& authority = parties().authority;
    auto const server = serve(tls::context::for_server({.own = authority.issue("strict"),
                                                        .client_authorities = authority.file()})
                                  .value());
    auto const& where = server.endpoints().front();
    scratch_folder folder;
    tls::test_authority const others(folder.path());
    for (auto const& own : {std::optional<tls::identity>(), std::optional(others.issue("alice"))}) {
        auto const who =
            tls::context::for_client({.authorities = authority.file(), .own = own}).value();
        // With TLS 1.3 a client is through before the server has looked at it.
        auto const client = connect(where, who);
        EXPECT_FALSE(client && client->call(echo, {"hello"}).has_value());
    }
    auto const known =
        tls::context::for_client({.authorities = authority.file(), .own = authority.issue("alice")})
            .value();
    auto const let_in = connect(where, known).value();
    EXPECT_EQ(answer_of(let_in), "hello");
    EXPECT_EQ(server.peers().size(), 1U) << "nobody else was let in";
}

// SEC-02 of the conformance catalogue.
TEST_P(rpc_tls, a_server_of_another_name_is_refused) {
    auto const server = serve(parties().serving);  // for server.test and 127.0.0.1
    auto const other = connect(renamed(server, "localhost"), parties().asking);
    EXPECT_EQ(other.error(), error_code(X509_V_ERR_HOSTNAME_MISMATCH, tls::verify_category()));

    auto const named = serve(tls::context::for_server({.own = parties().authority.issue(
                                                           "named", {.names = "DNS:localhost"})})
                                 .value());
    EXPECT_EQ(answer_of(connect(renamed(named, "localhost"), parties().asking).value()), "hello");
    EXPECT_EQ(connect(named.endpoints().front(), parties().asking).error(),
              error_code(X509_V_ERR_IP_ADDRESS_MISMATCH, tls::verify_category()));
}

/// Waits for the end of a client that is not to come back, and tells why it ended.
error_code ended_for_good(rpc_client const& client, seen<state_change>& states) {
    auto const all = states.wait_for_last([](state_change const& each) {
        return each.state == transport::connection_state::error && tls::is_refusal(each.why);
    });
    // With a client that comes back it would wait for the next connection.
    EXPECT_EQ(client.call(echo, {"x"}).error().error, rpc::rpc_error::not_connected);
    EXPECT_FALSE(client.is_reconnecting());
    return all.back().why;
}

TEST_P(rpc_tls, REC_07_a_client_that_refuses_its_server_stays_away) {
    std::optional<rpc_server> server(serve(parties().serving));
    std::string const where = server->endpoints().front();
    seen<state_change> states;
    auto const client =
        rpc_client::builder(where)
            .trust(parties().asking)
            .reconnect({.first_wait = std::chrono::milliseconds(1), .budget = 100'000})
            .on_state([&](auto state, auto why) { states.add({state, why}); })
            .connect()
            .value();
    EXPECT_EQ(answer_of(client), "hello");
    server.reset();
    scratch_folder folder;
    tls::test_authority const others(folder.path());
    auto const strange = tls::context::for_server({.own = others.issue("server")}).value();
    rpc_server::builder again;
    again.listen(where).certificates(strange).handle(echo, echoed);
    server.emplace(again.start().value());
    EXPECT_EQ(ended_for_good(client, states).category(), tls::verify_category());
}

TEST_P(rpc_tls, REC_07_a_client_that_is_refused_stays_away) {
    auto const& authority = parties().authority;
    auto const server = serve(tls::context::for_server({.own = authority.issue("strict"),
                                                        .client_authorities = authority.file()})
                                  .value());
    seen<state_change> states;
    auto const client =
        rpc_client::builder(server.endpoints().front())
            .trust(parties().asking)
            .reconnect({.first_wait = std::chrono::milliseconds(1), .budget = 100'000})
            .on_state([&](auto state, auto why) { states.add({state, why}); })
            .connect();
    // With TLS 1.3 a client is through before the server has looked at it.
    error_code const why = client ? ended_for_good(*client, states) : client.error();
    EXPECT_TRUE(tls::is_refusal(why)) << why.message();
}

// SEC-03 of the conformance catalogue.
TEST_P(rpc_tls, certificates_are_replaced_while_it_runs) {
    scratch_folder folder;
    tls::test_authority const first(folder.path());
    auto const serving = tls::context::for_server({.own = first.issue("server")}).value();
    auto const server = a_server(serving).threads(2).start().value();
    auto const& where = server.endpoints().front();
    auto const trust = tls::context::for_client({.authorities = first.file()}).value();
    auto const before = connect(where, trust).value();
    EXPECT_EQ(answer_of(before), "hello");

    tls::test_authority const second(folder.path());  // in the same files
    static_cast<void>(second.issue("server"));
    EXPECT_EQ(answer_of(connect(where, trust).value()), "hello") << "nobody has said so yet";
    ASSERT_TRUE(serving.reload().has_value());
    EXPECT_EQ(connect(where, trust).error().category(), tls::verify_category());
    ASSERT_TRUE(trust.reload().has_value());
    EXPECT_EQ(answer_of(connect(where, trust).value()), "hello");
    EXPECT_EQ(answer_of(before), "hello");
}

// OBS-02 of the conformance catalogue.
TEST_P(rpc_tls, handlers_know_whose_certificate_it_is) {
    auto const& authority = parties().authority;
    seen<std::optional<peer_certificate>> callers;
    auto const server =
        rpc_server::builder()
            .listen(url("127.0.0.1:0"))
            .certificates(tls::context::for_server({.own = authority.issue("strict"),
                                                    .client_authorities = authority.file()})
                              .value())
            .on_connected([&](peer const& who) { callers.add(who.certificate()); })
            .handle(echo,
                    [&](text const& what, call_context const& context) {
                        callers.add(context.certificate());
                        return what;
                    })
            .start()
            .value();
    auto const own = authority.issue("alice", {.names = "URI:test:alice"});
    auto const alice =
        tls::context::for_client({.authorities = authority.file(), .own = own}).value();
    auto const client = connect(server.endpoints().front(), alice).value();
    EXPECT_EQ(answer_of(client), "hello");
    std::optional const shown(peer_certificate{"CN=peer of a test", {"URI:test:alice"}});
    EXPECT_EQ(callers.wait_for(2), (std::vector{shown, shown}));
    ASSERT_TRUE(client.certificate().has_value());
    EXPECT_EQ(client.certificate()->names, std::vector<std::string>{"DNS:server.test"});
    EXPECT_FALSE(client.credentials().has_value());
}

TEST_P(rpc_tls, a_server_needs_a_certificate) {
    EXPECT_EQ(rpc_server::builder().listen(url("127.0.0.1:0")).start().error(),
              transport_error::no_certificate);
}

TEST_P(rpc_tls, who_does_not_speak_tls_is_told_at_both_ends) {
    auto const server = serve(parties().serving);
    std::string plain = server.endpoints().front();
    plain.replace(0, 3, GetParam() == "tls" ? "tcp" : "ws");
    auto const client = rpc_client::builder(plain).connect();
    EXPECT_FALSE(client && client->call(echo, {"hello"}).has_value());
    EXPECT_EQ(server.peers().size(), 0U);

    auto const open = rpc_server::builder()
                          .listen(GetParam() == "tls" ? "tcp://127.0.0.1:0" : "ws://127.0.0.1:0/ws")
                          .handle(echo, echoed)
                          .start()
                          .value();
    std::string secure = open.endpoints().front();
    secure.replace(0, secure.find(':'), GetParam());
    auto const other = rpc_client::builder(secure)
                           .trust(parties().asking)
                           .connect_timeout(std::chrono::seconds(2))
                           .connect();
    EXPECT_FALSE(other.has_value());
}

TEST_P(rpc_tls, a_full_server_refuses) {
    auto const server = a_server(parties().serving).connections_max(1).start().value();
    auto const& where = server.endpoints().front();
    auto const first = connect(where, parties().asking).value();
    EXPECT_EQ(answer_of(first), "hello");
    EXPECT_FALSE(connect(where, parties().asking).has_value());
    EXPECT_EQ(answer_of(first), "hello");
}

TEST_P(rpc_tls, LIM_04_who_is_in_the_handshake_counts_as_a_connection) {
    auto const server = a_server(parties().serving).connections_max(1).start().value();
    auto const& where = server.endpoints().front();
    {
        silent_guest const stranger(where);
        EXPECT_FALSE(connect(where, parties().asking).has_value());
    }
    auto const begun = std::chrono::steady_clock::now();
    auto client = connect(where, parties().asking);
    while (!client && std::chrono::steady_clock::now() - begun < patience) {
        client = connect(where, parties().asking);  // once it has been seen that he is gone
    }
    EXPECT_EQ(answer_of(client.value()), "hello");
}

TEST_P(rpc_tls, serves_many_with_many_threads) {
    auto const server = a_server(parties().serving).threads(3).start().value();
    std::vector<rpc_client> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(connect(server.endpoints().front(), parties().asking).value());
        EXPECT_EQ(answer_of(clients.back()), "hello");
    }
}

}  // namespace
}  // namespace trunkline
