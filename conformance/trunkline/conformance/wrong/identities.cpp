// Transports that are wrong about who somebody is, or about what belongs to whom.
#include <trunkline/conformance/sockets.hpp>
#include <trunkline/conformance/wrong/changed.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

// Everything as below, but for who poses as whom.
class posing_fixture final : public fixture {
public:
    using guises = std::function<void(server_guise&, client_guise&)>;

    posing_fixture(std::unique_ptr<fixture> below, guises change, bool renews)
        : below_(std::move(below)), change_(std::move(change)), renews_(renews) {}

    transport::network& network() override { return below_->network(); }
    std::string url() override { return below_->url(); }
    faults* disturb() override { return below_->disturb(); }
    std::unique_ptr<transport::dialer> raw_dialer() override { return below_->raw_dialer(); }
    std::string silent_url() override { return below_->silent_url(); }
    std::size_t links() const override { return below_->links(); }
    void pose(server_guise server, client_guise client) override {
        change_(server, client);
        below_->pose(server, client);
    }
    void renew_certificate() override {
        if (renews_) {
            below_->renew_certificate();
        }
    }

private:
    std::unique_ptr<fixture> below_;
    guises change_;
    bool renews_;
};

subject with_guises(posing_fixture::guises const& change, bool renews = true) {
    subject right = simulated(stack::tls);
    auto const make = right.make;
    right.make = [make, change, renews](place const& where) {
        return std::make_unique<posing_fixture>(make(where), change, renews);
    };
    return right;
}

subject over_sockets(std::string_view name) {
    auto const all = socket_subjects();
    return *std::ranges::find(all, name, &subject::name);
}

// The network below, and what it does where it is to listen.
class choosing_network final : public transport::network {
public:
    using choice = std::function<std::optional<error_code>(std::string_view url)>;

    choosing_network(transport::network& below, choice refusal)
        : below_(below), refusal_(std::move(refusal)) {}
    result<std::unique_ptr<transport::listener>> listen(transport::runtime& loop,
                                                        std::string_view url) override {
        auto const refused = refusal_(url);
        return refused ? result<std::unique_ptr<transport::listener>>(*refused)
                       : below_.listen(loop, url);
    }
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override {
        return below_.make_dialer(loop);
    }

private:
    transport::network& below_;
    choice refusal_;
};

class unnamed final : public transport::passing_connection {
public:
    using passing_connection::passing_connection;
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const override {
        return std::nullopt;
    }
};

}  // namespace

void add_wrong_identities(std::vector<wrong_transport>& to) {
    to.push_back({"takes any certificate", with_guises([](server_guise& server, client_guise&) {
                      if (server != server_guise::demanding && server != server_guise::misnamed) {
                          server = server_guise::trusted;
                      }
                  }),
                  "SEC-01"});
    to.push_back({"lets anybody in", with_guises([](server_guise& server, client_guise&) {
                      if (server == server_guise::demanding) {
                          server = server_guise::trusted;
                      }
                  }),
                  "SEC-01"});
    to.push_back({"does not look at names", with_guises([](server_guise& server, client_guise&) {
                      if (server == server_guise::misnamed) {
                          server = server_guise::trusted;
                      }
                  }),
                  "SEC-02"});
    to.push_back({"shows the certificate that it had at first",
                  with_guises([](server_guise&, client_guise&) {}, false), "SEC-03"});
    to.push_back({"does not say which process calls",
                  with_network(over_sockets("unix_sockets"),
                               [](transport::network& below, transport::runtime&) {
                                   return std::make_unique<wrapping_network>(
                                       below, [](link inner, bool) {
                                           return std::make_unique<unnamed>(std::move(inner));
                                       });
                               }),
                  "SEC-07"});
    to.push_back({"does not listen where another one has died",
                  with_network(over_sockets("unix_sockets"),
                               [](transport::network& below, transport::runtime&) {
                                   return std::make_unique<choosing_network>(
                                       below,
                                       [](std::string_view url) -> std::optional<error_code> {
                                           auto const path = url.substr(url.find(':') + 1);
                                           if (std::filesystem::exists(path)) {
                                               return boost::asio::error::address_in_use;
                                           }
                                           return std::nullopt;
                                       });
                               }),
                  "EST-12"});
}

}  // namespace trunkline::conformance
