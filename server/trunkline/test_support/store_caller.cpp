#include <trunkline/test_support/store_caller.hpp>

#include <array>
#include <stdexcept>
#include <vector>

namespace trunkline::test_support {
namespace {

std::uint64_t any_time(void*) noexcept {
    return 1'800'000'000'000'000;
}

}  // namespace

store_caller::store_caller(std::string const& host, std::uint16_t port, std::string const& path)
    : socket_(host, port, path) {
    rpc::session_options options;
    options.local_side = rpc::side::dialer;
    options.layout = frame::layout::b;
    options.limits.message_size_max = 1024 * mib;  // the server's limits are the ones to be tested
    options.limits.held_size_max = 1024 * mib;
    endpoint_ = std::make_unique<rpc::endpoint>(options, methods_, any_time, nullptr);
}

store_caller::~store_caller() = default;

std::string store_caller::call_bytes(std::uint64_t method_id, std::string_view arguments) {
    std::array<slice, 1> pieces{slice{as_bytes(arguments), {}}};
    auto const sent =
        endpoint_->call(method_id, pieces, [this, number = calls_++](rpc::response const& got) {
            answers_[number] = {got.error, got.code, std::string(as_text(got.body))};
        });
    if (!sent) {
        throw std::runtime_error("call: " + sent.error().message());
    }
    return take_frames();
}

std::string store_caller::event_bytes(std::uint64_t method_id, std::string_view arguments) {
    std::array<slice, 1> pieces{slice{as_bytes(arguments), {}}};
    if (auto const sent = endpoint_->protocol().send_event(method_id, pieces, 0); !sent) {
        throw std::runtime_error("event: " + sent.error().message());
    }
    return take_frames();
}

// All that is to be sent.
std::string store_caller::take_frames() {
    std::string frames;
    auto& queue = endpoint_->protocol().output();
    while (!queue.empty()) {
        std::array<out_segment, 16> segments{};
        std::size_t const count = queue.peek(segments);
        std::string bytes;
        for (out_segment const& one : std::span(segments).first(count)) {
            bytes += as_text(one.bytes);
        }
        queue.consume(bytes.size());
        frames += ws_client::frame(ws_binary, bytes);
    }
    return frames;
}

answer store_caller::call(std::uint64_t method_id, std::string_view arguments) {
    std::size_t const number = calls_;
    socket_.send_raw(call_bytes(method_id, arguments));
    while (!answers_.contains(number)) {
        if (!receive_one()) {
            throw std::runtime_error("the connection ended before the answer");
        }
    }
    return answers_.at(number);
}

bool store_caller::receive_one() {
    last_ = socket_.receive();
    if (last_.opcode != ws_binary) {
        return false;
    }
    auto const taken = endpoint_->protocol().receive(as_bytes(last_.payload), true, 0);
    auto const settled = endpoint_->protocol().settle();
    if (!taken || !settled || *taken != last_.payload.size()) {
        throw std::runtime_error("the server broke the protocol");
    }
    return true;
}

}  // namespace trunkline::test_support
