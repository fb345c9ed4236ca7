#include <trunkline/tls/protocol_name.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::tls {
namespace {

struct protocol_names : ::testing::Test {
    struct ends {
        std::unique_ptr<SSL, decltype(&SSL_free)> client{nullptr, &SSL_free};
        std::unique_ptr<SSL, decltype(&SSL_free)> server{nullptr, &SSL_free};

        [[nodiscard]] bool shake_hands() {
            int done = 0;
            for (int step = 0; step < 10 && done != 2; ++step) {
                done = (SSL_do_handshake(client.get()) == 1 ? 1 : 0) +
                       (SSL_do_handshake(server.get()) == 1 ? 1 : 0);
            }
            return done == 2;
        }

        [[nodiscard]] std::string_view chosen() const {
            unsigned char const* at = nullptr;
            unsigned int size = 0;
            SSL_get0_alpn_selected(client.get(), &at, &size);
            return {reinterpret_cast<char const*>(at), size};
        }
    };

    // OpenSSL's own client, over memory.
    ends make(spoken served, std::string_view offered) {
        ends made;
        made.client.reset(SSL_new(asking.native().get()));
        made.server.reset(SSL_new(serving.native().get()));
        SSL_set_connect_state(made.client.get());
        SSL_set_accept_state(made.server.get());
        SSL_set_verify(made.client.get(), SSL_VERIFY_NONE, nullptr);
        BIO* one = nullptr;
        BIO* other = nullptr;
        BIO_new_bio_pair(&one, 64 * kib, &other, 64 * kib);
        SSL_set_bio(made.client.get(), one, one);
        SSL_set_bio(made.server.get(), other, other);
        SSL_set_alpn_protos(made.client.get(),
                            reinterpret_cast<unsigned char const*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
        name_protocol(*made.server, served);
        return made;
    }

    scratch_folder folder;
    test_authority authority{folder.path()};
    context serving = context::for_server({.own = authority.issue("server")}).value();
    context asking = context::for_client({.authorities = authority.file()}).value();
    transport::simulated_runtime loop;
};

TEST_F(protocol_names, http_is_chosen_where_it_is_offered) {
    auto made = make(spoken::http, "\x02h2\x08http/1.1");
    EXPECT_TRUE(made.shake_hands());
    EXPECT_EQ(made.chosen(), "http/1.1");
}

TEST_F(protocol_names, who_wants_something_else_only_is_refused) {
    EXPECT_FALSE(make(spoken::http, "\x02h2").shake_hands());
}

TEST_F(protocol_names, who_wants_nothing_is_served) {
    auto made = make(spoken::http, "");
    EXPECT_TRUE(made.shake_hands());
    EXPECT_EQ(made.chosen(), "");
}

TEST_F(protocol_names, frames_have_none) {
    auto made = make(spoken::frames, "\x02h2\x08http/1.1");
    EXPECT_TRUE(made.shake_hands());
    EXPECT_EQ(made.chosen(), "");
}

TEST_F(protocol_names, our_client_offers_http_for_a_websocket) {
    auto pipe = make_simulated_pipe(loop, {});
    auto const asks =
        make_client_stream(loop, std::move(pipe.first), asking, "server.test", spoken::http)
            .value();
    std::vector<std::byte> hello(16 * kib);
    auto const got = pipe.second->read(hello);
    ASSERT_EQ(got.status, transport::io_status::ok);
    EXPECT_NE(as_text(bytes_view(hello).first(got.size)).find("\x08http/1.1"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::tls
