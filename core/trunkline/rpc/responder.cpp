#include <trunkline/rpc/agreed_extension.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/rpc/error.hpp>

namespace trunkline::rpc {

responder::responder(endpoint& owner, call_id id) noexcept : id_(id) {
    link(&owner);
}

responder::responder(responder&& other) noexcept {
    take_over(other);
}

responder& responder::operator=(responder&& other) noexcept {
    if (this != &other) {
        give_up();
        take_over(other);
    }
    return *this;
}

responder::~responder() {
    give_up();
}

void responder::take_over(responder& other) noexcept {
    id_ = other.id_;
    streaming_ = other.streaming_;
    kept_ = std::exchange(other.kept_, 0);
    stops_input_ = std::exchange(other.stops_input_, false);
    watch_ = std::move(other.watch_);
    fields_ = std::move(other.fields_);
    watched_ = std::exchange(other.watched_, false);
    link(other.owner_);
    other.unlink();
}

void responder::link(endpoint* owner) noexcept {
    owner_ = owner;
    if (owner == nullptr) {
        return;
    }
    previous_ = nullptr;
    next_ = owner->responders_;
    if (next_ != nullptr) {
        next_->previous_ = this;
    }
    owner->responders_ = this;
}

void responder::unlink() noexcept {
    if (owner_ == nullptr) {
        return;
    }
    (previous_ != nullptr ? previous_->next_ : owner_->responders_) = next_;
    if (next_ != nullptr) {
        next_->previous_ = previous_;
    }
    if (std::exchange(watched_, false)) {
        owner_->watched_.erase(static_cast<std::uint64_t>(id_));
    }
    session& of = owner_->session_;
    of.let_go(std::exchange(kept_, 0));
    if (std::exchange(stops_input_, false)) {
        of.resume_input();
    }
    owner_ = nullptr;
}

void responder::give_up() {
    if (owner_ == nullptr && !watch_) {
        return;  // answered, or moved from
    }
    if (streaming_) {
        end();
    } else {
        system_error("handler gave no answer");
    }
}

/// The answer, or its end: told to who watches, before it goes and once it has gone.
template <class Send>
void responder::finish(status code, std::span<slice> body, Send send) {
    auto const watch = std::move(watch_);
    if (watch) {
        watch->on_answer(code, body);
    }
    bool const told = watch && active();
    if (owner_ != nullptr) {
        endpoint& owner = *owner_;
        unlink();
        owner.answers_waiting_.erase(static_cast<std::uint64_t>(id_));
        send(owner);
        owner.output_queued();
    }
    if (watch) {
        watch->on_end(told);
    }
}

void responder::answer(status code, std::span<slice> body) {
    finish(code, body,
           [&](endpoint& by) { by.session_.answer(id_, code, body, by.now_us(), fields()); });
}

void responder::success(std::span<slice> body) {
    answer(status::success, body);
}

void responder::success(slice body) {
    answer(status::success, {&body, 1});
}

void responder::system_error(std::string_view text) {
    slice body{as_bytes(text), {}};
    answer(status::system_error, {&body, 1});
}

void responder::part(std::span<slice> body) {
    if (owner_ == nullptr) {
        return;
    }
    if (watch_) {
        watch_->on_part(body);
    }
    std::uint64_t const now = owner_->now_us();
    if (!std::exchange(streaming_, true)) {
        owner_->session_.begin_answer(id_, now, fields());
    }
    owner_->session_.write_answer(id_, body, now);
    owner_->output_queued();
}

void responder::end() {
    bool const begun = std::exchange(streaming_, true);
    finish(status::success, {}, [&](endpoint& by) {
        std::uint64_t const now = by.now_us();
        if (!begun) {
            by.session_.begin_answer(id_, now, fields());
        }
        by.session_.end_answer(id_, now);
    });
}

void responder::abandon(error_code why) noexcept {
    auto const watch = std::move(watch_);
    if (owner_ != nullptr) {
        owner_->answers_waiting_.erase(static_cast<std::uint64_t>(id_));
    }
    unlink();
    if (watch) {
        if (why) {
            watch->on_gone(why);
        }
        watch->on_end(false);
    }
}

bool responder::refuse(extension::code why) {
    if (owner_ == nullptr || !owner_->session_.extended()) {
        return false;
    }
    endpoint& owner = *owner_;
    owner.session_.reset_answer(id_, why, owner.now_us());
    abandon(why == extension::code::deadline ? make_error_code(rpc_error::deadline_passed)
                                             : error_code());
    owner.output_queued();
    return true;
}

void responder::note_failure(status code, std::span<slice const> body) {
    if (watch_) {
        watch_->on_failure(code, body);
    }
}

bool responder::send_with(extension::call_fields const& fields) {
    auto made = std::make_shared<received_fields>();
    if (extension::encode_fields(fields, made->bytes) != extension::fields_fault::none) {
        return false;
    }
    static_cast<void>(extension::decode_fields(made->bytes, made->fields));
    fields_ = std::move(made);
    return true;
}

extension::call_fields const* responder::fields() const noexcept {
    return fields_ ? &fields_->fields : nullptr;
}

void responder::tell_when_gone(call_watch* who) {
    auto const key = static_cast<std::uint64_t>(id_);
    if (owner_ == nullptr || !active()) {
        return;
    }
    if (std::exchange(watched_, true)) {
        owner_->watched_.erase(key);
    }
    owner_->watched_.insert(key, who);
}

bool responder::has_room() const noexcept {
    return owner_ == nullptr || owner_->disconnected_ ||
           (owner_->has_room() && owner_->session_.has_credit(id_));
}

void responder::await_room(std::weak_ptr<room_waiter> who) {
    if (owner_ != nullptr) {
        owner_->await_room(id_, std::move(who));
    }
}

bool responder::is_under_credit() const noexcept {
    return owner_ != nullptr && owner_->session_.is_under_credit(id_);
}

void responder::queue_for_reader(std::size_t bytes) noexcept {
    if (owner_ != nullptr) {
        owner_->session_.hold(id_, bytes);
    }
}

void responder::taken_by_reader(std::size_t bytes) {
    if (owner_ != nullptr) {
        owner_->session_.let_go_of(id_, bytes, owner_->now_us());
        owner_->output_queued();
    }
}

bool responder::keep(std::size_t bytes) {
    if (owner_ == nullptr) {
        return true;
    }
    bool const kept = owner_->session_.keep(bytes);
    kept_ += kept ? bytes : 0;
    return kept;
}

void responder::stop_input() {
    if (owner_ != nullptr && !std::exchange(stops_input_, true)) {
        owner_->session_.stop_input();
    }
}

bool responder::active() const noexcept {
    return owner_ != nullptr && owner_->session_.answerable(id_);
}

}  // namespace trunkline::rpc
