#include <trunkline/conformance/frame_peer.hpp>

#include <trunkline/extension/kinds.hpp>
#include <trunkline/rpc/method_id.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace trunkline::conformance {
namespace {

// Ids that no rule uses.
constexpr std::uint32_t greeting_stream = 0x00ff'0000;
constexpr std::uint32_t hello_stream = 0x00ff'0001;
constexpr std::uint32_t hello_request = 0x00ff'0001;

}  // namespace

std::string frame_of(frame::kind what, std::uint32_t stream_id, std::uint32_t sequence,
                     std::string_view payload, frame::layout of, std::uint64_t sent_at_us) {
    std::array<std::byte, frame::header_size_max> head;
    std::size_t const size =
        frame::encode_header({static_cast<std::uint32_t>(payload.size()), stream_id, sequence,
                              static_cast<std::uint8_t>(what), sent_at_us},
                             of, head);
    return std::string(as_text(bytes_view(head).first(size))).append(payload);
}

std::string frame_of(extension::kind what, std::uint32_t stream_id, std::string_view payload) {
    return frame_of(static_cast<frame::kind>(what), stream_id, 0, payload);
}

std::string head_of(rpc::message_type type, std::uint32_t request_id, std::uint64_t method_id,
                    std::string_view metadata) {
    auto const head = rpc::encode_header({static_cast<std::uint8_t>(type), request_id, method_id,
                                          static_cast<std::uint16_t>(metadata.size())});
    return std::string(as_text(head)).append(metadata);
}

std::string whole_of(std::uint32_t stream_id, std::string_view message) {
    return frame_of(frame::kind::open, stream_id, 0, message) +
           frame_of(frame::kind::end, stream_id, 1);
}

frame_peer::frame_peer(world& at, std::unique_ptr<bare_link> link)
    : at_(&at), link_(std::move(link)) {}

void frame_peer::say(std::string_view bytes) {
    expect(at_->comes_true([&] { return link_->unsaid() == 0; }),
           "a link did not take what was sent");
    link_->say(bytes);
}

void frame_peer::close() {
    expect(at_->comes_true([&] { return link_->unsaid() == 0; }),
           "a link did not take what was sent");
    link_->close();
}

void frame_peer::greet() {
    // Two, as one alone may be the begin of a header of layout a.
    std::string const cancel = frame_of(frame::kind::cancel, greeting_stream, 0);
    say(cancel + cancel);
}

void frame_peer::answer(heard_message const& call, std::string_view body) {
    // Streams of both directions are numbered apart: that of the call will do.
    std::string const success(1, '\0');
    say(whole_of(call.stream_id, head_of(rpc::message_type::response, call.head.request_id,
                                         call.head.method_id, success)
                                     .append(body)));
}

void frame_peer::ask_for_extension() {
    std::string const version(1, static_cast<char>(extension::version));
    say(whole_of(hello_stream, head_of(rpc::message_type::call, hello_request,
                                       rpc::method_id(extension::hello_method), version)));
    auto const answer = await(rpc::message_type::response, hello_request);
    expect(answer.status() == rpc::status::success && answer.payload == version,
           "the extension is not agreed to");
}

heard_message frame_peer::await(rpc::message_type type, std::uint32_t request_id) {
    std::optional<heard_message> found;
    bool const came = at_->comes_true([&] {
        for (heard_message& each : messages()) {
            if (each.is(type) && each.head.request_id == request_id) {
                found = std::move(each);
                return true;
            }
        }
        return false;
    });
    expect(came,
           type == rpc::message_type::call ? "a call did not arrive" : "a call was not answered");
    return std::move(*found);
}

heard_message frame_peer::await_call(std::size_t which) {
    std::vector<heard_message> calls;
    bool const came = at_->comes_true([&] {
        calls = messages();
        std::erase_if(calls,
                      [](heard_message const& each) { return !each.is(rpc::message_type::call); });
        return calls.size() > which;
    });
    expect(came, "a call did not arrive");
    return calls[which];
}

std::vector<heard_frame> const& frame_peer::frames() const {
    bytes_view left = as_bytes(link_->heard()).subspan(cut_size_);
    cut_size_ = link_->heard().size();
    for (;;) {
        auto next = cutter_.next(left);
        expect(next.has_value(), "what arrived is no frames");
        if (!*next) {
            return frames_;
        }
        frames_.push_back(std::move(**next));
    }
}

std::vector<heard_message> frame_peer::messages() const {
    std::vector<heard_message> all;
    message_joiner joined;
    for (heard_frame const& each : frames()) {
        if (auto const bytes = joined.take(each)) {
            auto message = message_of(each.head.stream_id, *bytes);
            expect(message.has_value(), "a message arrived whose head is none");
            all.push_back(std::move(*message));
        }
    }
    return all;
}

std::size_t frame_peer::answers_to(std::uint32_t request_id) const {
    auto const all = messages();
    return static_cast<std::size_t>(std::ranges::count_if(all, [&](heard_message const& each) {
        return each.is(rpc::message_type::response) && each.head.request_id == request_id;
    }));
}

}  // namespace trunkline::conformance
