// Listeners and dialers that are wrong.
#include <trunkline/conformance/frame_peer.hpp>
#include <trunkline/conformance/wrong/changed.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

namespace net_error = boost::asio::error;
using transport::connection;

// A network with one function changed.
class changed_network : public transport::network {
public:
    explicit changed_network(transport::network& below) : below_(below) {}
    result<std::unique_ptr<transport::listener>> listen(transport::runtime& loop,
                                                        std::string_view url) override {
        return below_.listen(loop, url);
    }
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override {
        return below_.make_dialer(loop);
    }

private:
    transport::network& below_;
};

// Dials through another one, with the outcome changed.
class changed_dialer final : public transport::dialer {
public:
    using outcome = result<link>;
    using change = std::function<void(outcome, dialed const&)>;

    changed_dialer(std::unique_ptr<dialer> below, change made)
        : below_(std::move(below)), change_(std::make_shared<change>(std::move(made))) {}
    void dial(std::string_view url, dialed done) override {
        below_->dial(url, [done = std::move(done), change = change_](outcome made) {
            (*change)(std::move(made), done);
        });
    }

private:
    std::unique_ptr<dialer> below_;
    std::shared_ptr<change> change_;
};

class dialing_network final : public changed_network {
public:
    dialing_network(transport::network& below, changed_dialer::change change)
        : changed_network(below), change_(std::move(change)) {}
    std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override {
        return std::make_unique<changed_dialer>(changed_network::make_dialer(loop), change_);
    }

private:
    changed_dialer::change change_;
};

class changed_listener final : public transport::listener {
public:
    struct changes {
        std::function<void(listener&, accepted)> start = {};
        std::function<void(listener&)> close = {};
        std::function<std::string(listener const&)> endpoint = {};
    };

    changed_listener(std::unique_ptr<listener> below, changes made)
        : below_(std::move(below)), changes_(std::move(made)) {}
    void start(accepted sink) override {
        changes_.start ? changes_.start(*below_, std::move(sink)) : below_->start(std::move(sink));
    }
    void close() override { changes_.close ? changes_.close(*below_) : below_->close(); }
    std::string endpoint() const override {
        return changes_.endpoint ? changes_.endpoint(*below_) : below_->endpoint();
    }

private:
    std::unique_ptr<listener> below_;
    changes changes_;
};

class listening_network final : public changed_network {
public:
    listening_network(transport::network& below,
                      std::function<changed_listener::changes()> make_changes)
        : changed_network(below), make_changes_(std::move(make_changes)) {}
    result<std::unique_ptr<transport::listener>> listen(transport::runtime& loop,
                                                        std::string_view url) override {
        auto made = changed_network::listen(loop, url);
        if (!made) {
            return made.error();
        }
        return std::unique_ptr<transport::listener>(
            std::make_unique<changed_listener>(std::move(*made), make_changes_()));
    }

private:
    std::function<changed_listener::changes()> make_changes_;
};

subject with_dials(changed_dialer::change const& change) {
    return with_network(stack::plain, [change](transport::network& below, transport::runtime&) {
        return std::make_unique<dialing_network>(below, change);
    });
}

subject with_listeners(std::function<changed_listener::changes()> const& make_changes) {
    return with_network(stack::plain,
                        [make_changes](transport::network& below, transport::runtime&) {
                            return std::make_unique<listening_network>(below, make_changes);
                        });
}

// The accepted connections of one network: where one is closed or broken off, all break.
subject with_one_fate() {
    return with_network(stack::plain, [](transport::network& below, transport::runtime&) {
        auto const given = std::make_shared<std::set<connection*>>();
        class fated final : public transport::passing_connection {
        public:
            fated(link inner, std::shared_ptr<std::set<connection*>> others)
                : passing_connection(std::move(inner)), others_(std::move(others)) {
                others_->insert(&this->inner());
            }
            ~fated() override { others_->erase(&inner()); }
            void close(transport::close_code code, std::string_view why) override {
                passing_connection::close(code, why);
                for (auto* const each : *others_) {
                    if (each != &inner()) {
                        each->abort();
                    }
                }
            }

        private:
            std::shared_ptr<std::set<connection*>> others_;
        };
        return std::make_unique<wrapping_network>(below, [given](link inner, bool dialled) {
            return dialled ? std::move(inner) : std::make_unique<fated>(std::move(inner), given);
        });
    });
}

// Sends a cancel of no stream now and then, for as long as ten seconds.
subject with_chatter() {
    return with_network(stack::plain, [](transport::network& below, transport::runtime& loop) {
        class chatty final : public transport::passing_connection {
        public:
            chatty(link inner, transport::runtime& loop)
                : passing_connection(std::move(inner)), loop_(loop) {
                again();
            }

        private:
            void again() {
                next_ = loop_.after(std::chrono::milliseconds(100), [this] {
                    auto const word = frame_of(frame::kind::cancel, 0x00fe'0000, 0);
                    out_segment const all{as_bytes(word), word.size()};
                    static_cast<void>(inner().write({&all, 1}));
                    if (++said_ < 100) {
                        again();
                    }
                });
            }

            transport::runtime& loop_;
            int said_ = 0;
            std::unique_ptr<transport::timer> next_;
        };
        return std::make_unique<wrapping_network>(below, [&loop](link inner, bool) {
            return std::make_unique<chatty>(std::move(inner), loop);
        });
    });
}

void add_wrong_dials(std::vector<wrong_transport>& all) {
    using outcome = changed_dialer::outcome;
    using dialed = transport::dialer::dialed;
    all.push_back(
        {"says nothing where nobody listens", with_dials([](outcome made, dialed const& done) {
             if (made) {
                 done(std::move(made));
             }
         })});
    all.push_back({"names another error where nobody listens",
                   with_dials([](outcome made, dialed const& done) {
                       done(made ? std::move(made)
                                 : outcome(error_code(net_error::host_not_found)));
                   })});
    all.push_back({"takes any URL", with_dials([](outcome made, dialed const& done) {
                       bool const invalid =
                           !made && made.error() == transport::transport_error::invalid_endpoint;
                       done(invalid ? outcome(error_code(net_error::connection_refused))
                                    : std::move(made));
                   })});
    all.push_back({"fails every second dial",
                   with_dials([dials = std::make_shared<int>(0)](outcome made, dialed const& done) {
                       if (made && ++*dials % 2 == 0) {
                           made = error_code(net_error::timed_out);
                       }
                       done(std::move(made));
                   })});
}

void add_wrong_listeners(std::vector<wrong_transport>& all) {
    all.push_back({"names an endpoint where it is not", with_listeners([] {
                       return changed_listener::changes{
                           .endpoint = [](auto const& of) { return of.endpoint() + "0"; }};
                   })});
    all.push_back({"goes on accepting after it was closed", with_listeners([] {
                       return changed_listener::changes{.close = [](auto&) {}};
                   })});
    all.push_back({"drops what it accepts", with_listeners([] {
                       return changed_listener::changes{.start = [](auto& on, auto) {
                           on.start([](link made) { made.reset(); });
                       }};
                   })});
    all.push_back({"accepts one connection and no further one", with_listeners([] {
                       return changed_listener::changes{.start = [](auto& on, auto sink) {
                           on.start([sink, count = 0](link made) mutable {
                               if (++count == 1) {
                                   sink(std::move(made));
                               }
                           });
                       }};
                   })});
    all.push_back({"takes its connections with it",
                   with_network(stack::plain, [](transport::network& below, transport::runtime&) {
                       // Links are given out through a shared end that the listener breaks.
                       using all_links = std::vector<connection*>;
                       return std::make_unique<listening_network>(below, [] {
                           auto const given = std::make_shared<all_links>();
                           return changed_listener::changes{
                               .start =
                                   [given](auto& on, auto sink) {
                                       on.start([sink, given](link made) {
                                           given->push_back(made.get());
                                           sink(std::move(made));
                                       });
                                   },
                               .close =
                                   [given](auto& on) {
                                       on.close();
                                       for (auto* const each : *given) {
                                           each->abort();
                                       }
                                   }};
                       });
                   })});
    all.push_back({"accepts three connections in all", with_listeners([] {
                       return changed_listener::changes{.start = [](auto& on, auto sink) {
                           on.start([sink, count = 0](link made) mutable {
                               if (++count <= 3) {
                                   sink(std::move(made));
                               }
                           });
                       }};
                   }),
                   "LIM-06"});
    all.push_back({"breaks all connections when one has to go", with_one_fate(), "LIM-11"});
    all.push_back({"says something of its own every 100 ms", with_chatter(), "CAN-01"});
    all.push_back({"does not see that somebody listens there",
                   with_network(stack::plain, [](transport::network& below, transport::runtime&) {
                       // The second listener of an address gets another address, and nobody is
                       // told.
                       class deaf final : public changed_network {
                       public:
                           using changed_network::changed_network;
                           result<std::unique_ptr<transport::listener>> listen(
                               transport::runtime& loop, std::string_view url) override {
                               auto made = changed_network::listen(loop, url);
                               return made ? std::move(made)
                                           : changed_network::listen(loop, std::string(url) + "1");
                           }
                       };
                       return std::make_unique<deaf>(below);
                   })});
}

}  // namespace

void add_wrong_networks(std::vector<wrong_transport>& to) {
    add_wrong_dials(to);
    add_wrong_listeners(to);
}

}  // namespace trunkline::conformance
