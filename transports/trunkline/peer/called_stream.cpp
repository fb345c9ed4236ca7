#include <trunkline/peer/called_stream.hpp>

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
    explicit first_record(bytes_view request)
        : writing(message_pieces(part_form<typed::raw>::encode(request), true)) {}
    void on_written() override {}
    void on_write_failed(call_failure) override {}
};

}  // namespace

std::shared_ptr<called_stream> called_stream::make(std::shared_ptr<peers::line> on,
                                                   description what) {
    std::shared_ptr<called_stream> made(new called_stream(std::move(on), std::move(what)));
    made->make_output();
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
        fail_both(*refused);
        return;
    }
    rpc::endpoint* const endpoint = on.endpoint();
    if (endpoint == nullptr) {
        fail({rpc::rpc_error::not_connected, {}});
        return;
    }
    begin(*endpoint);
}

void called_stream::begin(rpc::endpoint& at) {
    bool const whole = is_head(what_.request);
    auto const id =
        at.open(what_.method.id, whole ? bytes_view(*what_.request) : bytes_view(), *this);
    if (!id) {
        fail({id.error(), {}});
        return;
    }
    if (span_ != nullptr) {
        span_->about().request_id = *id;
    }
    self_ = shared_from_this();
    request_id_ = *id;
    if (what_.timeout != std::chrono::milliseconds::zero()) {
        line()->limit(std::shared_ptr<with_deadline>(shared_from_this(), this), what_.timeout);
    }
    if (what_.request && (!whole || what_.request->empty())) {
        output().write(std::make_shared<first_record>(*what_.request));
    }
    what_.request.reset();
}

void called_stream::reader_gone() {
    cancel({call_error::cancelled, {}});
}

void called_stream::writer_gone() {
    if (!output().finished()) {
        cancel({call_error::cancelled, {}});
    }
}

void called_stream::cancel(call_failure why) {
    auto const kept = shared_from_this();
    if (std::exchange(self_, nullptr) != nullptr) {
        if (rpc::endpoint* const endpoint = line()->endpoint()) {
            endpoint->cancel(request_id_);
        }
    }
    if (span_ != nullptr) {
        span_->end(why);
    }
    give_up_both(why);
}

// A failure that has come in a record is what the caller has been told.
void called_stream::fail(call_failure const& why) {
    if (span_ != nullptr) {
        span_->end(input().failure().value_or(why));
    }
    fail_both(why);
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
}

void called_stream::on_failed(error_code error, rpc::status code, bytes_view body) {
    auto const kept = std::exchange(self_, nullptr);
    if (span_ != nullptr && !error) {
        span_->end(code, body);
    }
    fail(error ? call_failure{error, {}} : call_failure::of_status(code, body));
}

}  // namespace trunkline::peers
