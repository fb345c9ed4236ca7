#include <trunkline/tls/tls_stream.hpp>

#include <trunkline/base/noise.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/tls/test_talker.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/transport/test_holding_stream.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <utility>
#include <vector>

namespace trunkline::tls {
namespace {

using namespace std::chrono_literals;
using transport::byte_stream;
using transport::delivery_shape;
using transport::io_result;
using transport::io_status;
using transport::pipe_end;

std::vector<std::byte> some_bytes(std::size_t size) {
    std::string const made = noise(size, 1);
    bytes_view const bytes = as_bytes(made);
    return {bytes.begin(), bytes.end()};
}

struct tls_stream_test : ::testing::Test {
    tls_stream_test() : authority(folder.path()) {
        serving.own = authority.issue("server");
        asking.authorities = authority.file();
    }

    void connect(std::vector<std::byte> client_says = {}, std::vector<std::byte> server_says = {},
                 transport::pipe_options const& options = {}, std::size_t room = 64 * kib) {
        auto made = make_simulated_pipe(loop, options);
        control = made.control;
        context const ours = context::for_client(asking).value();
        context const theirs = context::for_server(serving).value();
        server = std::make_unique<talker>(
            make_server_stream(loop, std::move(made.second), theirs).value(), room,
            std::move(server_says));
        client = std::make_unique<talker>(
            make_client_stream(loop, std::move(made.first), ours, host).value(), room,
            std::move(client_says));
    }

    [[nodiscard]] bool run_until_heard(std::size_t by_server, std::size_t by_client) {
        return loop.run_until(
            [&] { return server->heard.size() == by_server && client->heard.size() == by_client; },
            1h);
    }

    void run_until_failed() {
        static_cast<void>(loop.run_until([&] { return client->error && server->error; }, 1min));
    }

    scratch_folder folder;
    test_authority authority;
    client_options asking;
    server_options serving;
    std::string host = "server.test";
    transport::simulated_runtime loop;
    std::shared_ptr<transport::pipe_control> control;
    std::unique_ptr<talker> client;
    std::unique_ptr<talker> server;
};

struct tls_shapes : tls_stream_test, testing::WithParamInterface<delivery_shape> {};

TEST_P(tls_shapes, carry_bytes_both_ways_at_once) {
    bool const slow =
        GetParam() == delivery_shape::one_byte || GetParam() == delivery_shape::short_writes;
    auto const asked = some_bytes((slow ? 20 : 300) * kib);
    auto const answered = some_bytes((slow ? 30 : 400) * kib);
    connect(asked, answered, {.shape = GetParam()});
    ASSERT_TRUE(run_until_heard(asked.size(), answered.size()))
        << server->heard.size() << " and " << client->heard.size() << ", "
        << client->error.message() << ", " << server->error.message();
    EXPECT_EQ(server->heard, asked);
    EXPECT_EQ(client->heard, answered);
}

TEST_P(tls_shapes, give_what_a_small_buffer_left) {
    auto const said = some_bytes(20 * kib);
    connect({}, said, {.shape = GetParam()}, 7);
    ASSERT_TRUE(run_until_heard(0, said.size())) << client->heard.size();
    EXPECT_EQ(client->heard, said);
}

TEST_P(tls_shapes, tell_the_end_after_the_last_byte) {
    auto const said = some_bytes(20 * kib);
    connect(said, {}, {.shape = GetParam()});
    ASSERT_TRUE(loop.run_until([&] { return client->said_all(); }, 1h));
    client->end();
    ASSERT_TRUE(loop.run_until([&] { return server->ended; }, 1h)) << server->error.message();
    EXPECT_EQ(server->heard, said);
}

INSTANTIATE_TEST_SUITE_P(every, tls_shapes, ::testing::ValuesIn(transport::all_delivery_shapes),
                         [](auto const& each) { return std::string(name_of(each.param)); });

TEST_F(tls_stream_test, half_of_it_may_end_while_the_other_goes_on) {
    auto const said = some_bytes(300 * kib);
    connect(some_bytes(1), said);
    ASSERT_TRUE(loop.run_until([&] { return client->said_all(); }, 1min));
    client->end();
    ASSERT_TRUE(run_until_heard(1, said.size()));
    EXPECT_TRUE(server->ended);
    EXPECT_EQ(client->heard, said);
}

TEST_F(tls_stream_test, an_end_that_is_said_at_once_is_told_after_the_handshake) {
    connect();
    client->end();
    server->end();
    ASSERT_TRUE(loop.run_until([&] { return client->ended && server->ended; }, 1min))
        << client->error.message() << ", " << server->error.message();
}

TEST_F(tls_stream_test, small_pieces_share_records_and_a_write) {
    connect(some_bytes(1));
    ASSERT_TRUE(run_until_heard(1, 0));
    auto const before = control->counters(pipe_end::first);
    auto const bytes = some_bytes(1000);
    std::vector<bytes_view> pieces;
    for (std::size_t at = 0; at < bytes.size(); at += 10) {
        pieces.push_back(bytes_view(bytes).subspan(at, 10));
    }
    EXPECT_EQ(client->link().write(pieces).size, bytes.size());
    auto const& after = control->counters(pipe_end::first);
    EXPECT_EQ(after.writes - before.writes, 1U);
    EXPECT_LE(after.write_size - before.write_size, bytes.size() + 40);
    ASSERT_TRUE(run_until_heard(1 + bytes.size(), 0));
}

TEST_F(tls_stream_test, what_waits_for_the_link_is_bounded) {
    connect(some_bytes(1), {}, {.capacity = 4 * kib});
    ASSERT_TRUE(run_until_heard(1, 0));
    control->stall(pipe_end::first, true);
    auto const bytes = some_bytes(mib);
    bytes_view const all(bytes);
    std::size_t taken = 0;
    for (;;) {
        bytes_view const rest = all.subspan(taken);
        io_result const took = client->link().write({&rest, 1});
        if (took.status != io_status::ok) {
            EXPECT_EQ(took.status, io_status::would_block);
            break;
        }
        taken += took.size;
    }
    EXPECT_LE(taken, 64 * kib);
    control->stall(pipe_end::first, false);
    client->link().watch(client.get(), true, false);
    ASSERT_TRUE(run_until_heard(1 + taken, 0));
}

TEST_F(tls_stream_test, what_waits_for_the_link_is_told_and_goes_by_writes_of_nothing) {
    connect(some_bytes(1), {}, {.capacity = 4 * kib});
    ASSERT_TRUE(run_until_heard(1, 0));
    auto& link = client->link();
    EXPECT_FALSE(link.holds_unsent());
    link.watch(nullptr, false, false);
    control->stall(pipe_end::first, true);
    auto const bytes = some_bytes(40 * kib);
    bytes_view const all(bytes);
    ASSERT_EQ(link.write({&all, 1}).size, all.size());
    EXPECT_TRUE(link.holds_unsent());
    EXPECT_EQ(link.write({}).status, io_status::would_block);
    control->stall(pipe_end::first, false);
    int moves = 0;
    for (loop.run_until_idle(); link.holds_unsent(); loop.run_until_idle()) {
        io_result const took = link.write({});
        ASSERT_EQ(took.status, io_status::ok);
        EXPECT_EQ(took.size, 0U);
        ++moves;
    }
    EXPECT_GE(moves, 9);
    EXPECT_EQ(server->heard.size(), 1 + all.size());
    EXPECT_EQ(link.write({}).status, io_status::ok);
}

TEST_F(tls_stream_test, a_sink_that_wants_to_write_is_told_of_all_progress) {
    connect(some_bytes(1), {}, {.capacity = 4 * kib});
    ASSERT_TRUE(run_until_heard(1, 0));
    struct pusher final : transport::readiness_sink {
        explicit pusher(byte_stream& to) : link(to) {}
        void on_ready(bool, bool) override {
            EXPECT_NE(link.write({}).status, io_status::error);
            ++turns;
            link.watch(this, false, link.holds_unsent());
        }
        byte_stream& link;
        int turns = 0;
    } pusher(client->link());
    auto const bytes = some_bytes(40 * kib);
    bytes_view const all(bytes);
    ASSERT_EQ(pusher.link.write({&all, 1}).size, all.size());
    pusher.link.watch(&pusher, false, true);
    ASSERT_TRUE(run_until_heard(1 + all.size(), 0));
    EXPECT_GE(pusher.turns, 9);
    pusher.link.watch(nullptr, false, false);
}

/// A socket whose peer reads no more.
class deaf_link final : public transport::testing::holding_stream {
public:
    deaf_link(std::unique_ptr<byte_stream> link, bool const& deaf)
        : holding_stream(std::move(link), 64 * kib), deaf_(deaf) {}

    io_result write(std::span<bytes_view const> pieces) override {
        return deaf_ ? io_result{io_status::error, 0, boost::asio::error::broken_pipe}
                     : holding_stream::write(pieces);
    }

private:
    bool const& deaf_;
};

// It may have said something before.
TEST_F(tls_stream_test, what_has_come_is_read_though_writing_fails) {
    auto made = make_simulated_pipe(loop, {});
    context const ours = context::for_client(asking).value();
    context const theirs = context::for_server(serving).value();
    bool deaf = false;
    auto link = std::make_unique<deaf_link>(std::move(made.first), deaf);
    talker asks(make_client_stream(loop, std::move(link), ours, host).value(), 64 * kib, {});
    talker answers(make_server_stream(loop, std::move(made.second), theirs).value(), kib, {});
    loop.run_until_idle();
    made.control->stall(pipe_end::second, true);
    auto const said = some_bytes(30 * kib);
    std::array const piece{bytes_view(said)};
    ASSERT_EQ(answers.link().write(piece).size, said.size());
    answers.end();
    deaf = true;
    static_cast<void>(asks.link().write(piece));
    EXPECT_EQ(asks.link().write(piece).error, boost::asio::error::broken_pipe);
    EXPECT_FALSE(asks.link().holds_unsent());
    made.control->stall(pipe_end::second, false);
    ASSERT_TRUE(loop.run_until([&] { return asks.ended; }, 1min)) << asks.error.message();
    EXPECT_EQ(asks.heard, said);
}

TEST_F(tls_stream_test, a_link_that_ends_without_a_word_is_cut_short) {
    connect(some_bytes(100));
    ASSERT_TRUE(run_until_heard(100, 0));
    client->link().close(true);
    ASSERT_TRUE(loop.run_until([&] { return bool(server->error); }, 1min));
    EXPECT_FALSE(server->ended);

    connect(some_bytes(100));
    ASSERT_TRUE(run_until_heard(100, 0));
    control->cut();
    ASSERT_TRUE(loop.run_until([&] { return server->error && client->error; }, 1min));
}

TEST_F(tls_stream_test, an_end_of_the_link_alone_is_an_error) {
    auto made = make_simulated_pipe(loop, {});
    context const theirs = context::for_server(serving).value();
    talker hearing(make_server_stream(loop, std::move(made.second), theirs).value(), kib, {});
    made.first->shutdown_write();
    ASSERT_TRUE(loop.run_until([&] { return bool(hearing.error); }, 1min));
    EXPECT_EQ(hearing.error, make_error_code(boost::asio::ssl::error::stream_truncated));
}

TEST_F(tls_stream_test, bytes_that_are_not_tls_are_an_error_and_are_answered_by_an_alert) {
    auto made = make_simulated_pipe(loop, {});
    context const theirs = context::for_server(serving).value();
    talker hearing(make_server_stream(loop, std::move(made.second), theirs).value(), kib, {});
    bytes_view const garbage = as_bytes("GET / HTTP/1.1\r\nHost: server.test\r\n\r\n");
    ASSERT_EQ(made.first->write({&garbage, 1}).size, garbage.size());
    ASSERT_TRUE(loop.run_until([&] { return bool(hearing.error); }, 1min));
    EXPECT_EQ(hearing.error.category(), boost::asio::error::get_ssl_category());
    EXPECT_FALSE(hearing.error.message().empty());
}

TEST_F(tls_stream_test, a_byte_changed_on_the_way_is_an_error) {
    auto outer = make_simulated_pipe(loop, {});
    auto inner = make_simulated_pipe(loop, {});
    context const ours = context::for_client(asking).value();
    context const theirs = context::for_server(serving).value();
    talker asks(make_client_stream(loop, std::move(outer.first), ours, host).value(), kib,
                some_bytes(2000));
    talker answers(make_server_stream(loop, std::move(inner.second), theirs).value(), kib, {});
    // Between them: passes everything on until the client has said something, then changes a byte.
    bool changed = false;
    auto const pass = [&](byte_stream& from, byte_stream& to, bool change) {
        std::array<std::byte, 8 * kib> room;
        io_result const got = from.read(room);
        if (got.status == io_status::ok) {
            if (change) {
                room[got.size - 1] ^= std::byte{1};
                changed = true;
            }
            bytes_view const piece(room.data(), got.size);
            ASSERT_EQ(to.write({&piece, 1}).size, got.size);
        }
    };
    for (int step = 0; step < 100 && !answers.error; ++step) {
        pass(*outer.second, *inner.first, asks.said_all() && !changed);
        pass(*inner.first, *outer.second, false);
        loop.run_until_idle();
    }
    EXPECT_TRUE(changed);
    EXPECT_EQ(answers.error.category(), boost::asio::error::get_ssl_category());
    EXPECT_TRUE(answers.heard.empty());
}

// --- who is who --------------------------------------------------------------------------------

TEST_F(tls_stream_test, an_address_is_verified_as_a_name_is) {
    host = "127.0.0.1";
    connect(some_bytes(10));
    EXPECT_TRUE(run_until_heard(10, 0)) << client->error.message();
    host = "127.0.0.2";
    connect(some_bytes(10));
    run_until_failed();
    EXPECT_EQ(client->error, error_code(X509_V_ERR_IP_ADDRESS_MISMATCH, verify_category()));
}

TEST_F(tls_stream_test, a_certificate_for_another_name_is_refused) {
    host = "other.test";
    connect(some_bytes(10));
    run_until_failed();
    EXPECT_EQ(client->error, error_code(X509_V_ERR_HOSTNAME_MISMATCH, verify_category()));
    EXPECT_EQ(client->error.message(),
              "The certificate of the peer is refused: hostname mismatch.");
    EXPECT_TRUE(server->error);
    EXPECT_TRUE(server->heard.empty());
}

TEST_F(tls_stream_test, a_certificate_that_has_run_out_is_refused) {
    serving.own = authority.issue("old", {.days_left = -1});
    connect(some_bytes(10));
    run_until_failed();
    EXPECT_EQ(client->error, error_code(X509_V_ERR_CERT_HAS_EXPIRED, verify_category()));
}

TEST_F(tls_stream_test, an_authority_that_is_not_trusted_is_refused) {
    scratch_folder elsewhere;
    test_authority const other(elsewhere.path());
    serving.own = other.issue("server");
    connect(some_bytes(10));
    run_until_failed();
    EXPECT_EQ(client->error.category(), verify_category());
    asking.verify = false;
    connect(some_bytes(10));
    EXPECT_TRUE(run_until_heard(10, 0)) << client->error.message();
}

TEST_F(tls_stream_test, a_client_shows_its_certificate_where_that_is_asked_for) {
    serving.client_authorities = authority.file();
    connect(some_bytes(10));
    run_until_failed();
    EXPECT_TRUE(server->error);
    EXPECT_TRUE(server->heard.empty());
    asking.own = authority.issue("client", {.names = "DNS:client.test"});
    connect(some_bytes(10));
    EXPECT_TRUE(run_until_heard(10, 0)) << server->error.message();
}

TEST_F(tls_stream_test, a_client_is_told_whose_certificate_is_wanted) {
    static std::vector<std::string> told;
    told.clear();
    serving.client_authorities = authority.file();
    context const ours = context::for_client(asking).value();
    SSL_CTX_set_client_cert_cb(ours.native().get(), [](SSL* asked, X509**, EVP_PKEY**) {
        STACK_OF(X509_NAME) const* const names = SSL_get0_peer_CA_list(asked);
        for (int i = 0; i < sk_X509_NAME_num(names); ++i) {
            std::array<char, 200> text{};
            X509_NAME_oneline(sk_X509_NAME_value(names, i), text.data(), text.size());
            told.emplace_back(text.data());
        }
        return 0;
    });
    auto made = make_simulated_pipe(loop, {});
    context const theirs = context::for_server(serving).value();
    talker answers(make_server_stream(loop, std::move(made.second), theirs).value(), kib, {});
    talker asks(make_client_stream(loop, std::move(made.first), ours, host).value(), kib, {});
    loop.run_until_idle();
    EXPECT_EQ(told, std::vector<std::string>{"/CN=authority of a test"});
}

TEST_F(tls_stream_test, versions_before_1_2_are_refused) {
    for (auto const& [version, accepted] :
         {std::pair{TLS1_1_VERSION, false}, {TLS1_2_VERSION, true}, {TLS1_3_VERSION, true}}) {
        context const ours = context::for_client(asking).value();
        SSL_CTX_set_security_level(ours.native().get(), 0);
        SSL_CTX_set_min_proto_version(ours.native().get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(ours.native().get(), version);
        auto made = make_simulated_pipe(loop, {});
        context const theirs = context::for_server(serving).value();
        talker answers(make_server_stream(loop, std::move(made.second), theirs).value(), kib, {});
        talker asks(make_client_stream(loop, std::move(made.first), ours, host).value(), kib,
                    some_bytes(10));
        static_cast<void>(loop.run_until(
            [&] { return answers.heard.size() == 10 || (answers.error && asks.error); }, 1min));
        EXPECT_EQ(answers.heard.size() == 10, accepted) << version;
        EXPECT_EQ(bool(answers.error), !accepted) << version;
    }
}

// The seven bytes of an alert that anybody on the path can send: no certificate has been seen.
TEST_F(tls_stream_test, a_goodbye_before_the_handshake_is_over_is_no_connection) {
    auto made = make_simulated_pipe(loop, {});
    auto const ours = context::for_client(asking).value();
    auto const stream = make_client_stream(loop, std::move(made.first), ours, host).value();
    std::array const goodbye{std::byte{0x15}, std::byte{3}, std::byte{3}, std::byte{0},
                             std::byte{2},    std::byte{1}, std::byte{0}};
    bytes_view const piece = goodbye;
    ASSERT_EQ(made.second->write({&piece, 1}).size, goodbye.size());
    loop.run_until_idle();
    auto const state = stream->establish();
    EXPECT_EQ(state.status, io_status::error);
    EXPECT_TRUE(state.error);
}

TEST_F(tls_stream_test, one_that_is_destroyed_has_said_goodbye) {
    connect();
    loop.run_until_idle();
    client.reset();
    loop.run_until_idle();
    EXPECT_TRUE(server->ended);
    EXPECT_FALSE(server->error);
}

}  // namespace
}  // namespace trunkline::tls
