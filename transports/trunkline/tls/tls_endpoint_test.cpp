#include <trunkline/tls/tls_endpoint.hpp>

#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/tls/tls_listener.hpp>
#include <trunkline/tls/tls_stream.hpp>
#include <trunkline/transport/socket_rules.hpp>
#include <trunkline/transport/tcp_listen.hpp>

#include <boost/asio/ssl/error.hpp>

#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::transport::testing {
namespace {

struct who_is_who {
    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::context serving = tls::context::for_server({.own = authority.issue("server")}).value();
    tls::context asking = tls::context::for_client({.authorities = authority.file()}).value();
};

who_is_who const& parties() {
    static who_is_who const all;
    return all;
}

socket_transport over_tls() {
    return {"tls",
            [](scratch_folder const&) { return std::string("tls://127.0.0.1:0"); },
            &tls::listen,
            [](asio_runtime& loop, runtime::duration timeout, stream_filter filter) {
                return tls::make_dialer(parties().asking, loop, timeout, std::move(filter));
            },
            &tls::resolve,
            [](asio_runtime& loop, listening_socket socket, std::string endpoint,
               stream_filter filter) {
                return std::make_unique<tls::tls_listener>(
                    parties().serving, loop, std::move(socket), std::move(endpoint),
                    tls::listen_options{.admit = std::move(filter)});
            },
            [](asio_runtime& loop, std::unique_ptr<byte_stream> socket) {
                return tls::make_client_stream(loop, std::move(socket), parties().asking,
                                               "127.0.0.1")
                    .value();
            }};
}

INSTANTIATE_TEST_SUITE_P(over, socket_rules, ::testing::Values(over_tls()),
                         [](auto const& each) { return each.param.name; });

struct tls_endpoint : ::testing::Test {
    using dialled = result<std::unique_ptr<connection>>;

    tls_endpoint() { listen(parties().serving); }

    void listen(tls::context const& with, std::chrono::milliseconds timeout = patience) {
        auto group = tls::listen("tls://127.0.0.1:0", 1).value();
        listening = std::make_unique<tls::tls_listener>(
            with, loop, std::move(group.sockets.front()), group.endpoint,
            tls::listen_options{
                .handshake_timeout = timeout,
                .on_failed = [this](std::string_view, error_code why) { failed.push_back(why); }});
        listening->start([this](auto made) { accepted.push_back(std::move(made)); });
    }

    void run_until(std::function<bool()> const& done) {
        auto const deadline = loop.now() + patience;
        while (!done()) {
            ASSERT_LT(loop.now(), deadline) << "nothing happened for too long";
            auto const tick = loop.after(std::chrono::milliseconds(1), [this] { loop.stop(); });
            loop.run();
        }
    }

    dialled dial(tls::context const& with, std::string const& url) {
        std::optional<dialled> made;
        auto const by = tls::make_dialer(with, loop, patience);
        by->dial(url, [&](dialled got) { made.emplace(std::move(got)); });
        run_until([&] { return made.has_value(); });
        return std::move(*made);
    }

    /// A TCP connection to the listener.
    std::unique_ptr<byte_stream> connect_plain() {
        std::unique_ptr<byte_stream> made;
        auto const pending = connect_socket(loop, tls::resolve(listening->endpoint()).value(),
                                            [&](auto got) { made = std::move(got.value()); });
        run_until([&] { return made != nullptr && listening->pending() == 1; });
        return made;
    }

    /// Everything that comes, until it ends.
    std::vector<std::byte> read_all(byte_stream& from) {
        std::vector<std::byte> all;
        std::vector<std::byte> buffer(1000);
        run_until([&] {
            auto const got = from.read(buffer);
            all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<long>(got.size));
            return got.status == io_status::end || got.status == io_status::error;
        });
        return all;
    }

    static constexpr std::chrono::seconds patience{60};
    asio_runtime loop;
    std::unique_ptr<tls::tls_listener> listening;
    std::vector<std::unique_ptr<connection>> accepted;
    std::vector<error_code> failed;
};

TEST_F(tls_endpoint, gives_out_what_is_through_the_handshake_and_knows_the_server) {
    auto const made = dial(parties().asking, listening->endpoint());
    ASSERT_TRUE(made.has_value()) << made.error().message();
    run_until([&] { return accepted.size() == 1; });
    EXPECT_EQ(listening->pending(), 0U);
    ASSERT_TRUE((*made)->certificate().has_value());
    EXPECT_EQ((*made)->certificate()->subject, "CN=peer of a test");
    EXPECT_EQ((*made)->certificate()->names, std::vector<std::string>{"DNS:server.test"});
    EXPECT_FALSE(accepted.front()->certificate().has_value()) << "the client showed none";
}

TEST_F(tls_endpoint, tells_both_sides_why_a_server_is_refused) {
    auto const nobody = dial(tls::context::for_client({}).value(), listening->endpoint());
    EXPECT_EQ(nobody.error().category(), tls::verify_category());
    run_until([&] { return failed.size() == 1; });
    EXPECT_TRUE(accepted.empty());

    std::string const port = listening->endpoint().substr(std::string("tls://127.0.0.1").size());
    auto const other = dial(parties().asking, "tls://localhost" + port);
    EXPECT_EQ(other.error(), error_code(X509_V_ERR_HOSTNAME_MISMATCH, tls::verify_category()));
    run_until([&] { return failed.size() == 2; });
    EXPECT_TRUE(accepted.empty());
}

TEST_F(tls_endpoint, lets_in_who_shows_a_certificate_where_that_is_asked_for) {
    auto const& all = parties();
    auto const own = all.authority.issue("alice", {.names = "DNS:alice.test,URI:test:alice"});
    listen(tls::context::for_server(
               {.own = all.authority.issue("strict"), .client_authorities = all.authority.file()})
               .value());
    auto const alice =
        tls::context::for_client({.authorities = all.authority.file(), .own = own}).value();
    auto const made = dial(alice, listening->endpoint());
    ASSERT_TRUE(made.has_value()) << made.error().message();
    run_until([&] { return accepted.size() == 1; });
    EXPECT_EQ(accepted.front()->certificate(),
              (peer_certificate{"CN=peer of a test", {"DNS:alice.test", "URI:test:alice"}}));

    // The client may be through before the server has seen what it does not show.
    auto const without = dial(all.asking, listening->endpoint());
    run_until([&] { return failed.size() == 1; });
    EXPECT_EQ(accepted.size(), 1U);
    EXPECT_EQ(failed.front().category(), boost::asio::error::get_ssl_category())
        << failed.front().message();
}

TEST_F(tls_endpoint, ends_who_does_not_speak_tls) {
    auto const plain = connect_plain();
    bytes_view const garbage = as_bytes("this is no handshake, of no version");
    ASSERT_EQ(plain->write({&garbage, 1}).size, garbage.size());
    run_until([&] { return failed.size() == 1; });
    EXPECT_EQ(failed.front().category(), boost::asio::error::get_ssl_category());
    EXPECT_EQ(listening->pending(), 0U);
    EXPECT_TRUE(read_all(*plain).empty());
}

TEST_F(tls_endpoint, ends_who_says_nothing_or_half_of_it_in_time) {
    listen(parties().serving, std::chrono::milliseconds(50));
    auto const silent = connect_plain();
    EXPECT_TRUE(read_all(*silent).empty());
    auto const slow = connect_plain();
    std::string const begin{"\x16\x03\x01\x02", 4};
    bytes_view const piece = as_bytes(begin);
    ASSERT_EQ(slow->write({&piece, 1}).size, piece.size());
    EXPECT_TRUE(read_all(*slow).empty());
    EXPECT_EQ(failed, (std::vector<error_code>(2, transport_error::handshake_timeout)));
    EXPECT_TRUE(accepted.empty());
}

TEST_F(tls_endpoint, drops_who_is_half_way_when_it_closes) {
    auto const plain = connect_plain();
    listening->close();
    EXPECT_EQ(listening->pending(), 0U);
    EXPECT_TRUE(read_all(*plain).empty());
    EXPECT_TRUE(failed.empty()) << "nobody's fault";
}

TEST_F(tls_endpoint, dials_who_does_not_speak_tls_in_vain) {
    auto sockets = listen_tcp(*socket_address::parse("127.0.0.1", 0), 1).value();
    socket_acceptor plain(loop, std::move(sockets.front()));
    std::vector<std::unique_ptr<byte_stream>> held;
    plain.start([&](std::unique_ptr<byte_stream> link) {
        bytes_view const answer = as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n");
        static_cast<void>(link->write({&answer, 1}));
        held.push_back(std::move(link));
    });
    auto const made = dial(parties().asking, "tls://" + plain.address().text());
    ASSERT_FALSE(made.has_value());
    EXPECT_EQ(made.error().category(), boost::asio::error::get_ssl_category())
        << made.error().message();
}

// SEC-03 of the conformance catalogue.
TEST_F(tls_endpoint, goes_on_with_old_connections_when_certificates_are_replaced) {
    scratch_folder folder;
    tls::test_authority const first(folder.path());
    tls::identity const own = first.issue("server");
    auto const serving = tls::context::for_server({.own = own}).value();
    auto const trust = tls::context::for_client({.authorities = first.file()}).value();
    listen(serving);
    auto const before = dial(trust, listening->endpoint());
    ASSERT_TRUE(before.has_value()) << before.error().message();
    run_until([&] { return accepted.size() == 1; });

    std::ofstream(own.certificates) << "nothing that could be one";
    std::filesystem::path at_fault;
    EXPECT_FALSE(serving.reload(&at_fault).has_value());
    EXPECT_EQ(at_fault, own.certificates);
    EXPECT_TRUE(dial(trust, listening->endpoint()).has_value()) << "the old ones stay";

    tls::test_authority const second(folder.path());  // takes the place of the first
    static_cast<void>(second.issue("server"));
    ASSERT_TRUE(serving.reload().has_value());
    EXPECT_EQ(dial(trust, listening->endpoint()).error().category(), tls::verify_category());
    ASSERT_TRUE(trust.reload().has_value());
    EXPECT_TRUE(dial(trust, listening->endpoint()).has_value());

    out_segment const segment{.bytes = as_bytes("still here"), .frame_size = 10};
    EXPECT_EQ((*before)->write({&segment, 1}).size, 10U);
    std::vector<std::byte> buffer(100);
    std::array<in_piece, 4> pieces;
    std::string heard;
    run_until([&] {
        auto const got = accepted.front()->read(buffer, pieces);
        for (std::size_t i = 0; i < got.pieces; ++i) {
            heard += as_text(pieces[i].bytes);
        }
        return got.status != io_status::would_block;
    });
    EXPECT_EQ(heard, "still here");
}

}  // namespace
}  // namespace trunkline::transport::testing
