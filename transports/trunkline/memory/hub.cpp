#include <trunkline/memory/hub.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::memory {
namespace {

namespace net_error = boost::asio::error;

result<std::string> name_in(std::string_view url) {
    auto const endpoint = transport::parse_endpoint(url);
    if (!endpoint || endpoint->scheme != "memory" || !endpoint->host.empty()) {
        return make_error_code(transport::transport_error::invalid_endpoint);
    }
    return endpoint->target;
}

// One dial under way. Known to the dialer and to the listener's thread; whoever finds the dialer
// gone lets the answer fall.
struct dial_attempt {
    std::mutex mutex;
    transport::runtime* loop = nullptr;  // of the dialer; null once it is gone
    transport::dialer::dialed done;      // touched on the dialer's thread only
};

using attempt_pointer = std::shared_ptr<dial_attempt>;
using dial_result = result<std::unique_ptr<transport::connection>>;

// Has `what` given to the dialer on its own thread. May be called on any.
void answer(attempt_pointer const& attempt, dial_result what) {
    std::lock_guard const lock(attempt->mutex);
    if (attempt->loop == nullptr) {
        return;
    }
    // Posted work must be copyable.
    auto const kept = std::make_shared<dial_result>(std::move(what));
    attempt->loop->post([attempt, kept] {
        if (auto const done = std::exchange(attempt->done, nullptr)) {
            done(std::move(*kept));
        }
    });
}

// The duty to answer: a dial whose listener's thread ends before it looks is refused.
class dial_ticket {
public:
    explicit dial_ticket(attempt_pointer attempt) : attempt_(std::move(attempt)) {}
    dial_ticket(dial_ticket const&) = delete;
    dial_ticket& operator=(dial_ticket const&) = delete;
    ~dial_ticket() {
        if (attempt_ != nullptr) {
            answer(attempt_, error_code(net_error::connection_refused));
        }
    }

    [[nodiscard]] attempt_pointer take() noexcept { return std::exchange(attempt_, nullptr); }

private:
    attempt_pointer attempt_;
};

// What a listener is to those who dial it.
struct listening {
    transport::runtime& loop;
    link_options options;
    transport::listener::accepted sink;  // touched on the thread of `loop` only
    std::size_t waiting = 0;             // guarded by the mutex of the names
};

}  // namespace

class hub::names {
public:
    bool add(std::string const& name, std::shared_ptr<listening> who) {
        std::lock_guard const lock(mutex_);
        return listeners_.emplace(name, std::move(who)).second;
    }

    void remove(std::string const& name) {
        std::lock_guard const lock(mutex_);
        listeners_.erase(name);
    }

    // While a name is listed its runtime lives: so the post is made under the lock.
    bool dial(std::string const& name, attempt_pointer const& attempt,
              std::shared_ptr<names> const& self) {
        std::lock_guard const lock(mutex_);
        auto const found = listeners_.find(name);
        if (found == listeners_.end() || found->second->waiting == backlog_max) {
            return false;
        }
        ++found->second->waiting;
        auto const ticket = std::make_shared<dial_ticket>(attempt);
        found->second->loop.post([who = found->second, ticket, self] {
            {
                std::lock_guard const inner(self->mutex_);
                --who->waiting;
            }
            if (who->sink) {
                accept(*who, ticket->take());
            }
        });
        return true;
    }

private:
    static void accept(listening& who, attempt_pointer const& attempt) {
        link_pair ends;
        {
            std::lock_guard const lock(attempt->mutex);
            if (attempt->loop == nullptr) {
                return;
            }
            ends = make_link(*attempt->loop, who.loop, who.options);
        }
        answer(attempt, std::move(ends.dialer));
        auto const sink = who.sink;  // the sink may close the listener
        sink(std::move(ends.acceptor));
    }

    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<listening>> listeners_;
};

class memory_listener final : public transport::listener {
public:
    memory_listener(std::shared_ptr<hub::names> names, std::string name,
                    std::shared_ptr<listening> state)
        : names_(std::move(names)), name_(std::move(name)), state_(std::move(state)) {}
    ~memory_listener() override { close(); }

    void start(accepted sink) override { state_->sink = std::move(sink); }

    void close() override {
        if (names_ != nullptr) {
            std::exchange(names_, nullptr)->remove(name_);
            state_->sink = nullptr;
        }
    }

    std::string endpoint() const override { return "memory:" + name_; }

private:
    std::shared_ptr<hub::names> names_;
    std::string name_;
    std::shared_ptr<listening> state_;
};

class memory_dialer final : public transport::dialer {
public:
    memory_dialer(std::shared_ptr<hub::names> names, transport::runtime& loop)
        : names_(std::move(names)), loop_(loop) {}

    ~memory_dialer() override {
        for (auto const& attempt : std::exchange(attempts_, {})) {
            {
                std::lock_guard const lock(attempt->mutex);
                attempt->loop = nullptr;
            }
            if (auto const done = std::exchange(attempt->done, nullptr)) {
                done(error_code(net_error::operation_aborted));
            }
        }
    }

    void dial(std::string_view url, dialed done) override {
        std::erase_if(attempts_, [](auto const& attempt) { return attempt->done == nullptr; });
        auto const attempt = std::make_shared<dial_attempt>();
        attempt->loop = &loop_;
        attempt->done = std::move(done);
        attempts_.push_back(attempt);
        auto const name = name_in(url);
        if (!name) {
            answer(attempt, name.error());
        } else if (!names_->dial(*name, attempt, names_)) {
            answer(attempt, error_code(net_error::connection_refused));
        }
    }

private:
    std::shared_ptr<hub::names> names_;
    transport::runtime& loop_;
    std::vector<attempt_pointer> attempts_;
};

hub::hub() : names_(std::make_shared<names>()) {}

hub::~hub() = default;

result<std::unique_ptr<transport::listener>> hub::listen(transport::runtime& loop,
                                                         std::string_view url,
                                                         link_options const& options) {
    auto const name = name_in(url);
    if (!name) {
        return name.error();
    }
    auto const state =
        std::make_shared<listening>(listening{.loop = loop, .options = options, .sink = {}});
    if (!names_->add(*name, state)) {
        return error_code(net_error::address_in_use);
    }
    return std::unique_ptr<transport::listener>(
        std::make_unique<memory_listener>(names_, *name, state));
}

result<std::unique_ptr<transport::listener>> hub::listen(transport::runtime& loop,
                                                         std::string_view url) {
    return listen(loop, url, {.message_borders = true});
}

std::unique_ptr<transport::dialer> hub::make_dialer(transport::runtime& loop) {
    return std::make_unique<memory_dialer>(names_, loop);
}

}  // namespace trunkline::memory
