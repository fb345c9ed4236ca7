#include <trunkline/load/crowd.hpp>

#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <numeric>
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
             tally& counts, share part, meeting& with)
    : loop_(loop),
      plan_(of),
      lines_(lines),
      says_(says),
      counts_(counts),
      part_(part),
      with_(with) {
    plan_.connections = part.size(of.connections);
    plan_.concurrency = part.size(of.concurrency);
}

crowd::crowd(transport::runtime& loop, plan const& of, line_source& lines, conversation& says,
             tally& counts)
    : loop_(loop), plan_(of), lines_(lines), says_(says), counts_(counts), with_(alone_) {}

crowd::~crowd() = default;

void crowd::start(std::function<void(stage)> told) {
    told_ = std::move(told);
    if (part_.index != 0) {
        prepared(true);
        return;
    }
    says_.prepare(lines_, plan_.patience, [this](std::string const& fault) {
        if (stage_ == stage::opening && !fault.empty()) {
            counts_.fail("cannot prepare: " + fault);
        }
        prepared(fault.empty());
    });
}

void crowd::prepared(bool is_well) {
    if (stage_ != stage::opening) {
        return;  // stopped meanwhile
    }
    with_.come(part_.index, loop_, is_well ? 1 : 0, [this](agreement const& all) {
        if (stage_ != stage::opening) {
            return;
        }
        if (all.said[0] == 0) {
            finish();
        } else {
            opening_since_ = all.at;
            open_more();
        }
    });
}

void crowd::stop() {
    if (stage_ == stage::opening) {
        attempts_.clear();
        part();
    } else if (stage_ == stage::running) {
        is_stopped_ = true;
        if (is_speaking_) {
            settle();
        }
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
        auto const due = connect_due(part_.number(begun_));
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
    std::size_t const number = part_.number(begun_++);
    auto const made = attempts_.insert(attempts_.end(), attempt{due, number});
    made->deadline = loop_.after(plan_.patience, [this, made] {
        opened(made, make_error_code(transport::transport_error::handshake_timeout));
    });
    made->opening =
        lines_.open(number, [this, made](result<std::unique_ptr<transport::connection>> link) {
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
        wait_for_others();
        return;
    }
    step_ = loop_.after(look_interval, [this] { look_for_welcomes(); });
}

void crowd::wait_for_others() {
    std::erase(members_, nullptr);
    for (std::size_t at = 0; at < members_.size(); ++at) {
        members_[at]->begin(at);
    }
    with_.come(part_.index, loop_, members_.size(), [this](agreement const& all) {
        if (stage_ == stage::opening) {
            run(all);
        }
    });
}

// Running
// ------------------------------------------------------------------------------------------------

// Places are those of the first crowd, then of the next.
void crowd::run(agreement const& all) {
    if (members_.empty()) {
        finish();
        return;
    }
    auto const own = all.said.begin() + static_cast<std::ptrdiff_t>(part_.index);
    first_place_ = std::accumulate(all.said.begin(), own, std::size_t{0});
    std::size_t const everybody = std::accumulate(own, all.said.end(), first_place_);
    for (std::size_t at = 0; at < members_.size(); ++at) {
        if (members_[at]) {
            members_[at]->begin(first_place_ + at);
        }
    }
    go_to(stage::running);
    begin_ = all.at;
    counts_.received_before = std::exchange(counts_.received, {});
    std::size_t const senders = plan_.senders == 0 ? everybody : std::min(plan_.senders, everybody);
    senders_ = std::min(senders - std::min(senders, first_place_), members_.size());
    schedule_ = schedule(senders, plan_.message_rate == 0 ? senders : plan_.message_rate);
    count_seconds();
    // Nobody speaks before all know what a message that they hear has to be.
    with_.come(part_.index, loop_, 0, [this](agreement const&) { speak(); });
}

void crowd::speak() {
    is_speaking_ = true;
    if (is_stopped_) {
        settle();
        return;
    }
    end_ = loop_.after(std::max(begin_ + plan_.lasts - loop_.now(), 0us), [this] { settle(); });
    if (plan_.silent) {
        return;
    }
    if (!plan_.closed_loop) {
        send_due();
        return;
    }
    for (std::size_t at = 0; at < senders_ * plan_.depth; ++at) {
        if (auto const& one = members_[at % senders_]) {
            ++counts_.due;
            one->send_one();
        }
    }
}

// The number among the messages of all crowds.
std::uint64_t crowd::message_of(std::uint64_t own) const noexcept {
    return own / senders_ * schedule_.senders() + first_place_ + own % senders_;
}

// What is due to a sender that has gone is nobody's: its loss is counted.
void crowd::send_due() {
    if (senders_ == 0) {
        return;
    }
    auto const now = loop_.now() - begin_;
    auto due = schedule_.due(message_of(next_));
    while (due <= now && due < plan_.lasts) {
        if (auto const& one = members_[next_++ % senders_]) {
            ++counts_.due;
            one->send_one();
        }
        due = schedule_.due(message_of(next_));
    }
    if (due < plan_.lasts) {
        step_ = loop_.after(std::max(begin_ + due - loop_.now(), 0us), [this] { send_due(); });
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
    members_[place - first_place_].reset();
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
    if (!all_there && loop_.now() - settling_since_ < plan_.patience) {
        step_ = loop_.after(look_interval, [this] { look_for_missing(); });
        return;
    }
    if (all_is_sent_) {
        counts_.elapsed = loop_.now() - begin_;
    }
    // What members of this crowd have to receive is known when all crowds have sent everything.
    with_.come(part_.index, loop_, 0, [this](agreement const&) {
        if (std::exchange(all_is_sent_, true)) {
            part();
        } else {
            look_for_missing();
        }
    });
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
    with_.leave(part_.index);
    go_to(stage::over);
}

void crowd::go_to(stage next) {
    stage_ = next;
    told_(next);
}

}  // namespace trunkline::load
