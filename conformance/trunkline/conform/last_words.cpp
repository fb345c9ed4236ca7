#include <trunkline/conform/last_words.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::conform {

using conformance::expect;
using conformance::heard_message;
using conformance::world;

last_words::last_words(world& at, std::string_view said, bool with_close) : at_(at) {
    if (at.about().has.half_close) {
        plain_ = std::make_unique<caller>(at);
        plain_->say(said);
        plain_->link().end();
        return;
    }
    web_ = std::make_unique<web_talk>(at);
    web_->upgrade();
    web_->send({.payload = std::string(said)});
    if (with_close) {
        web_->send(close_of(1000, ""));
    } else {
        web_->link().end();
    }
}

bool last_words::has_ended() const {
    return plain_ ? plain_->has_ended() : web_->has_ended();
}

std::vector<heard_message> last_words::answers() const {
    std::string const bytes = heard();
    conformance::frame_cutter cutter(stranger_of(at_).about().spoken);
    conformance::message_joiner joined;
    std::vector<heard_message> all;
    for (bytes_view left = as_bytes(bytes);;) {
        auto const next = cutter.next(left);
        expect(next.has_value(), "what came is no frames of this layout");
        if (!*next) {
            return all;
        }
        if (auto const whole = joined.take(**next)) {
            auto message = conformance::message_of((*next)->head.stream_id, *whole);
            expect(message.has_value(), "a message came whose head is none");
            if (message->is(rpc::message_type::response)) {
                all.push_back(std::move(*message));
            }
        }
    }
}

std::string last_words::heard() const {
    if (plain_) {
        return plain_->link().heard();
    }
    std::string all;
    for (web_frame const& each : web_->frames()) {
        all += websocket::is_control(each.code) ? "" : each.payload;
    }
    return all;
}

crowd::crowd(world& at) : at_(at), other_(at) {
    other_.expect_alive("a call");
}

void crowd::say(std::string_view bytes, bool with_close) {
    all_.push_back(std::make_unique<last_words>(at_, bytes, with_close));
}

void crowd::expect_survived(std::string const& what) {
    static_cast<void>(comes_true(at_, [&] {
        return std::ranges::all_of(all_, [](auto const& each) { return each->has_ended(); });
    }));
    other_.expect_alive("a call beside " + what);
    expect_served(at_, "a call after " + what);
    for (auto const& each : all_) {
        for (heard_message const& answer : each->answers()) {
            expect(answer.status() != rpc::status::success,
                   "one of " + what + " is answered with success");
        }
    }
}

}  // namespace trunkline::conform
