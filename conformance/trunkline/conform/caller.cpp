#include <trunkline/conform/caller.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/rpc/header.hpp>
#include <trunkline/rpc/method_id.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::conform {

using conformance::bare_link;
using conformance::expect;
using conformance::heard_message;
using conformance::rule_broken;
using conformance::value_of;
using conformance::world;

namespace {

// As published senders cut them.
constexpr std::size_t chunk_size = 65536;

std::unique_ptr<bare_link> dialled(world& at, transport::dialer& by) {
    return std::make_unique<bare_link>(
        value_of(dial_bare(at, by, stranger_of(at).about().url), "connecting"));
}

}  // namespace

std::uint64_t const unknown_method = rpc::method_id("trunkline.conform/no such method");

std::string noise(world& at, std::size_t size) {
    return std::string(as_text(at.noise(size)));
}

std::unique_ptr<transport::dialer> dialer_of(world& at) {
    return at.place().network().make_dialer(at.loop());
}

caller::caller(world& at) : caller(at, stranger_of(at).about().spoken) {}

caller::caller(world& at, frame::layout spoken)
    : at_(at),
      spoken_(spoken),
      dialer_(dialer_of(at)),
      link_(dialled(at, *dialer_)),
      cutter_(spoken) {}

caller::caller(world& at, std::unique_ptr<transport::connection> link)
    : at_(at),
      spoken_(stranger_of(at).about().spoken),
      link_(std::make_unique<bare_link>(std::move(link))),
      cutter_(spoken_) {}

std::string caller::frame(frame::kind what, std::uint32_t stream_id, std::uint32_t sequence,
                          std::string_view payload) const {
    return conformance::frame_of(what, stream_id, sequence, payload, spoken_,
                                 at_.loop().wall_clock_us());
}

std::vector<std::string> caller::frames_of_call(std::uint32_t id, std::string_view arguments,
                                                std::uint64_t method) const {
    bool const is_short = arguments.size() < rpc::payload_arguments_size_min;
    std::string message = conformance::head_of(rpc::message_type::call, id, method,
                                               is_short ? arguments : std::string_view{});
    message.append(is_short ? std::string_view{} : arguments);
    std::vector<std::string> made;
    std::uint32_t sequence = 0;
    for (std::string_view left = message; !left.empty(); ++sequence) {
        auto const piece = left.substr(0, chunk_size);
        made.push_back(
            frame(sequence == 0 ? frame::kind::open : frame::kind::data, id, sequence, piece));
        left.remove_prefix(piece.size());
    }
    made.push_back(frame(frame::kind::end, id, sequence));
    return made;
}

std::string caller::bytes_of_call(std::uint32_t id, std::string_view arguments) const {
    std::string made;
    for (std::string const& each : frames_of_call(id, arguments)) {
        made += each;
    }
    return made;
}

std::uint32_t caller::call(std::string_view arguments, std::uint64_t method) {
    std::uint32_t const id = next_id();
    for (std::string const& each : frames_of_call(id, arguments, method)) {
        say(each);
    }
    return id;
}

heard_message caller::await(std::uint32_t id, std::string_view what) {
    static_cast<void>(comes_true(at_, [&] { return answers_to(id) != 0 || has_ended(); }));
    if (answers_to(id) == 0) {
        throw rule_broken{std::string(what) + " is not answered" +
                          (has_ended() ? ": the connection has ended" : "")};
    }
    return answers_.at(id).front();
}

void caller::expect_not_found(std::uint32_t id, std::string_view what) {
    auto const answer = await(id, what);
    expect(answer.status() == rpc::status::method_not_found,
           std::string(what) + " of a method that nobody has is answered with status " +
               std::to_string(static_cast<int>(answer.status())));
    expect(answer.head.method_id == unknown_method || answer.head.method_id == 0,
           std::string(what) + " is answered for another method");
}

std::size_t caller::answers_to(std::uint32_t id) {
    take();
    auto const found = answers_.find(id);
    return found == answers_.end() ? 0 : found->second.size();
}

std::size_t caller::answers() {
    take();
    std::size_t sum = 0;
    for (auto const& [id, all] : answers_) {
        sum += all.size();
    }
    return sum;
}

bool caller::was_told_of_success() {
    take();
    return std::ranges::any_of(answers_, [](auto const& of) {
        return std::ranges::any_of(of.second, [](heard_message const& each) {
            return each.status() == rpc::status::success;
        });
    });
}

std::string const& caller::oddity() {
    take();
    return oddity_;
}

std::vector<std::uint32_t> const& caller::streams() {
    take();
    return streams_;
}

bool caller::ends() {
    return comes_true(at_, [&] { return has_ended(); });
}

void caller::say(std::string_view bytes) {
    expect(comes_true(at_, [&] { return link_->unsaid() == 0; }),
           "the server does not take what is sent");
    link_->say(bytes);
}

void caller::take() {
    bytes_view left = as_bytes(link_->heard()).subspan(cut_size_);
    cut_size_ = link_->heard().size();
    for (;;) {
        auto const next = cutter_.next(left);
        expect(next.has_value(), "what came is no frames of this layout");
        if (!*next) {
            return;
        }
        take_frame(**next);
    }
}

void caller::take_frame(conformance::heard_frame const& next) {
    frame::header const& head = next.head;
    if (head.kind_byte > frame::kind_max) {
        oddity_ = "a frame of kind " + std::to_string(head.kind_byte);
        return;
    }
    auto const [sequence, is_new] = sequences_.try_emplace(head.stream_id, 0);
    if (is_new) {
        streams_.push_back(head.stream_id);
    }
    if (head.sequence != sequence->second++) {
        oddity_ = "a frame out of its sequence";
    }
    auto const kind = static_cast<frame::kind>(head.kind_byte);
    if (kind == frame::kind::end || kind == frame::kind::cancel) {
        sequences_.erase(sequence);
    }
    if (auto const bytes = joined_.take(next)) {
        take_message(head.stream_id, *bytes);
    }
}

void caller::take_message(std::uint32_t stream_id, std::string_view bytes) {
    auto message = conformance::message_of(stream_id, bytes);
    if (!message) {
        oddity_ = "a message that is none";
    } else if (message->is(rpc::message_type::response)) {
        answers_[message->head.request_id].push_back(std::move(*message));
    }
}

void expect_served(world& at, std::string_view what) {
    caller(at).expect_alive(what);
}

}  // namespace trunkline::conform
