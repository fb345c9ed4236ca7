#include <trunkline/peer/served_stream.hpp>

#include <trunkline/peer/call_fields.hpp>
#include <trunkline/peer/failure_answer.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/typed/record.hpp>

#include <array>
#include <string>
#include <utility>

namespace trunkline::peers {

namespace {

/// Room for a status and what a text is wrapped in.
constexpr std::size_t text_size_max = typed::failure_size_max - 64;

// At a border of UTF-8.
std::string shortened(std::string text) {
    if (text.size() > text_size_max) {
        std::size_t size = text_size_max;
        while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
            --size;
        }
        text.resize(size);
    }
    return text;
}

}  // namespace

class served_stream::from_wire final : public rpc::call_stream {
public:
    explicit from_wire(std::shared_ptr<served_stream> to) noexcept : to_(std::move(to)) {}

    void on_part(bytes_view part) override {
        auto const kept = to_;
        if (auto why = kept->input().take(part)) {
            kept->cancel(std::move(*why));
        }
    }
    void on_end() override {
        auto const kept = to_;
        if (auto why = kept->input().finish()) {
            kept->cancel(std::move(*why));
        }
    }
    void on_cancelled(error_code why) override {
        auto const kept = to_;
        kept->call_gone(why);
    }

private:
    std::shared_ptr<served_stream> to_;
};

std::shared_ptr<served_stream> served_stream::make(std::shared_ptr<peers::line> on, part_shape up,
                                                   answer down, rpc::responder to) {
    std::shared_ptr<served_stream> made(new served_stream(std::move(on), up, down, std::move(to)));
    made->make_output();
    made->to_.tell_when_gone(made.get());
    return made;
}

std::unique_ptr<rpc::call_stream> served_stream::receiver() {
    return std::make_unique<from_wire>(std::static_pointer_cast<served_stream>(shared_from_this()));
}

bool served_stream::keep(std::size_t bytes) {
    if (to_.keep(bytes)) {
        return true;
    }
    cancel({rpc::rpc_error::held_too_much, {}});
    return false;
}

bool served_stream::keep_request(std::size_t size) {
    if (input().hold_request(size)) {
        return true;
    }
    let_request_go();
    cancel({rpc::rpc_error::held_too_much, {}});
    return false;
}

void served_stream::let_request_go() {
    static_cast<void>(input().hold_request(0));
}

void served_stream::send_with(call_metadata what) {
    if (!begun_ && !send_metadata(to_, what)) {
        cancel({rpc::rpc_error::metadata_too_large, {}});
    }
}

void served_stream::respond(std::span<slice> body, call_metadata const& with) {
    send_with(with);
    if (!output().finished()) {
        output().close({call_error::stream_ended, {}});
        input().abandon({call_error::stream_ended, {}});
        let_request_go();
        to_.success(body);
    }
}

void served_stream::writer_gone() {
    if (handing_over_) {
        dropped_ = true;
        return;
    }
    output().finish(call_failure{call_error::system_failure, "handler gave no answer"});
}

void served_stream::cancel(call_failure why) {
    auto const kept = shared_from_this();
    give_up_both(why);
    if (to_.active()) {
        end_parts(why);
    }
    if (auto const told = std::exchange(gone_, nullptr)) {
        told();
    }
}

void served_stream::call_gone(error_code why) {
    auto const kept = shared_from_this();
    fail_both({why, {}});
    let_request_go();
    to_.abandon(why);
    if (auto const told = std::exchange(gone_, nullptr)) {
        told();
    }
}

error_code served_stream::write_part(std::span<slice> part) {
    if (!to_.active()) {
        return line()->endpoint()->is_disconnected() ? rpc::rpc_error::connection_lost
                                                     : rpc::rpc_error::cancelled_by_peer;
    }
    begun_ = true;
    to_.part(part);
    return {};
}

void served_stream::end_parts(std::optional<call_failure> why) {
    let_request_go();
    if (!why) {
        to_.end();
        return;
    }
    auto const failure = failure_answer::of({why->error, shortened(std::move(why->message))});
    if (!begun_) {
        static_cast<void>(send_metadata(to_, why->metadata));
        failure.send(to_);
        return;
    }
    slice const body{failure.body, {}};
    to_.note_failure(failure.code, {&body, 1});
    if (down_ == answer::records) {
        auto const prefix =
            typed::record_prefix(typed::record_kind::failure, 1 + failure.body.size());
        std::array const code{static_cast<std::byte>(failure.code)};
        std::array<slice, 3> record{slice{prefix, {}}, slice{code, {}}, slice{failure.body, {}}};
        to_.part(record);
    }
    to_.end();
}

}  // namespace trunkline::peers
