// trunkline serve with tls:// and wss://, and the commands about stores there.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store_client/store_client.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/tls/test_certificates.hpp>
#include <trunkline/tls/tls_stream.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace test_support;
using flags = std::vector<std::string>;

struct serve_tls : ::testing::Test {
    [[nodiscard]] static flags shown(tls::identity const& own) {
        return {"--tls-cert", own.certificates.string(), "--tls-key", own.key.string()};
    }
    /// With an endpoint of each kind.
    [[nodiscard]] running_server start(flags more = {}) const {
        for (std::string const& each : shown(own)) {
            more.push_back(each);
        }
        more.insert(more.end(),
                    {"--listen", "tls://127.0.0.1:0", "--listen", "wss://127.0.0.1:0/ws"});
        return {TRUNKLINE_PROGRAM, store, more};
    }
    [[nodiscard]] tls::context trust() const {
        return tls::context::for_client({.authorities = authority.file()}).value();
    }
    [[nodiscard]] static finished run(std::string const& url, flags const& more) {
        flags command{TRUNKLINE_PROGRAM, "len", "--url", url};
        command.insert(command.end(), more.begin(), more.end());
        return run_program(command);
    }
    [[nodiscard]] flags with_ca() const { return {"--tls-ca", authority.file().string()}; }
    void expect_refused(flags given, std::string const& line) const {
        given.insert(given.begin(), {TRUNKLINE_PROGRAM, "serve", (folder / "other.bin").string()});
        auto const left = run_program(given);
        EXPECT_EQ(left.error, "trunkline: " + line + "\n");
        EXPECT_EQ(left.exit_code, exit_usage);
        EXPECT_FALSE(std::filesystem::exists(folder / "other.bin"));
    }
    static void expect_served(store_client const& client) {
        ASSERT_TRUE(client.write(as_bytes("key"), as_bytes("value")).has_value());
        EXPECT_EQ(as_text(client.read(as_bytes("key")).value()->bytes()), "value");
    }

    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::identity own = authority.issue("server");
    std::string store = (folder / "s.bin").string();
};

TEST_F(serve_tls, serves_those_who_trust_it) {
    auto server = start({"--threads", "2"});
    ASSERT_EQ(server.endpoints().size(), 2U);
    EXPECT_TRUE(server.endpoints()[0].starts_with("tls://127.0.0.1:")) << server.endpoints()[0];
    EXPECT_TRUE(server.endpoints()[1].starts_with("wss://127.0.0.1:")) << server.endpoints()[1];
    for (std::string const& each : server.endpoints()) {
        auto const client = store_client::connect(each, trust());
        ASSERT_TRUE(client.has_value()) << each << ": " << client.error().message();
        expect_served(*client);
        EXPECT_EQ(run(each, with_ca()).output, "1\n") << each;
    }
    EXPECT_EQ(server.stop(), exit_success);
}

// SEC-01 and SEC-02 of the conformance catalogue.
TEST_F(serve_tls, is_refused_by_those_who_do_not) {
    auto const server = start();
    for (std::string const& each : server.endpoints()) {
        EXPECT_EQ(store_client::connect(each).error().category(), tls::verify_category());
        auto const left = run(each, {});
        EXPECT_EQ(left.exit_code, exit_connect);
        EXPECT_TRUE(left.error.starts_with("trunkline: " + each +
                                           ": The certificate of the peer is refused: "))
            << left.error;
        std::string named = each;
        named.replace(named.find("127.0.0.1"), 9, "localhost");
        EXPECT_EQ(run(named, with_ca()).error,
                  "trunkline: " + named +
                      ": The certificate of the peer is refused: hostname mismatch.\n");
    }
}

TEST_F(serve_tls, lets_in_only_known_clients_where_that_is_asked_for) {
    auto const server = start({"--tls-client-ca", authority.file().string()});
    flags alice = shown(authority.issue("alice"));
    alice.insert(alice.end(), {"--tls-ca", authority.file().string()});
    for (std::string const& each : server.endpoints()) {
        auto const known = run(each, alice);
        EXPECT_EQ(known.exit_code, exit_success) << known.error;
        EXPECT_NE(run(each, with_ca()).exit_code, exit_success);
    }
}

// SEC-03 of the conformance catalogue.
TEST_F(serve_tls, takes_new_certificates_at_a_hangup) {
    auto server = start();
    std::vector<store_client> before;
    for (std::string const& each : server.endpoints()) {
        before.push_back(store_client::connect(each, trust()).value());
    }
    auto const reload = [&](std::string_view told) {
        server.process().signal(SIGHUP);
        for (std::string line = server.process().read_error_line(); line.find(told) == line.npos;) {
            ASSERT_FALSE(line.empty());
            line = server.process().read_error_line();
        }
    };

    write_file(own.certificates, "words");
    reload("certificates not read again");
    EXPECT_TRUE(store_client::connect(server.endpoints()[0], trust()).has_value());

    tls::test_authority const second(folder.path());  // in the same files
    static_cast<void>(second.issue("server"));
    reload("certificates read again");
    for (std::size_t i = 0; i < before.size(); ++i) {
        expect_served(before[i]);
        auto const now = store_client::connect(server.endpoints()[i], trust());
        ASSERT_TRUE(now.has_value()) << now.error().message();
        expect_served(*now);
    }
    EXPECT_EQ(server.stop(), exit_success);
}

TEST_F(serve_tls, ends_at_a_hangup_when_it_has_no_certificates) {
    running_server server(TRUNKLINE_PROGRAM, store);
    server.process().signal(SIGHUP);
    EXPECT_EQ(server.process().wait(), 128 + SIGHUP);
}

TEST_F(serve_tls, says_what_is_wrong_with_its_certificates) {
    std::string const url = "tls://127.0.0.1:0";
    expect_refused({"--listen", url},
                   "--listen tls://127.0.0.1:0 needs a certificate; add --tls-cert FILE and "
                   "--tls-key FILE");
    expect_refused({"--listen", url, "--tls-cert", own.certificates.string()},
                   "--tls-cert needs --tls-key; give both, or neither");
    expect_refused({"--tls-client-ca", authority.file().string()},
                   "--tls-client-ca is about the clients of tls:// and wss://; add --tls-cert and "
                   "--tls-key, or leave it out");
    std::string const missing = (folder / "missing.pem").string();
    expect_refused({"--listen", url, "--tls-cert", missing, "--tls-key", own.key.string()},
                   "--tls-cert " + missing +
                       " cannot be read: No such file or directory; name a file with certificates "
                       "in PEM form");
    std::string const other = authority.issue("other").key.string();
    expect_refused(
        {"--listen", url, "--tls-cert", own.certificates.string(), "--tls-key", other},
        "--tls-key " + other +
            " is not the key of the first certificate of --tls-cert; give the two that belong "
            "together");
    auto const left = run("tls://127.0.0.1:1", {"--tls-ca", missing});
    EXPECT_EQ(left.error, "trunkline: --tls-ca " + missing +
                              " cannot be read: No such file or directory; name a file with "
                              "certificates in PEM form\n");
}

TEST_F(serve_tls, listens_for_other_machines_without_more_words) {
    flags given = shown(own);
    given.insert(given.begin(), {TRUNKLINE_PROGRAM, "serve", store, "--listen", "tls://0.0.0.0:0"});
    child_process server(given);
    static_cast<void>(server.read_output_line());
    EXPECT_TRUE(server.read_output_line().starts_with("Server running on tls://0.0.0.0:"));
}

TEST_F(serve_tls, stands_in_the_configuration_file_too) {
    write_file(folder / "serve.toml", "listen = [\"tls://127.0.0.1:0\"]\ntls-cert = \"" +
                                          own.certificates.string() + "\"\ntls-key = \"" +
                                          own.key.string() + "\"\n");
    child_process server(
        {TRUNKLINE_PROGRAM, "serve", store, "--config", (folder / "serve.toml").string()});
    static_cast<void>(server.read_output_line());
    std::string const begin = "Server running on ";
    auto const client =
        store_client::connect(server.read_output_line().substr(begin.size()), trust());
    ASSERT_TRUE(client.has_value()) << client.error().message();
    expect_served(*client);
}

TEST_F(serve_tls, ends_who_does_not_speak_tls) {
    auto const server = start();
    std::string plain = server.endpoints()[0];
    plain.replace(0, 3, "tcp");
    auto const left = run(plain, {});
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_NE(left.error, "");
    plain = server.endpoints()[1];
    plain.replace(0, 3, "ws");
    EXPECT_EQ(run(plain, {}).exit_code, exit_connect);
}

// A program that is not ours, and its verdict on certificate, name, versions and protocol.
TEST_F(serve_tls, passes_the_client_of_openssl) {
    ASSERT_EQ(run_program({"/bin/sh", "-c", "command -v openssl"}).exit_code, 0)
        << "there is no openssl here: ci/install brings it";
    auto const server = start();
    std::string const& url = server.endpoints()[1];
    auto const begin = std::string("wss://").size();
    std::string const place = url.substr(begin, url.find("/ws", begin) - begin);
    for (auto const& [version, works] :
         {std::pair{"-tls1_2", true}, {"-tls1_3", true}, {"-tls1_1", false}}) {
        auto const left = run_program(
            {"/bin/sh", "-c",
             "openssl s_client -connect " + place + " -CAfile " + authority.file().string() +
                 " -verify_return_error -verify_ip 127.0.0.1 -alpn http/1.1 " + version +
                 " < /dev/null"});
        EXPECT_EQ(left.exit_code == 0, works) << version << left.output << left.error;
        EXPECT_EQ(left.output.find("Verify return code: 0 (ok)") != std::string::npos &&
                      left.output.find("ALPN protocol: http/1.1") != std::string::npos,
                  works)
            << version << left.output;
    }
}

}  // namespace
}  // namespace trunkline::cli
