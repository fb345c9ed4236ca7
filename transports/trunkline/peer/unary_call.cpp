#include <trunkline/peer/unary_call.hpp>

#include <trunkline/peer/call_span.hpp>
#include <trunkline/rpc/error.hpp>

#include <utility>

namespace trunkline::peers {
namespace {

using shared_bytes = std::shared_ptr<std::vector<std::byte> const>;

/// Without a copy, for as long as it is being sent.
slice lend(shared_bytes const& bytes) {
    return {*bytes, pin(new shared_bytes(bytes),
                        [](void* lent) noexcept { delete static_cast<shared_bytes*>(lent); })};
}

}  // namespace

void unary_call::run(line& on) {
    if (stage_ != stage::waiting) {
        return;  // given up before its turn
    }
    auto const self = shared_from_this();
    line_ = on.weak_from_this();
    std::optional<call_failure> refused;
    span_ = call_span::begin_outgoing(on, call_kind::unary, method_, arguments_.size(), refused);
    if (refused) {
        stage_ = stage::ended;
        refused->progress = call_progress::not_sent;
        on_failure(std::move(*refused));
        return;
    }
    if (error_code const why = terms_.refusal(on.where().loop().now())) {
        drop(why);
        return;
    }
    // Those who wait already come first.
    bool const queues = !on.waiting().empty() && on.takes_calls();
    error_code const failed = queues ? make_error_code(rpc::rpc_error::too_many_calls) : send(on);
    if (failed) {
        wait(on, failed);
    }
}

// Empty: it is under way, or has ended already.
error_code unary_call::send(line& on) {
    if (!on.takes_calls()) {
        return rpc::rpc_error::not_connected;
    }
    if (kept_ == nullptr && (terms_.repeatable || on.comes_back())) {
        kept_ = std::make_shared<std::vector<std::byte> const>(arguments_.to_vector());
        arguments_ = {};
    }
    slice whole = kept_ != nullptr ? lend(kept_) : slice{};
    std::span<slice> const pieces =
        kept_ != nullptr ? std::span<slice>(&whole, 1) : arguments_.slices();
    stage_ = stage::called;
    auto const beside = fields_of(terms_, on.where().loop().now());
    auto const id = on.endpoint()->call(
        method_.id, pieces, [this](rpc::response const& answer) { on_response(answer); }, &beside);
    if (!id) {
        stage_ = stage::waiting;
        return id.error();
    }
    ++attempts_;
    arguments_ = {};
    request_id_ = *id;
    self_ = shared_from_this();
    if (span_ != nullptr) {
        span_->about().request_id = *id;
    }
    end_at_deadline(on);
    return {};
}

// Once, wherever the call waits.
void unary_call::end_at_deadline(line& on) {
    auto const left = terms_.time_left(on.where().loop().now());
    if (left && !std::exchange(limited_, true)) {
        on.limit(shared_from_this(), *left);
    }
    parent_.watch(terms_, on, std::shared_ptr<cancellable>(shared_from_this(), this));
}

// For a connection or a slot, where there is one to wait for.
void unary_call::wait(line& on, error_code why) {
    if (!on.is_worth_waiting(why)) {
        drop(why);
    } else if (on.waiting().add(shared_from_this(), size())) {
        end_at_deadline(on);
    } else {
        drop(rpc::rpc_error::queue_full);
    }
}

bool unary_call::go_on(line& on) {
    if (stage_ != stage::waiting) {
        return true;
    }
    auto const self = shared_from_this();
    error_code const failed = send(on);
    if (failed == rpc::rpc_error::not_connected || on.is_worth_waiting(failed)) {
        return false;
    }
    if (failed) {
        drop(failed);
    }
    return true;
}

void unary_call::refuse(error_code why) {
    drop(lost_ ? lost_ : why);
}

void unary_call::drop(error_code why) {
    if (std::exchange(stage_, stage::ended) != stage::ended) {
        fail({why, {}, progress_});
    }
}

void unary_call::fail(call_failure why) {
    if (span_ != nullptr) {
        span_->end(why);
    }
    on_failure(std::move(why));
}

void unary_call::give_up(call_error why) {
    auto const self = shared_from_this();
    auto const on = line_.lock();
    bool const called = stage_ == stage::called;
    if (called) {
        // What is queued goes out even so.
        progress_ = call_progress::maybe_executed;
        if (rpc::endpoint* const endpoint = on ? on->endpoint() : nullptr) {
            endpoint->cancel(request_id_, code_of(why));
        }
    } else if (on != nullptr) {
        on->waiting().remove(*this);
    }
    self_ = nullptr;  // the endpoint does not know us any more
    drop(why);
    if (called && on != nullptr) {
        on->call_ended();
    }
}

void unary_call::on_response(rpc::response const& answer) {
    auto const self = std::exchange(self_, nullptr);
    if (stage_ == stage::ended) {
        return;
    }
    auto const on = line_.lock();
    if (answer.error) {
        progress_ = answer.was_sent ? call_progress::maybe_executed : progress_;
        stage_ = stage::waiting;
        if (on == nullptr || !may_repeat(*on, answer) || !on->waiting().add(self, size())) {
            drop(callers_word(answer.error));
        } else {
            lost_ = answer.error;
        }
        if (on != nullptr) {
            on->call_ended();
        }
        return;
    }
    stage_ = stage::ended;
    if (on != nullptr) {
        on->retries().answered();
    }
    if (span_ != nullptr) {
        span_->end(answer.code, answer.body);
    }
    if (answer.code != rpc::status::success) {
        auto why = call_failure::of_status(answer.code, answer.body);
        if (answer.fields != nullptr) {
            why.metadata = metadata_of(*answer.fields);
        }
        on_failure(std::move(why));
    } else {
        on_answer(answer);
    }
    if (on != nullptr) {
        on->call_ended();
    }
}

// On the next connection, where one follows.
bool unary_call::may_repeat(line& on, rpc::response const& lost) {
    bool const lost_on_its_way =
        lost.error == rpc::rpc_error::connection_lost || rpc::is_refusal(lost.error);
    if (!lost_on_its_way || kept_ == nullptr) {
        return false;
    }
    if (!lost.was_sent && progress_ == call_progress::not_sent) {
        return on.comes_back();
    }
    return terms_.repeatable && on.retries().take() && attempts_ < on.retries().attempts_max() &&
           on.comes_back();
}

std::size_t unary_call::size() const noexcept {
    return kept_ != nullptr ? kept_->size() : arguments_.size();
}

}  // namespace trunkline::peers
