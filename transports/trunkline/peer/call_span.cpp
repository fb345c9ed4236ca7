#include <trunkline/peer/call_span.hpp>

#include <trunkline/peer/handler.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/rpc/error.hpp>

#include <utility>

namespace trunkline::peers {
namespace {

std::optional<call_failure> pass(interceptor& by, call_record const& call) {
    try {
        return by.before(call);
    } catch (...) {
        return call_failure{call_error::system_failure, "an interceptor failed"};
    }
}

void tell_end(interceptor& to, call_record const& call) {
    try {
        to.after(call);
    } catch (...) {
        return;  // the call has ended, whatever becomes of its log
    }
}

/// What an answer that is no success, as a handler gave it, is for its caller.
call_failure failure_of(rpc::status code, std::span<slice const> body) {
    std::vector<std::byte> whole;
    for (slice const& piece : body) {
        whole.insert(whole.end(), piece.bytes.begin(), piece.bytes.end());
    }
    return call_failure::of_status(code, whole);
}

/// The answer of a handler, as it goes to the caller.
class span_watch final : public rpc::answer_watch {
public:
    explicit span_watch(std::shared_ptr<call_span> of) noexcept : span_(std::move(of)) {}

    void on_part(std::span<slice const> body) override {
        span_->about().response_size += call_span::size_of(body);
    }
    void on_failure(rpc::status code, std::span<slice const> body) override {
        span_->about().failure = failure_of(code, body);
    }
    void on_answer(rpc::status code, std::span<slice const> body) override {
        call_record& about = span_->about();
        about.response_size += call_span::size_of(body);
        about.status = code;
        if (code != rpc::status::success) {
            about.failure = failure_of(code, body);
        }
    }
    void on_gone(error_code why) override { span_->lost_by(why); }
    void on_end(bool told) override {
        call_record& about = span_->about();
        if (about.kind == call_kind::event) {
            about.response_size = 0;
        } else if (!told) {
            span_->lose();
            return;
        }
        span_->end();
    }

private:
    std::shared_ptr<call_span> span_;
};

/// Counts what comes for a handler of a call in parts.
class counted_stream final : public rpc::call_stream {
public:
    counted_stream(std::unique_ptr<rpc::call_stream> inner, std::shared_ptr<call_span> of) noexcept
        : inner_(std::move(inner)), span_(std::move(of)) {}

    void on_part(bytes_view part) override {
        span_->about().request_size += part.size();
        inner_->on_part(part);
    }
    void on_end() override { inner_->on_end(); }
    void on_cancelled(error_code why) override {
        span_->lost_by(why);
        inner_->on_cancelled(why);
    }

private:
    std::unique_ptr<rpc::call_stream> inner_;
    std::shared_ptr<call_span> span_;
};

std::shared_ptr<call_span> span_of(rpc::request const& call, call_kind kind,
                                   std::string_view name) {
    line& on = line_of(call);
    auto by = on.services().interceptors.lock();
    if (by == nullptr) {
        return nullptr;
    }
    call_record about;
    about.direction = call_direction::incoming;
    about.kind = call.type == rpc::message_type::event ? call_kind::event : kind;
    about.other = line_access::handle_of(on.shared_from_this());
    about.method_id = call.method_id;
    about.method = name;
    about.request_id = about.kind == call_kind::event ? 0 : call.request_id;
    about.request_size = call.arguments.size();
    return std::make_shared<call_span>(on, std::move(by), std::move(about));
}

/// Whether the call may go on to its handler.
bool admit(std::shared_ptr<call_span> const& span, rpc::responder& to) {
    if (span == nullptr) {
        return true;  // their owner goes
    }
    to.watch(std::make_unique<span_watch>(span));
    auto refused = span->begin();
    if (refused) {
        answer_failure(to, *refused);
        return false;
    }
    return true;
}

}  // namespace

call_span::call_span(line& on, std::shared_ptr<interceptor_list const> by, call_record about)
    : interceptors_(std::move(by)),
      loop_(on.shared_where()),
      about_(std::move(about)),
      begun_(loop_->now_or({})) {}

call_span::~call_span() {
    if (!ended_) {
        end(call_failure{call_error::cancelled, {}});
    }
}

std::shared_ptr<call_span> call_span::begin_outgoing(line& on, call_kind kind, method_label of,
                                                     std::size_t request_size,
                                                     std::optional<call_failure>& refused) {
    auto by = on.services().interceptors.lock();
    if (by == nullptr) {
        return nullptr;
    }
    call_record about;
    about.direction = call_direction::outgoing;
    about.kind = kind;
    about.other = line_access::handle_of(on.shared_from_this());
    about.method_id = of.id;
    about.method = of.name;
    about.request_size = request_size;
    auto made = std::make_shared<call_span>(on, std::move(by), std::move(about));
    refused = made->begin();
    if (refused) {
        made->end(*refused);
    }
    return made;
}

std::size_t call_span::size_of(std::span<slice const> body) noexcept {
    std::size_t size = 0;
    for (slice const& piece : body) {
        size += piece.bytes.size();
    }
    return size;
}

std::optional<call_failure> call_span::begin() {
    for (auto const& each : *interceptors_) {
        if (auto refused = pass(*each, about_)) {
            return refused;
        }
        ++passed_;
    }
    return std::nullopt;
}

void call_span::end() {
    if (std::exchange(ended_, true)) {
        return;
    }
    about_.duration = loop_->now_or(begun_) - begun_;
    while (passed_ > 0) {
        tell_end(*(*interceptors_)[--passed_], about_);
    }
}

void call_span::lose() {
    about_.status.reset();
    about_.response_size = 0;
    end(call_failure{lost_by_, {}});
}

void call_span::end(rpc::status code, bytes_view body) {
    about_.status = code;
    about_.response_size += body.size();
    if (code != rpc::status::success) {
        about_.failure = call_failure::of_status(code, body);
    }
    end();
}

void call_span::end(call_failure why) {
    about_.failure = std::move(why);
    end();
}

void intercept_handlers(rpc::dispatcher& methods, line_services const& services) {
    if (services.interceptors.expired()) {
        return;
    }
    auto const name_of = [&](std::uint64_t id) {
        auto const found = services.method_names.find(id);
        return found == services.method_names.end() ? std::string_view() : found->second;
    };
    methods.wrap(
        [&](std::uint64_t id, rpc::unary_handler inner) -> rpc::unary_handler {
            return [inner = std::move(inner), name = name_of(id)](rpc::request const& call,
                                                                  rpc::responder to) {
                if (admit(span_of(call, call_kind::unary, name), to)) {
                    inner(call, std::move(to));
                }
            };
        },
        [&](std::uint64_t id, rpc::stream_handler inner) -> rpc::stream_handler {
            return [inner = std::move(inner), name = name_of(id)](
                       rpc::request const& call,
                       rpc::responder to) -> std::unique_ptr<rpc::call_stream> {
                auto span = span_of(call, call_kind::stream, name);
                if (!admit(span, to)) {
                    return nullptr;
                }
                auto made = inner(call, std::move(to));
                if (made == nullptr || span == nullptr) {
                    return made;
                }
                return std::make_unique<counted_stream>(std::move(made), std::move(span));
            };
        });
}

void send_event(line& on, method_label of, std::span<slice> message) {
    std::optional<call_failure> refused;
    auto const span =
        call_span::begin_outgoing(on, call_kind::event, of, call_span::size_of(message), refused);
    if (refused) {
        return;
    }
    rpc::endpoint* const endpoint = on.endpoint();
    error_code failed = make_error_code(rpc::rpc_error::not_connected);
    if (endpoint != nullptr) {
        auto const sent = endpoint->send(of.id, message);
        failed = sent ? error_code() : sent.error();
    }
    if (span == nullptr) {
        return;
    }
    if (failed) {
        span->end(call_failure{failed, {}});
    } else {
        span->end();
    }
}

}  // namespace trunkline::peers
