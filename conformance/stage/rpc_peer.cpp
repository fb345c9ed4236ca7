#include <replay/published_names.hpp>
#include <stage/rpc_peer.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::stage {
namespace {

constexpr std::size_t metadata_size_max = 65535;
constexpr std::uint64_t sent_at_us = 1'795'234'000'000'000;

}  // namespace

byte_string encode(replay::raw_frame const& frame, frame::layout layout) {
    byte_string bytes(layout == frame::layout::a ? 21 : 13);
    store_le(bytes.data(), static_cast<std::uint32_t>(frame.payload.size()));
    store_le(bytes.data() + 4, frame.stream_id);
    store_le(bytes.data() + 8, frame.sequence);
    bytes[12] = static_cast<std::byte>(frame.kind);
    if (layout == frame::layout::a) {
        store_le(bytes.data() + 13, sent_at_us);
    }
    bytes.insert(bytes.end(), frame.payload.begin(), frame.payload.end());
    return bytes;
}

std::vector<byte_string> call_messages(std::uint32_t request_id, std::uint32_t stream_id,
                                       std::uint64_t method_id, bytes_view arguments,
                                       frame::layout layout) {
    replay::wire_message call;
    call.request_id = request_id;
    call.stream_id = stream_id;
    call.method_id = method_id;
    byte_string bytes(arguments.begin(), arguments.end());
    if (bytes.size() <= metadata_size_max) {
        call.metadata = std::move(bytes);
    } else {
        call.parts.push_back(std::move(bytes));
    }
    std::vector<byte_string> messages;
    for (replay::raw_frame const& each : replay::frames_of_message(call)) {
        messages.push_back(encode(each, layout));
    }
    return messages;
}

rpc_peer::rpc_peer(std::unique_ptr<transport::byte_stream> link, frame::layout layout)
    : layout_(layout), link_(std::move(link)), sorter_(layout) {
    link_.on_bytes([this] { parse(); });
}

std::uint32_t rpc_peer::call(std::uint64_t method_id, bytes_view arguments) {
    std::uint32_t const id = next_id_++;
    for (byte_string const& each : call_messages(id, id, method_id, arguments, layout_)) {
        send_message(each);
    }
    return id;
}

int rpc_peer::status() {
    parse();
    return status_;
}

std::optional<replay::sent_message> rpc_peer::answer(std::uint32_t request_id) {
    auto const& all = messages();
    auto const found = std::ranges::find_if(all, [&](replay::sent_message const& each) {
        return each.request_id == request_id && each.ended();
    });
    return found != all.end() ? std::optional(*found) : std::nullopt;
}

std::vector<replay::sent_message> const& rpc_peer::messages() {
    parse();
    return sorter_.messages();
}

std::vector<received_frame> const& rpc_peer::control_frames() {
    parse();
    return control_;
}

std::optional<std::uint16_t> rpc_peer::close_code() {
    parse();
    auto const found = std::ranges::find(control_, std::uint8_t{op_close}, &received_frame::code);
    return found != control_.end()
               ? std::optional(found->close_code().value_or(replay::close::no_code))
               : std::nullopt;
}

std::size_t rpc_peer::faults() {
    parse();
    return faults_;
}

void rpc_peer::parse() {
    bytes_view rest = bytes_view(link_.received()).subspan(parsed_);
    if (status_ == 0) {
        auto const answer = parse_answer(rest);
        if (!answer) {
            return;
        }
        status_ = answer->status;
        rest = rest.subspan(answer->size);
    }
    if (status_ == 101) {
        for (received_frame& each : take_frames(rest)) {
            take(std::move(each));
        }
    }
    parsed_ = link_.received().size() - rest.size();
}

void rpc_peer::take(received_frame frame) {
    bool const control = frame.code >= op_close;
    bool const known = control ? frame.code <= op_pong : frame.code == op_binary;
    faults_ += frame.masked || !frame.fin || frame.reserved != 0 || !known ? 1 : 0;
    if (frame.code == op_ping && answers_pings_) {
        link_.send(encode({.code = op_pong, .payload = frame.payload}));
    }
    if (control) {
        control_.push_back(std::move(frame));
    } else {
        sorter_.add(frame.payload);
    }
}

}  // namespace trunkline::stage
