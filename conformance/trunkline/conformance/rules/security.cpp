// Security binding, of transports that state it: the family SEC.
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/handlers.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/peer/reconnect.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <unistd.h>

namespace trunkline::conformance {
namespace {

/// A server of one guise, and who comes to it.
class guarded {
public:
    guarded(world& at, server_guise server) : at_(at), guise_(server) {
        at.place().pose(server, client_guise::unnamed);
        auto made = at.a_server();
        made.handle(add_one, [this](number const& given) {
            ++executed_;
            return one_more(given);
        });
        server_.emplace(start(at, made));
    }

    [[nodiscard]] result<rpc_client> connect(client_guise client) {
        at_.place().pose(guise_, client);
        return at_.a_client().connect();
    }

    // With TLS 1.3 a client is through before the server has looked at it.
    void expect_refused(client_guise client, std::string_view whom) {
        auto const before = executed_;
        auto const made = connect(client);
        bool const is_in = made && made->call(add_one, {1}).has_value();
        expect(!is_in && executed_ == before, "let in: " + std::string(whom));
        expect(at_.comes_true([&] { return server_->peers().empty(); }),
               "the server has a connection of: " + std::string(whom));
        expect(made || !peers::may_reconnect_after(made.error()),
               "told as if it would pass: " + std::string(whom));
    }
    // Before anything is sent to such a server.
    void expect_refusing(std::string_view whom) {
        expect(!connect(client_guise::unnamed), "connected to " + std::string(whom));
        expect_refused(client_guise::unnamed, whom);
    }
    void expect_let_in(client_guise client, std::string_view whom) {
        auto const made = value_of(connect(client), whom);
        static_cast<void>(value_of(made.call(add_one, {1}), whom));
    }

private:
    world& at_;
    server_guise guise_;
    std::size_t executed_ = 0;
    std::optional<rpc_server> server_;
};

void who_is_not_trusted_is_refused(world& at) {
    guarded(at, server_guise::trusted).expect_let_in(client_guise::unnamed, "a trusted server");
    guarded(at, server_guise::strange).expect_refusing("a server that nobody vouches for");
    guarded(at, server_guise::expired).expect_refusing("a server whose certificate has run out");
    guarded asking(at, server_guise::demanding);
    asking.expect_refused(client_guise::unnamed, "a client that shows nothing");
    asking.expect_refused(client_guise::strange, "a client that nobody vouches for");
    asking.expect_let_in(client_guise::trusted, "a trusted client");
}

void another_name_is_refused(world& at) {
    guarded(at, server_guise::misnamed).expect_refusing("a server of another name");
    guarded(at, server_guise::trusted).expect_let_in(client_guise::unnamed, "a server by its name");
}

std::vector<std::string> names_of(peer const& server) {
    auto const shown = server.certificate();
    expect(shown.has_value(), "a client is not told whom the server's certificate names");
    return shown->names;
}

void certificates_are_replaced(world& at) {
    auto pair = pairing(at).handle(add_one, one_more).connect();
    auto const before = names_of(pair.client());
    at.place().renew_certificate();
    auto const later = value_of(at.a_client().handle(add_one, one_more).connect(),
                                "connecting after the certificate was replaced");
    expect(names_of(later) != before, "a new connection is shown the old certificate");
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call on the old connection"));
    expect(names_of(pair.client()) == before, "an old connection has another certificate now");
    auto const again = value_of(at.a_client().connect(), "connecting once more");
    expect(names_of(again) == names_of(later), "the certificate changes by itself");
}

std::string file_of(rpc_server const& server) {
    std::string const& where = server.endpoints().front();
    return where.starts_with("unix:/") ? where.substr(5) : std::string();
}

void expect_mode(rpc_server const& server, std::filesystem::perms wanted) {
    std::string const file = file_of(server);
    expect(file.empty() || std::filesystem::status(file).permissions() == wanted,
           "the socket file has other permissions than it was given");
}

void who_calls_is_known(world& at) {
    std::optional<transport::peer_credentials> seen;
    auto pair = pairing(at)
                    .handle(add_one,
                            [&](number const& given, call_context const& context) {
                                seen = context.credentials();
                                return one_more(given);
                            })
                    .connect();
    static_cast<void>(value_of(pair.caller().call(add_one, {1}), "a call"));
    expect(seen.has_value(), "a handler is not told who calls");
    expect(seen->pid == ::getpid() && seen->uid == ::geteuid() && seen->gid == ::getegid(),
           "a handler is told of somebody else");

    using std::filesystem::perms;
    expect_mode(pair.server(), perms::owner_read | perms::owner_write);
    if (!file_of(pair.server()).empty()) {
        rpc_server::builder made;
        made.listen(at.place().url()).unix_mode(0660);
        auto const shared = value_of(made.start(), "starting a server for a group");
        expect_mode(shared, perms::owner_read | perms::owner_write | perms::group_read |
                                perms::group_write);
    }
}

constexpr std::array rules{
    rule{"SEC-01", level::must,
         "An untrusted server certificate is refused by the client, and the reverse.",
         "Whether the handshake verifies, and what comes before it is over.",
         needs::secure | needs::one_shape | needs::one_role, who_is_not_trusted_is_refused},
    rule{"SEC-02", level::must, "A wrong host name is refused.",
         "Which name the handshake is given to compare.",
         needs::secure | needs::one_shape | needs::one_role, another_name_is_refused},
    rule{"SEC-03", level::must,
         "Certificates can be replaced while running; old connections live, new ones use the new "
         "one.",
         "When a listener looks at its certificate.", needs::secure, certificates_are_replaced},
    rule{"SEC-07", level::must,
         "Unix socket permissions follow the configuration, and the peer's credentials are shown "
         "to handlers.",
         "What the listener does with its file, and when credentials are read.", needs::identity,
         who_calls_is_known},
};

}  // namespace

std::span<rule const> security_rules() {
    return rules;
}

}  // namespace trunkline::conformance
