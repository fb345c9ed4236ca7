#include <trunkline/peer/line.hpp>

#include <trunkline/rpc/error.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::peers {
namespace {

/// More is as good as none, and would not fit into the clock.
constexpr std::chrono::hours timeout_max{24 * 365 * 10};

}  // namespace

/// Posted when the inbox gets its first task. Dropped with its loop, it drops the tasks.
class line::wake {
public:
    explicit wake(std::shared_ptr<line> of) noexcept : line_(std::move(of)) {}
    wake(wake const&) = delete;
    wake& operator=(wake const&) = delete;
    ~wake() {
        if (line_ != nullptr) {
            line_->drop_inbox();
        }
    }
    void operator()() {
        if (!line_->where().is_shut()) {
            std::exchange(line_, nullptr)->run_inbox();
        }
    }

private:
    std::shared_ptr<line> line_;
};

void line::submit(std::shared_ptr<task> work) {
    if (where_->is_here()) {
        work->run(*this);
    } else {
        submit_later(std::move(work));
    }
}

void line::submit_later(std::shared_ptr<task> work) {
    bool first = false;
    {
        std::lock_guard const lock(mutex_);
        inbox_.push_back(std::move(work));
        first = inbox_.size() == 1;
    }
    if (first) {
        auto const waking = std::make_shared<wake>(shared_from_this());
        // Destroyed at once where the loop has gone.
        static_cast<void>(where_->post([waking] { (*waking)(); }));
    }
}

void line::run_inbox() {
    std::vector<std::shared_ptr<task>> taken;
    {
        std::lock_guard const lock(mutex_);
        taken.swap(inbox_);
    }
    auto const self = shared_from_this();
    for (auto& each : taken) {
        std::exchange(each, nullptr)->run(*this);
    }
}

void line::drop_inbox() {
    std::vector<std::shared_ptr<task>> dropped;
    {
        std::lock_guard const lock(mutex_);
        dropped.swap(inbox_);
    }
    for (auto const& each : dropped) {
        each->drop(rpc::rpc_error::not_connected);
    }
}

std::string line::peer_name() const {
    std::lock_guard const lock(mutex_);
    return peer_name_;
}

std::optional<transport::peer_credentials> line::credentials() const {
    std::lock_guard const lock(mutex_);
    return credentials_;
}

std::optional<transport::peer_certificate> line::certificate() const {
    std::lock_guard const lock(mutex_);
    return certificate_;
}

std::optional<transport::close_reason> line::farewell() const {
    std::lock_guard const lock(mutex_);
    return farewell_ ? std::optional(*farewell_) : std::nullopt;
}

void line::attach(transport::driver& driver) {
    driver_ = &driver;
    ++connection_;
    connected_ = !reconnecting_;
    std::string name = driver.peer_name();
    auto const who = driver.credentials();
    auto shown = driver.certificate();
    std::lock_guard const lock(mutex_);
    peer_name_ = std::move(name);
    credentials_ = who;
    certificate_ = std::move(shown);
    farewell_.reset();
}

void line::admit() {
    reconnecting_ = false;
    connected_ = driver_ != nullptr;
    waiting_.offer(*this);
}

void line::detach(bool another_follows) {
    connected_ = false;
    if (driver_ != nullptr) {
        note_farewell(driver_->farewell());
    }
    driver_ = nullptr;
    reconnecting_ = another_follows;
    stop_handlers();
    if (!another_follows) {
        give_up(rpc::rpc_error::connection_lost);
    }
}

void line::note_farewell(std::optional<transport::close_reason> said) {
    if (said) {
        auto kept = std::make_unique<transport::close_reason>(std::move(*said));
        std::lock_guard const lock(mutex_);
        farewell_ = std::move(kept);
    }
}

void line::give_up(error_code why) {
    reconnecting_ = false;
    comes_back_ = false;
    stop_coming_back_ = nullptr;
    timeouts_.clear();
    waiting_.refuse_all(why);
}

bool line::is_worth_waiting(error_code why) const noexcept {
    bool const next_one =
        why == rpc::rpc_error::not_connected || why == rpc::rpc_error::peer_going_away;
    return why == rpc::rpc_error::too_many_calls || (next_one && comes_back_ && calls_wait_);
}

void line::close(transport::close_reason const& why) {
    comes_back_ = false;
    auto const stop = std::exchange(stop_coming_back_, nullptr);
    if (driver_ != nullptr && !reconnecting_) {
        driver_->close(why.code, why.text);
        stop_handlers();
    } else if (stop) {
        stop();
    }
}

void line::stop_handlers() {
    auto const stopped = std::exchange(running_, {});
    for (auto const& each : stopped) {
        each->among_ = nullptr;
    }
    for (auto const& each : stopped) {
        each->stop();
    }
}

void line::keep(std::shared_ptr<running_call> const& call) {
    call->place_ = running_.insert(running_.end(), call);
    call->among_ = &running_;
}

void line::begin(std::shared_ptr<running_call> const& call,
                 std::optional<std::chrono::steady_clock::time_point> deadline) {
    keep(call);
    if (deadline) {
        auto const when = std::chrono::ceil<transport::runtime::duration>(*deadline);
        timeouts_.add(where_->loop(), when, call);
    }
}

void line::end(running_call& call) {
    if (running_call::list* const among = std::exchange(call.among_, nullptr)) {
        among->erase(call.place_);  // the caller keeps it
    }
}

std::chrono::milliseconds line::request_timeout() const noexcept {
    return std::min<std::chrono::milliseconds>(services_->request_timeout, timeout_max);
}

void line::limit(std::weak_ptr<with_deadline> who, transport::runtime::duration timeout) {
    auto& loop = where_->loop();
    timeouts_.add(loop, loop.now() + timeout, std::move(who));
}

transport::runtime::duration line::bounded(std::chrono::milliseconds timeout) noexcept {
    return std::clamp<std::chrono::milliseconds>(timeout, -timeout_max, timeout_max);
}

}  // namespace trunkline::peers
