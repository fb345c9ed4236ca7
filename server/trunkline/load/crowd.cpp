#include <trunkline/load/crowd.hpp>

#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::load {

using namespace std::chrono_literals;
using transport::runtime;

namespace {

// How often it is looked whether the welcomes, or the last answers, have come.
constexpr std::chrono::milliseconds look_interval{5};

// Whether the seconds have all messages: else there was more after the last whole one.
bool is_told(tally const& counts) {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    for (second const& each : counts.seconds) {
        sent += each.sent;
        received += each.received;
    }
    return sent == counts.sent.messages && received == counts.received.messages;
}

}  // namespace

/// A connection that is being opened.
struct crowd::attempt {
    runtime::time_point due;
    std::size_t number = 0;
    std::unique_ptr<transport::pending_connection> opening = {};
    std::unique_ptr<transport::timer> deadline = {};
};

crowd::crowd(transport::runtime& loop, plan const& of, line_source& lines, conversation& says,
             tally& counts)
    : loop_(loop), plan_(of), lines_(lines), says_(says), counts_(counts) {}

crowd::~crowd() = default;

void crowd::start(std::function<void(stage)> told) {
    told_ = std::move(told);
    says_.prepare(lines_, plan_.patience, [this](std::string const& fault) {
        if (stage_ != stage::opening) {
            return;  // stopped meanwhile
        }
        if (!fault.empty()) {
            counts_.fail("cannot prepare: " + fault);
            finish();
        } else {
            opening_since_ = loop_.now();
            open_more();
        }
    });
}

void crowd::stop() {
    if (stage_ == stage::opening) {
        attempts_.clear();
        part();
    } else if (stage_ == stage::running) {
        settle();
    }
}

runtime::duration crowd::running_for() const noexcept {
    return stage_ == stage::opening ? runtime::duration(0) : loop_.now() - begin_;
}

runtime::time_point crowd::due_at(std::size_t place, std::uint64_t message) const {
    return begin_ + schedule_.due(place, message);
}

bool crowd::goes_on() const noexcept {
    return plan_.closed_loop && stage_ == stage::running;
}

// Opening
// ------------------------------------------------------------------------------------------------

// Without a rate a connection is due when there is room for it.
runtime::time_point crowd::connect_due(std::size_t number) const {
    return plan_.connect_rate == 0 ? loop_.now()
                                   : opening_since_ + schedule(1, plan_.connect_rate).due(number);
}

void crowd::open_more() {
    step_.reset();
    auto const now = loop_.now();
    while (begun_ < plan_.connections && attempts_.size() < plan_.concurrency) {
        auto const due = connect_due(begun_);
        if (due > now) {
            step_ = loop_.after(due - now, [this] { open_more(); });
            return;
        }
        open_one(due);
    }
    if (begun_ == plan_.connections && attempts_.empty()) {
        counts_.opening = now - opening_since_;
        opened_at_ = now;
        look_for_welcomes();
    }
}

void crowd::open_one(time_point due) {
    auto const made = attempts_.insert(attempts_.end(), attempt{due, begun_});
    made->deadline = loop_.after(plan_.patience, [this, made] {
        opened(made, make_error_code(transport::transport_error::handshake_timeout));
    });
    made->opening =
        lines_.open(begun_++, [this, made](result<std::unique_ptr<transport::connection>> link) {
            opened(made, std::move(link));
        });
}

void crowd::opened(std::list<attempt>::iterator which,
                   result<std::unique_ptr<transport::connection>> made) {
    auto const due = which->due;
    auto const number = which->number;
    attempts_.erase(which);
    if (made) {
        counts_.connects.add(static_cast<std::uint64_t>((loop_.now() - due).count()));
        ++counts_.opened;
        ++open_;
        members_.push_back(says_.join(*this, number, std::move(*made)));
        members_.back()->begin(members_.size() - 1);
    } else {
        ++counts_.unopened;
        counts_.fail("cannot connect: " + made.error().message());
    }
    if (begun_ == plan_.connections && attempts_.empty()) {
        // Not from inside of what has called.
        step_ = loop_.after(0us, [this] { open_more(); });
    } else {
        open_more();
    }
}

void crowd::look_for_welcomes() {
    step_.reset();
    bool const all_in =
        std::ranges::all_of(members_, [](auto const& one) { return !one || one->is_let_in(); });
    if (all_in || loop_.now() - opened_at_ >= welcome_time) {
        run();
        return;
    }
    step_ = loop_.after(look_interval, [this] { look_for_welcomes(); });
}

// Running
// ------------------------------------------------------------------------------------------------

void crowd::run() {
    std::erase(members_, nullptr);
    for (std::size_t place = 0; place < members_.size(); ++place) {
        members_[place]->begin(place);
    }
    if (members_.empty()) {
        finish();
        return;
    }
    go_to(stage::running);
    begin_ = loop_.now();
    counts_.received_before = std::exchange(counts_.received, {});
    std::size_t const senders =
        plan_.senders == 0 ? members_.size() : std::min(plan_.senders, members_.size());
    schedule_ = schedule(senders, plan_.message_rate == 0 ? senders : plan_.message_rate);
    count_seconds();
    end_ = loop_.after(plan_.lasts, [this] { settle(); });
    if (plan_.silent) {
        return;
    }
    if (!plan_.closed_loop) {
        send_due();
        return;
    }
    for (std::size_t at = 0; at < senders * plan_.depth; ++at) {
        if (auto const& one = members_[at % senders]) {
            ++counts_.due;
            one->send_one();
        }
    }
}

// What is due to a sender that has gone is nobody's: its loss is counted.
void crowd::send_due() {
    auto const now = loop_.now() - begin_;
    while (schedule_.due(next_) <= now && schedule_.due(next_) < plan_.lasts) {
        if (auto const& one = members_[schedule_.sender(next_++)]) {
            ++counts_.due;
            one->send_one();
        }
    }
    if (schedule_.due(next_) < plan_.lasts) {
        step_ = loop_.after(std::max(begin_ + schedule_.due(next_) - loop_.now(), 0us),
                            [this] { send_due(); });
    }
}

void crowd::count_seconds() {
    auto const next = begin_ + (counts_.seconds.size() + 1) * 1s;
    seconds_ = loop_.after(std::max<runtime::duration>(next - loop_.now(), 0us), [this] {
        counts_.end_second();
        count_seconds();
    });
}

void crowd::over(std::size_t place, std::string const& cause) {
    members_[place].reset();
    --open_;
    if (stage_ < stage::parting) {
        ++counts_.lost;
        counts_.fail(cause.empty() ? "closed by the server" : cause);
    } else if (open_ == 0) {
        // Not from inside of the member that is over.
        end_ = loop_.after(0us, [this] { finish(); });
    }
}

// The end
// ------------------------------------------------------------------------------------------------

void crowd::settle() {
    if (!plan_.silent && !plan_.closed_loop) {
        send_due();  // what was due and waited for its turn
    }
    go_to(stage::settling);
    step_.reset();
    end_.reset();
    settling_since_ = loop_.now();
    look_for_missing();
}

void crowd::look_for_missing() {
    bool const all_there =
        std::ranges::all_of(members_, [](auto const& one) { return !one || one->missing() == 0; });
    if (all_there || loop_.now() - settling_since_ >= plan_.patience) {
        counts_.elapsed = loop_.now() - begin_;
        part();
        return;
    }
    step_ = loop_.after(look_interval, [this] { look_for_missing(); });
}

void crowd::part() {
    if (stage_ == stage::settling) {
        for (auto const& one : members_) {
            if (auto const missing = one ? one->missing() : 0; missing != 0) {
                counts_.fail("no answer in time", missing);
            }
        }
        if (!is_told(counts_)) {
            counts_.end_second();
        }
    }
    go_to(stage::parting);
    seconds_.reset();
    for (auto const& one : members_) {
        if (one) {
            one->close();
        }
    }
    end_ = loop_.after(open_ == 0 ? 0ms : parting_time, [this] { finish(); });
}

void crowd::finish() {
    step_.reset();
    seconds_.reset();
    auto const last = std::move(end_);  // what calls this
    members_.clear();
    open_ = 0;
    go_to(stage::over);
}

void crowd::go_to(stage next) {
    stage_ = next;
    told_(next);
}

}  // namespace trunkline::load
