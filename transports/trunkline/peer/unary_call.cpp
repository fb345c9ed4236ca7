#include <trunkline/peer/unary_call.hpp>

#include <trunkline/peer/call_span.hpp>
#include <trunkline/rpc/error.hpp>

#include <utility>

namespace trunkline::peers {

void unary_call::run(line& on) {
    if (stage_ != stage::waiting) {
        return;  // given up before its turn
    }
    auto const self = shared_from_this();
    std::optional<call_failure> refused;
    span_ = call_span::begin_outgoing(on, call_kind::unary, method_, arguments_.size(), refused);
    if (refused) {
        stage_ = stage::ended;
        on_failure(std::move(*refused));
        return;
    }
    rpc::endpoint* const endpoint = on.endpoint();
    if (endpoint == nullptr) {
        drop(rpc::rpc_error::not_connected);
        return;
    }
    stage_ = stage::called;
    line_ = on.weak_from_this();
    auto const id = endpoint->call(method_.id, arguments_.slices(),
                                   [this](rpc::response const& answer) { on_response(answer); });
    if (!id) {
        stage_ = stage::waiting;
        drop(id.error());
        return;
    }
    arguments_ = {};
    request_id_ = *id;
    self_ = self;
    if (span_ != nullptr) {
        span_->about().request_id = *id;
    }
    if (timeout_ != std::chrono::milliseconds::zero() && stage_ == stage::called) {
        on.limit(self, timeout_);
    }
}

void unary_call::drop(error_code why) {
    if (std::exchange(stage_, stage::ended) != stage::ended) {
        fail({why, {}});
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
    if (stage_ == stage::called) {
        auto const on = line_.lock();
        if (rpc::endpoint* const endpoint = on ? on->endpoint() : nullptr) {
            endpoint->cancel(request_id_);
        }
    }
    self_ = nullptr;  // the endpoint does not know us any more
    drop(why);
}

void unary_call::on_response(rpc::response const& answer) {
    auto const self = std::exchange(self_, nullptr);
    if (std::exchange(stage_, stage::ended) == stage::ended) {
        return;
    }
    if (answer.error) {
        fail({answer.error, {}});
        return;
    }
    if (span_ != nullptr) {
        span_->end(answer.code, answer.body);
    }
    if (answer.code != rpc::status::success) {
        on_failure(call_failure::of_status(answer.code, answer.body));
    } else {
        on_answer(answer.body);
    }
}

}  // namespace trunkline::peers
