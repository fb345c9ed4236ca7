#include <trunkline/rpc/endpoint.hpp>

#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/method_id.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::rpc {
namespace {

constexpr std::uint64_t hello_id = method_id(extension::hello_method);
constexpr std::byte our_version{extension::version};

using hello_text = std::array<std::byte, 2>;

// The second byte is there where options are asked for, or are answered.
constexpr hello_text hello_with(bool checked) noexcept {
    return {our_version, std::byte{checked ? extension::checked_frames : std::uint8_t{0}}};
}

bool says_checked(bytes_view text) noexcept {
    return text.size() > 1 && (text[1] & std::byte{extension::checked_frames}) != std::byte{0};
}

}  // namespace

// While the session is telling us something, its owner is about to look at the output anyway.
class endpoint::event_scope {
public:
    explicit event_scope(endpoint& of) noexcept : of_(of) { ++of_.events_under_way_; }
    ~event_scope() { --of_.events_under_way_; }
    event_scope(event_scope const&) = delete;
    event_scope& operator=(event_scope const&) = delete;

private:
    endpoint& of_;
};

endpoint::endpoint(session_options const& options, dispatcher const& methods, clock_function clock,
                   void* clock_context)
    : methods_(methods),
      clock_(clock),
      clock_context_(clock_context),
      extensible_(options.extensible),
      session_(options, *this) {}

endpoint::~endpoint() {
    while (responders_ != nullptr) {
        responders_->unlink();
    }
}

session& endpoint::protocol() noexcept {
    return session_;
}

session const& endpoint::protocol() const noexcept {
    return session_;
}

std::uint64_t endpoint::now_us() const noexcept {
    return clock_ == nullptr ? 0 : clock_(clock_context_);
}

void endpoint::on_output(std::function<void()> notify) {
    notify_ = std::move(notify);
}

void endpoint::output_queued() {
    if (events_under_way_ == 0 && notify_) {
        notify_();
    }
}

// Calls of ours

result<std::uint32_t> endpoint::call(std::uint64_t method_id, std::span<slice> arguments,
                                     response_callback on_answer,
                                     extension::call_fields const* fields) {
    auto const id = session_.call(method_id, arguments, delivery::whole, now_us(), fields);
    if (id) {
        pending_.insert(*id, pending_call{std::move(on_answer), nullptr});
        output_queued();
    }
    return id;
}

result<std::uint32_t> endpoint::open(std::uint64_t method_id, bytes_view metadata,
                                     response_stream& receiver,
                                     extension::call_fields const* fields) {
    auto const id = session_.begin_call(method_id, metadata, delivery::parts, now_us(), fields);
    if (id) {
        pending_.insert(*id, pending_call{nullptr, &receiver});
        output_queued();
    }
    return id;
}

result<void> endpoint::write(std::uint32_t request_id, std::span<slice> part) {
    auto const written = session_.write_call(request_id, part, now_us());
    if (written) {
        output_queued();
    }
    return written;
}

result<void> endpoint::end(std::uint32_t request_id) {
    auto const ended = session_.end_call(request_id, now_us());
    if (ended) {
        output_queued();
    }
    return ended;
}

void endpoint::cancel(std::uint32_t request_id, extension::code why) {
    pending_call const given_up = take_pending(request_id);
    session_.cancel_call(request_id, now_us(), why);
    output_queued();
}

// The extension

result<void> endpoint::hello(std::function<void(bool)> done, bool checked) {
    hello_text const text = hello_with(checked);
    slice asked{bytes_view(text).first(checked ? 2 : 1), {}};
    session_.output().fence();
    auto const sent = call(
        hello_id, {&asked, 1}, [this, checked, done = std::move(done)](response const& answer) {
            bool const agreed = !answer.error && answer.code == status::success &&
                                !answer.body.empty() && answer.body.front() == our_version &&
                                (!checked || says_checked(answer.body));
            if (agreed) {
                session_.extend(checked);
            }
            done(agreed);
        });
    if (sent && checked) {
        session_.await_checks();
    }
    return sent ? result<void>() : sent.error();
}

bool endpoint::is_hello(message_head const& head) const noexcept {
    return extensible_ && head.method_id == hello_id && head.type == message_type::call;
}

// The answer goes before any frame of the extension.
void endpoint::answer_hello(call_id id, bytes_view arguments) {
    if (arguments.empty() || arguments.front() == std::byte{0}) {
        session_.answer(id, status::failed, {}, now_us());
        return;
    }
    hello_text const text = hello_with(says_checked(arguments));
    slice answer{bytes_view(text).first(arguments.size() > 1 ? 2 : 1), {}};
    session_.agree(id, {&answer, 1}, says_checked(arguments), now_us());
}

bool endpoint::ping(std::function<void()> done) {
    std::array<std::byte, sizeof next_ping_> payload;
    store_le(payload.data(), next_ping_);
    if (pings_.size() >= pings_at_once_max || !session_.ping(payload, now_us())) {
        return false;
    }
    pings_.emplace_back(next_ping_++, std::move(done));
    output_queued();
    return true;
}

void endpoint::go_away(extension::code why, std::string_view text) {
    session_.go_away(why, text, now_us());
    output_queued();
}

// Of those that are on their way the peer answers each in turn: one before has been lost by it.
void endpoint::on_pong(bytes_view payload) {
    event_scope const scope(*this);
    if (payload.size() != sizeof next_ping_) {
        return;
    }
    auto const number = load_le<std::uint64_t>(payload.data());
    if (pings_.empty() || number < pings_.front().first || number > pings_.back().first) {
        return;
    }
    while (pings_.front().first < number) {
        pings_.pop_front();
    }
    auto const done = std::move(pings_.front().second);
    pings_.pop_front();
    done();
}

void endpoint::on_go_away(extension::code why, std::string_view text) {
    parting_ = std::make_unique<parting>(parting{why, std::string(text)});
}

void endpoint::on_response_fields(std::uint32_t request_id, extension::call_fields const& fields) {
    event_scope const scope(*this);
    pending_call const* const of = pending_.find(request_id);
    if (of != nullptr && of->receiver != nullptr) {
        of->receiver->on_fields(fields);
    } else {
        response_fields_ = &fields;
    }
}

result<void> endpoint::send(std::uint64_t method_id, std::span<slice> message) {
    auto const sent = session_.send_event(method_id, message, now_us());
    if (sent) {
        output_queued();
    }
    return sent;
}

void endpoint::announce() {
    session_.announce(now_us());
    output_queued();
}

std::optional<folded_session> endpoint::fold() const noexcept {
    bool const in_use = disconnected_ || !pending_.empty() || !streams_.empty() ||
                        responders_ != nullptr || !room_waiters_.empty() || !pings_.empty() ||
                        events_under_way_ > 0;
    return in_use ? std::nullopt : session_.fold();
}

void endpoint::disconnect(error_code why) {
    disconnected_ = true;
    std::vector<std::weak_ptr<room_waiter>> waiting(room_waiters_.begin(), room_waiters_.end());
    room_waiters_.clear();
    for (credit_waiters* const each : {&calls_waiting_, &answers_waiting_}) {
        each->for_each([&](std::uint64_t, auto& who) { waiting.push_back(std::move(who)); });
        each->clear();
    }
    pings_.clear();
    session_.disconnect(why);
    event_scope const scope(*this);
    for (auto const& each : waiting) {
        if (auto const waiter = each.lock()) {
            waiter->on_room();
        }
    }
}

// The flow of parts

bool endpoint::has_room() const noexcept {
    return disconnected_ ||
           (session_.layout() && session_.output_size() <= stream_output_size_mark);
}

// Those who have gone are forgotten when they may be half of all.
void endpoint::await_room(std::weak_ptr<room_waiter> who) {
    if (room_waiters_.size() >= room_waiters_crowded_) {
        std::erase_if(room_waiters_, [](auto const& each) { return each.expired(); });
        room_waiters_crowded_ = std::max<std::size_t>(64, 2 * room_waiters_.size());
    }
    room_waiters_.push_back(std::move(who));
}

void endpoint::await_room(std::uint32_t request_id, std::weak_ptr<room_waiter> who) {
    if (session_.has_credit(request_id)) {
        await_room(std::move(who));
        return;
    }
    calls_waiting_.erase(request_id);
    calls_waiting_.insert(request_id, std::move(who));
}

void endpoint::await_room(call_id id, std::weak_ptr<room_waiter> who) {
    if (session_.has_credit(id)) {
        await_room(std::move(who));
        return;
    }
    auto const key = static_cast<std::uint64_t>(id);
    answers_waiting_.erase(key);
    answers_waiting_.insert(key, std::move(who));
}

void endpoint::tell_room(credit_waiters& among, std::uint64_t key) {
    event_scope const scope(*this);
    if (auto* const found = among.find(key)) {
        auto const waiter = found->lock();
        among.erase(key);
        if (waiter) {
            waiter->on_room();
        }
    }
}

void endpoint::on_call_room(std::uint32_t request_id) {
    tell_room(calls_waiting_, request_id);
}

void endpoint::on_answer_room(call_id id) {
    tell_room(answers_waiting_, static_cast<std::uint64_t>(id));
}

bool endpoint::offer_room() {
    event_scope const scope(*this);
    bool told = false;
    while (!room_waiters_.empty() && has_room()) {
        auto const next = room_waiters_.front().lock();
        room_waiters_.pop_front();
        if (next) {
            told = true;
            next->on_room();
        }
    }
    return told;
}

void endpoint::queue_for_reader(std::size_t bytes) noexcept {
    bool const was_full = queued_for_readers_ > stream_input_size_mark;
    queued_for_readers_ += bytes;
    if (!was_full && queued_for_readers_ > stream_input_size_mark) {
        session_.stop_input();
    }
}

void endpoint::taken_by_reader(std::size_t bytes) {
    bool const was_full = queued_for_readers_ > stream_input_size_mark;
    queued_for_readers_ -= bytes;
    if (was_full && queued_for_readers_ <= stream_input_size_mark) {
        session_.resume_input();
        output_queued();  // the owner looks at the input again
    }
}

void endpoint::taken_by_reader(std::uint32_t request_id, std::size_t bytes) {
    session_.let_go_of(request_id, bytes, now_us());
    output_queued();
}

endpoint::pending_call endpoint::take_pending(std::uint32_t request_id) {
    calls_waiting_.erase(request_id);
    pending_call taken;
    if (pending_call* const found = pending_.find(request_id)) {
        taken = std::move(*found);
        pending_.erase(request_id);
    }
    return taken;
}

void endpoint::on_response(std::uint32_t request_id, status code, bytes_view body) {
    event_scope const scope(*this);
    pending_call const of = take_pending(request_id);
    auto const* const fields = std::exchange(response_fields_, nullptr);
    if (of.on_answer) {
        of.on_answer({{}, code, body, fields});
    } else if (of.receiver != nullptr) {
        of.receiver->on_failed({}, code, body);
    }
}

void endpoint::on_response_begin(std::uint32_t) {}

void endpoint::on_response_part(std::uint32_t request_id, bytes_view part) {
    event_scope const scope(*this);
    pending_call const* const of = pending_.find(request_id);
    if (of != nullptr && of->receiver != nullptr) {
        of->receiver->on_part(part);
    }
}

void endpoint::on_response_end(std::uint32_t request_id) {
    event_scope const scope(*this);
    pending_call const of = take_pending(request_id);
    if (of.receiver != nullptr) {
        of.receiver->on_end();
    }
}

void endpoint::on_call_lost(std::uint32_t request_id, error_code why) {
    event_scope const scope(*this);
    pending_call const of = take_pending(request_id);
    if (of.on_answer) {
        bool const may_be_done = session_.call_was_sent(request_id) && !is_refusal(why);
        of.on_answer({why, status::success, {}, nullptr, may_be_done});
    } else if (of.receiver != nullptr) {
        of.receiver->on_failed(why, status::success, {});
    }
}

// Calls of the peer

delivery endpoint::on_call(call_id id, message_head const& head) {
    event_scope const scope(*this);
    if (is_hello(head)) {
        return delivery::whole;
    }
    stream_handler const* const handler = methods_.find_stream(head.method_id);
    if (handler != nullptr && head.type == message_type::event) {
        return delivery::parts;  // nobody to stream with: nothing of it is kept
    }
    if (handler != nullptr) {
        open_stream& made = streams_[id];
        made.in_callback = true;
        made.receiver = (*handler)({head.method_id, head.request_id, head.metadata,
                                    session_.memory_left(), owner_, head.type, head.fields},
                                   responder(*this, id));
        close_stream_if_cancelled(id);
        return delivery::parts;
    }
    if (methods_.find(head.method_id) != nullptr) {
        return delivery::whole;
    }
    // At once: who streams keeps its call open until it hears of us. The payload is taken in parts
    // so that none of it is kept.
    if (unary_handler const* const other = methods_.find_otherwise()) {
        (*other)({head.method_id, head.request_id, head.metadata, session_.memory_left(), owner_,
                  head.type, head.fields},
                 responder(*this, id));
    } else {
        session_.answer(id, status::method_not_found, {}, now_us());
    }
    return delivery::parts;
}

void endpoint::on_request(call_id id, message_head const& head, bytes_view arguments) {
    event_scope const scope(*this);
    if (is_hello(head)) {
        answer_hello(id, arguments);
    } else if (unary_handler const* const handler = methods_.find(head.method_id)) {
        (*handler)({head.method_id, head.request_id, arguments, session_.memory_left(), owner_,
                    head.type, head.fields},
                   responder(*this, id));
    }
}

void endpoint::on_call_part(call_id id, bytes_view part) {
    event_scope const scope(*this);
    auto const at = streams_.find(id);
    if (at == streams_.end() || !at->second.receiver) {
        return;
    }
    at->second.in_callback = true;
    at->second.receiver->on_part(part);
    close_stream_if_cancelled(id);
}

void endpoint::on_call_end(call_id id) {
    event_scope const scope(*this);
    auto const at = streams_.find(id);
    if (at == streams_.end()) {
        return;
    }
    std::unique_ptr<call_stream> const receiver = std::move(at->second.receiver);
    streams_.erase(at);
    if (receiver) {
        receiver->on_end();
    }
}

void endpoint::on_call_cancelled(call_id id, error_code why) {
    event_scope const scope(*this);
    auto const key = static_cast<std::uint64_t>(id);
    answers_waiting_.erase(key);
    if (auto const served = streams_.find(id);
        served == streams_.end() || !served->second.receiver) {
        tell_gone(key, why);
    }
    auto const at = streams_.find(id);
    if (at == streams_.end()) {
        return;
    }
    at->second.cancelled = why;
    if (!at->second.in_callback) {
        close_stream_if_cancelled(id);
    }
}

void endpoint::tell_gone(std::uint64_t key, error_code why) {
    if (call_watch* const* const found = watched_.find(key)) {
        call_watch* const who = *found;
        watched_.erase(key);
        who->on_call_gone(why);
    }
}

// A stream is destroyed only while none of its functions runs.
void endpoint::close_stream_if_cancelled(call_id id) {
    auto const at = streams_.find(id);
    at->second.in_callback = false;
    if (!at->second.cancelled) {
        return;
    }
    std::unique_ptr<call_stream> const receiver = std::move(at->second.receiver);
    error_code const why = at->second.cancelled;
    streams_.erase(at);
    if (receiver) {
        receiver->on_cancelled(why);
    }
}

}  // namespace trunkline::rpc
