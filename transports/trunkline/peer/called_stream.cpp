#include <trunkline/peer/called_stream.hpp>

#include <trunkline/peer/call_fields.hpp>
#include <trunkline/peer/call_span.hpp>
#include <trunkline/peer/part_form.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/header.hpp>

#include <utility>

namespace trunkline::peers {
namespace {

/// Whether a request travels in the head of its call.
bool is_head(std::optional<std::vector<std::byte>> const& request) noexcept {
    return request && request->size() <= rpc::metadata_size_max;
}

/// A request that is no metadata: the first record of its call.
class first_record final : public writing {
public:
    explicit first_record(bytes_view request) : writing(copy_of(request)) {}
    void on_written() override {}
    void on_write_failed(call_failure) override {}

private:
    static message_pieces copy_of(bytes_view request) {
        message_pieces made(part_form<typed::raw>::encode(request), true);
        made.own();
        return made;
    }
};

}  // namespace

std::shared_ptr<called_stream> called_stream::make(std::shared_ptr<peers::line> on,
                                                   description what) {
    std::shared_ptr<called_stream> made(new called_stream(std::move(on), std::move(what)));
    made->make_output();
    made->output().hold();
    return made;
}

void called_stream::run(peers::line& on) {
    if (input().ended()) {
        return;  // given up before its turn
    }
    auto const kept = shared_from_this();
    std::optional<call_failure> refused;
    std::size_t const head_size = is_head(what_.request) ? what_.request->size() : 0;
    span_ = call_span::begin_outgoing(on, call_kind::stream, what_.method, head_size, refused);
    if (refused) {
        refused->progress = call_progress::not_sent;
        fail_both(*refused);
        return;
    }
    if (error_code const why = what_.terms.refusal(on.where().loop().now())) {
        fail({why, {}, call_progress::not_sent});
        return;
    }
    // Those who wait already come first.
    bool const queues = !on.waiting().empty() && on.takes_calls();
    error_code const failed = queues ? make_error_code(rpc::rpc_error::too_many_calls) : begin(on);
    if (failed) {
        wait(on, failed);
    }
}

error_code called_stream::begin(peers::line& on) {
    if (!on.takes_calls()) {
        return rpc::rpc_error::not_connected;
    }
    bool const whole = is_head(what_.request);
    auto const beside = fields_of(what_.terms, on.where().loop().now());
    auto const id = on.endpoint()->open(
        what_.method.id, whole ? bytes_view(*what_.request) : bytes_view(), *this, &beside);
    if (!id) {
        return id.error();
    }
    begun_ = true;
    if (span_ != nullptr) {
        span_->about().request_id = *id;
    }
    self_ = shared_from_this();
    request_id_ = *id;
    end_at_deadline(on, std::chrono::milliseconds::zero());
    std::shared_ptr<first_record> first;
    if (what_.request && (!whole || what_.request->empty())) {
        first = std::make_shared<first_record>(*what_.request);
    }
    what_.request.reset();
    output().open(std::move(first));
    return {};
}

// For a connection or a slot, where there is one to wait for: as long as a call with one answer at
// most, where the stream has no deadline of its own.
void called_stream::wait(peers::line& on, error_code why) {
    if (!on.is_worth_waiting(why)) {
        fail({why, {}, call_progress::not_sent});
    } else if (on.waiting().add(shared_self(), what_.request ? what_.request->size() : 0)) {
        waits_ = true;
        end_at_deadline(on, on.default_timeout());
    } else {
        fail({rpc::rpc_error::queue_full, {}, call_progress::not_sent});
    }
}

bool called_stream::go_on(peers::line& on) {
    auto const kept = shared_from_this();
    error_code const failed = begin(on);
    if (failed == rpc::rpc_error::not_connected || on.is_worth_waiting(failed)) {
        return false;
    }
    waits_ = false;
    if (failed) {
        fail({failed, {}, call_progress::not_sent});
    }
    return true;
}

void called_stream::refuse(error_code why) {
    waits_ = false;
    fail({why, {}, call_progress::not_sent});
}

void called_stream::end_at_deadline(peers::line& on, std::chrono::milliseconds otherwise) {
    auto const left = what_.terms.time_left(on.where().loop().now());
    if (left && !std::exchange(limited_, true)) {
        on.limit(std::shared_ptr<with_deadline>(shared_self()), *left);
    } else if (!left && otherwise.count() != 0) {
        limits_opening_ = true;
        on.limit(std::shared_ptr<with_deadline>(shared_self()), peers::line::bounded(otherwise));
    }
    parent_.watch(what_.terms, on, std::shared_ptr<cancellable>(shared_self()));
}

void called_stream::on_deadline() {
    if (self_ != nullptr ? !limits_opening_ : waits_) {
        cancel({call_error::deadline_passed, {}, progress()});
    }
}

void called_stream::give_up(call_error why) {
    if (self_ != nullptr || waits_) {
        cancel({why, {}, progress()});
    }
}

std::shared_ptr<called_stream> called_stream::shared_self() {
    return std::static_pointer_cast<called_stream>(shared_from_this());
}

// What is queued goes out even when the call is given up.
call_progress called_stream::progress() {
    return begun_ ? call_progress::maybe_executed : call_progress::not_sent;
}

void called_stream::reader_gone() {
    cancel({call_error::cancelled, {}, progress()});
}

void called_stream::writer_gone() {
    if (!output().finished()) {
        cancel({call_error::cancelled, {}, progress()});
    }
}

void called_stream::cancel(call_failure why) {
    auto const kept = shared_from_this();
    if (std::exchange(waits_, false)) {
        line()->waiting().remove(*this);
    }
    if (std::exchange(self_, nullptr) != nullptr) {
        if (rpc::endpoint* const endpoint = line()->endpoint()) {
            endpoint->cancel(request_id_, code_of(why.error));
        }
    }
    if (span_ != nullptr) {
        span_->end(why);
    }
    give_up_both(why);
    line()->call_ended();
}

// A failure that has come in a record is what the caller has been told.
void called_stream::fail(call_failure const& why) {
    if (span_ != nullptr) {
        span_->end(input().failure().value_or(why));
    }
    fail_both(why);
}

// Null when there is no call any more: then nothing is waited for.
rpc::endpoint* called_stream::known_to() const {
    return self_ != nullptr ? line()->endpoint() : nullptr;
}

bool called_stream::has_room() const {
    rpc::endpoint* const endpoint = known_to();
    return endpoint == nullptr || endpoint->has_room(request_id_);
}

void called_stream::await_room(std::weak_ptr<rpc::room_waiter> who) {
    if (rpc::endpoint* const endpoint = known_to()) {
        endpoint->await_room(request_id_, std::move(who));
    }
}

bool called_stream::is_under_credit() const {
    rpc::endpoint* const endpoint = known_to();
    return endpoint != nullptr && endpoint->is_under_credit(request_id_);
}

void called_stream::queue_for_reader(std::size_t bytes) {
    if (rpc::endpoint* const endpoint = known_to()) {
        endpoint->queue_for_reader(request_id_, bytes);
    }
}

void called_stream::taken_by_reader(std::size_t bytes) {
    if (rpc::endpoint* const endpoint = known_to()) {
        endpoint->taken_by_reader(request_id_, bytes);
    }
}

error_code called_stream::write_part(std::span<slice> part) {
    rpc::endpoint* const endpoint = line()->endpoint();
    if (self_ == nullptr || endpoint == nullptr) {
        return rpc::rpc_error::not_connected;
    }
    if (span_ != nullptr) {
        span_->about().request_size += call_span::size_of(part);
    }
    auto const written = endpoint->write(request_id_, part);
    return written ? error_code() : written.error();
}

// The wire's own end would make it impossible to cancel what is to come.
void called_stream::end_parts(std::optional<call_failure>) {
    rpc::endpoint* const endpoint = line()->endpoint();
    if (self_ == nullptr || endpoint == nullptr) {
        return;
    }
    if (what_.up == part_shape::raw) {
        static_cast<void>(endpoint->end(request_id_));
    } else {
        auto const prefix = typed::record_prefix(typed::record_kind::end, 0);
        slice mark{prefix, {}};
        if (span_ != nullptr) {
            span_->about().request_size += prefix.size();
        }
        if (auto const written = endpoint->write(request_id_, {&mark, 1}); !written) {
            cancel({written.error(), {}});
        }
    }
}

void called_stream::on_fields(extension::call_fields const& fields) {
    came_with(metadata_of(fields));
}

void called_stream::on_part(bytes_view part) {
    auto const kept = shared_from_this();
    if (span_ != nullptr) {
        span_->about().response_size += part.size();
    }
    if (auto why = input().take(part)) {
        cancel(std::move(*why));
    }
}

void called_stream::on_end() {
    auto const kept = std::exchange(self_, nullptr);
    auto why = input().finish();
    if (span_ != nullptr) {
        span_->about().failure = why ? why : input().failure();
        span_->end(rpc::status::success, {});
    }
    if (why) {
        input().fail(std::move(*why));
    }
    output().close({call_error::stream_ended, {}});
    line()->call_ended();
}

void called_stream::on_failed(error_code error, rpc::status code, bytes_view body) {
    auto const kept = std::exchange(self_, nullptr);
    if (span_ != nullptr && !error) {
        span_->end(code, body);
    }
    rpc::endpoint const* const endpoint = line()->endpoint();
    bool const begun = !rpc::is_refusal(error) &&
                       (endpoint == nullptr || endpoint->protocol().call_was_sent(request_id_));
    auto why = error ? call_failure{callers_word(error),
                                    {},
                                    begun ? call_progress::maybe_executed : call_progress::not_sent}
                     : call_failure::of_status(code, body);
    why.metadata = metadata();
    fail(why);
    line()->call_ended();
}

}  // namespace trunkline::peers
