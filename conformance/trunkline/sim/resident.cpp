#include <trunkline/sim/resident.hpp>

#include <trunkline/base/noise.hpp>
#include <trunkline/store_service/methods.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>

namespace trunkline::sim {

using namespace std::chrono_literals;
using boost::asio::use_awaitable;

namespace {

// Calls of one resident that are under way at the same time.
constexpr std::size_t calls_at_once_max = 8;

// In which every call is answered where nothing is wrong.
constexpr auto peace_timeout = 5s;

// The same everywhere, unlike the texts of the system's errors.
std::string describe(call_failure const& why) {
    return std::string(why.error.category().name()) + ' ' + std::to_string(why.error.value()) +
           (why.progress == call_progress::not_sent ? ", not sent" : "");
}

std::string explain(call_failure const& why) {
    auto text = why.error.message();
    return why.message.empty() ? text : text + " (" + why.message + ")";
}

template <class Answer>
std::optional<call_failure> failure_of(Answer const& answer) {
    return answer ? std::nullopt : std::optional(answer.error());
}

template <class Answer>
std::uint64_t tail_of(Answer const& answer) {
    return answer ? (*answer)->tail_offset : 0;
}

}  // namespace

std::string bytes_of_value(std::string const& name) {
    std::uint64_t seed = 0;
    for (char const each : name) {
        seed = seed * 31 + static_cast<unsigned char>(each);
    }
    auto const drawn = next_noise(seed) >> 40;
    auto const size = drawn % 40 == 0  ? drawn % 20'000
                      : drawn % 8 == 0 ? drawn % 2'000
                                       : drawn % 50;
    return name + ":" + noise(size, seed);
}

std::optional<std::string> name_of_value(std::string_view bytes) {
    std::string name(bytes.substr(0, bytes.find(':')));
    return bytes_of_value(name) == bytes ? std::optional(std::move(name)) : std::nullopt;
}

void resident::arrive() {
    auto& random = where_.at.random();
    auto building = where_.at.a_client(where_.runs.plan().url);
    building.layout(random.one_in(2) ? frame::layout::a : frame::layout::b)
        .extension(random.one_in(2));
    if (where_.parts.client != nullptr) {
        where_.parts.client(building);
    }
    building.async_connect([self = shared_from_this()](result<rpc_client> made) {
        self->where_.at.expect(made.has_value(), self->name_ + " cannot connect");
        if (made) {
            self->client_.emplace(std::move(*made));
            self->where_.at.tell(self->name_, "arrives at " + self->where_.runs.plan().url);
        }
    });
}

void resident::live() {
    if (is_resting_) {
        return;
    }
    for (auto left = where_.at.random().between(1, 4); left > 0; --left) {
        if (under_way_ < calls_at_once_max) {
            act();
        }
    }
    where_.at.after(where_.at.random().between(50ms, 3s), [weak = weak_from_this()] {
        if (auto const self = weak.lock()) {
            self->live();
        }
    });
}

void resident::act() {
    auto& random = where_.at.random();
    switch (random.below(12)) {
        case 0:
        case 1:
        case 2:
            return spawn(write(random.one_in(4)));
        case 3:
            return spawn(remove());
        case 4:
            return spawn(write_all());
        case 5:
        case 6:
            return spawn(read(random.below(keys_max)));
        case 7:
            return spawn(read_all());
        case 8:
            return spawn(order(random.one_in(3)));
        case 9:
            return spawn(listen(random.below(12)));
        case 10:
            return spawn(tell(random.below(12)));
        default:
            return spawn(converse(random.below(8)));
    }
}

void resident::call_everything() {
    spawn(order(false));
    spawn(write(false));
    spawn(read_all());
    spawn(listen(5));
    spawn(tell(5));
    spawn(converse(5));
}

void resident::look() {
    for (std::size_t i = 0; i < keys_max; ++i) {
        spawn(read(i));
    }
}

void resident::settle() {
    for (std::size_t i = 0; i < keys_max; ++i) {
        spawn(read(i, true));
    }
}

void resident::spawn(work what) {
    ++under_way_;
    boost::asio::co_spawn(where_.at.loop().executor(), std::move(what),
                          [self = shared_from_this()](std::exception_ptr thrown) {
                              --self->under_way_;
                              self->where_.at.expect(thrown == nullptr, "something was thrown");
                          });
}

std::string resident::key(std::size_t which) const {
    return name_ + "/" + std::to_string(which);
}

resident::made_call resident::begin(std::string const& what, bool may_repeat) {
    made_call made{};
    made.may_repeat = may_repeat;
    made.options.repeatable = may_repeat;
    made.options.timeout =
        where_.peace ? peace_timeout : std::chrono::seconds(where_.at.random().between(1, 20));
    made.links = where_.at.network().made(where_.runs.plan().url);
    made.disk_failures = where_.runs.disk_failures();
    made.was_failing = where_.runs.is_failing();
    made.life = where_.values.life();
    made.tail = where_.values.tail();
    made.number = where_.at.calls().begin(name_, what, *made.options.timeout);
    if (where_.parts.call != nullptr) {
        where_.parts.call(made.options);
    }
    return made;
}

void resident::end(made_call const& of, std::optional<call_failure> const& why) {
    where_.at.calls().end(of.number, why ? describe(*why) : "done", why ? explain(*why) : "");
    where_.at.expect(!why || !where_.peace,
                     name_ + " is not answered though nothing is wrong any more");
    where_.at.expect(!why || may_fail(of, *why), name_ +
                                                     " meets an error that no fault explains: " +
                                                     (why ? describe(*why) : std::string()));
}

// Links break, and calls take too long; a store refuses once its disk has failed.
bool resident::may_fail(made_call const& of, call_failure const& why) const {
    bool const disk_failed = of.was_failing || where_.runs.disk_failures() != of.disk_failures;
    return why.error == rpc::rpc_error::connection_lost ||
           why.error == rpc::rpc_error::not_connected || why.error == call_error::deadline_passed ||
           why.error == rpc::rpc_error::deadline_passed ||
           (disk_failed &&
            (why.error == call_error::refused || why.error == call_error::system_failure));
}

void resident::end_write(made_call const& of, std::optional<call_failure> const& why,
                         std::uint64_t tail, std::vector<std::string> const& keys, bool grows) {
    // It is repeated over a link that was dialled since it began.
    bool const twice =
        of.may_repeat && where_.at.network().made(where_.runs.plan().url) != of.links;
    if (!why && of.life == where_.values.life()) {
        where_.at.expect(grows ? tail > of.tail : tail >= of.tail, "the tail of a store goes back");
        where_.values.acknowledge_tail(tail);
    }
    for (auto const& each : keys) {
        if (!why) {
            where_.values.acknowledge(each, twice);
        } else {
            where_.values.fail(each, why->progress == call_progress::not_sent
                                         ? expected_values::failed::for_sure
                                         : expected_values::failed::perhaps);
        }
    }
    end(of, why);
}

resident::work resident::write(bool may_repeat) {
    auto const name = key(where_.at.random().below(keys_max));
    if (where_.values.is_being_written(name)) {
        co_return;
    }
    auto const value = name_ + "." + std::to_string(++values_);
    auto const bytes = bytes_of_value(value);
    auto const made = begin("writes " + value + " to " + name, may_repeat);
    where_.values.begin(name, value);
    store_service::write_request const request{as_bytes(name), as_bytes(bytes)};
    auto const answer =
        co_await client_->async_call(store_service::write, request, made.options, use_awaitable);
    end_write(made, failure_of(answer), tail_of(answer), {name});
}

resident::work resident::remove() {
    auto const name = key(where_.at.random().below(keys_max));
    if (where_.values.is_being_written(name)) {
        co_return;
    }
    auto const made = begin("removes " + name);
    where_.values.begin(name, {});
    store_service::key_request const request{as_bytes(name)};
    auto const answer =
        co_await client_->async_call(store_service::remove, request, made.options, use_awaitable);
    end_write(made, failure_of(answer), tail_of(answer), {name}, false);
}

resident::work resident::write_all() {
    std::vector<std::string> names;
    std::vector<std::string> bytes;
    auto const value = name_ + "." + std::to_string(++values_);
    for (std::size_t i = 0; i < keys_max; ++i) {
        if (auto name = key(i); !where_.values.is_being_written(name)) {
            names.push_back(std::move(name));
        }
    }
    if (names.empty()) {
        co_return;
    }
    where_.values.begin_all(names, value);
    auto const payload = bytes_of_value(value);
    store_service::batch_write_request request;
    for (auto const& each : names) {
        request.entries.push_back({as_bytes(each), as_bytes(payload)});
    }
    auto const made = begin("writes " + value + " to " + std::to_string(names.size()) + " keys");
    auto const answer = co_await client_->async_call(store_service::batch_write, std::move(request),
                                                     made.options, use_awaitable);
    end_write(made, failure_of(answer), tail_of(answer), names);
}

void resident::check(std::string const& key, expected_values::answers const& allowed,
                     std::optional<bytes_view> const& found) {
    auto const value = found ? name_of_value(as_text(*found)) : std::optional(std::string());
    where_.at.expect(value.has_value(), "a value has bytes that nobody wrote: " + key);
    where_.at.expect(!value || expected_values::allows(allowed, *value),
                     key + " has the value '" + value.value_or("") +
                         "', which is not the last one acknowledged");
}

resident::work resident::read(std::size_t which, bool settles) {
    auto const name = key(which);
    auto const made = begin("reads " + name, true);
    auto const allowed = where_.values.reading(name);
    store_service::key_request const request{as_bytes(name)};
    auto const answer =
        co_await client_->async_call(store_service::read, request, made.options, use_awaitable);
    if (answer) {
        auto const& found = (*answer)->entry_payload;
        check(name, allowed, found);
        if (settles) {
            auto const value = found ? name_of_value(as_text(*found)) : std::string();
            where_.at.expect(value && where_.values.settle(name, *value),
                             name + " has a value that it cannot have");
        }
    }
    end(made, failure_of(answer));
}

resident::work resident::read_all() {
    auto const names = where_.values.keys();
    std::vector<expected_values::answers> allowed;
    store_service::batch_read_request request;
    for (auto const& each : names) {
        allowed.push_back(where_.values.reading(each));
        request.keys.push_back(as_bytes(each));
    }
    auto const made = begin("reads " + std::to_string(names.size()) + " keys", true);
    auto const answer = co_await client_->async_call(store_service::batch_read, std::move(request),
                                                     made.options, use_awaitable);
    if (answer) {
        auto const& found = (*answer)->entries_payloads;
        where_.at.expect(found.size() == names.size(), "a batch has another number of answers");
        for (std::size_t i = 0; i < std::min(found.size(), names.size()); ++i) {
            check(names[i], allowed[i], found[i]);
        }
    }
    end(made, failure_of(answer));
}

resident::work resident::order(bool may_repeat) {
    auto const placed = where_.orders.place(may_repeat);
    auto const made = begin("places order " + std::to_string(placed), may_repeat);
    auto const answer =
        co_await client_->async_call(place_order, number{placed}, made.options, use_awaitable);
    if (answer) {
        where_.orders.answered(placed, (*answer)->value);
    } else if (answer.error().progress == call_progress::not_sent) {
        where_.orders.kept_back(placed);
    }
    end(made, failure_of(answer));
}

resident::work resident::take_parts(made_call made, stream_reader<number> from,
                                    std::uint64_t parts) {
    auto const base = made.number * stream_distance;
    for (std::uint64_t next = base;; ++next) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part) {
            end(made, part.error());
            co_return;
        }
        if (!*part) {
            where_.at.expect(next == base + parts, "a stream ended before its end");
            break;
        }
        auto const value = (**part)->value;
        where_.at.expect(value / stream_distance == made.number, "a part came on another stream");
        where_.at.expect(value == next, "a stream is out of order");
    }
    end(made, {});
}

resident::work resident::listen(std::uint64_t parts) {
    auto const made = begin("listens to " + std::to_string(parts) + " parts");
    co_await take_parts(
        made, client_->open(recite, {made.number * stream_distance + parts}, made.options), parts);
}

resident::work resident::give_parts(made_call const& made, stream_writer<number>& to,
                                    std::uint64_t parts) {
    auto const base = made.number * stream_distance;
    for (std::uint64_t next = 0; next < parts; ++next) {
        auto const written = co_await to.async_write(number{base + next}, use_awaitable);
        if (!written) {
            co_return;  // the other half says why
        }
    }
    to.finish();
}

resident::work resident::tell(std::uint64_t parts) {
    auto const made = begin("tells " + std::to_string(parts) + " parts");
    auto call = client_->open(dictate, made.options);
    co_await give_parts(made, call.to, parts);
    auto const answer = co_await call.answer.async_get(use_awaitable);
    auto const all = parts == 0 ? 0 : made.number * stream_distance + parts;
    where_.at.expect(!answer || (*answer)->value == all, "parts of an upload are missing");
    end(made, failure_of(answer));
}

resident::work resident::converse(std::uint64_t parts) {
    auto const made = begin("exchanges " + std::to_string(parts) + " parts");
    auto call = client_->open(talk, made.options);
    co_await give_parts(made, call.to, parts);
    co_await take_parts(made, std::move(call.from), parts);
}

}  // namespace trunkline::sim
