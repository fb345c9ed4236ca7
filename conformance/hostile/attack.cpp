#include <hostile/attack.hpp>
#include <replay/published_names.hpp>

#include <algorithm>
#include <ostream>

namespace trunkline::hostile {
namespace {

namespace method = replay::method;

constexpr std::size_t shown_answers_max = 8;

}  // namespace

std::ostream& operator<<(std::ostream& out, ending const& shown) {
    out << (shown.ended ? "ended" : "open");
    if (shown.close_code) {
        out << ", close " << *shown.close_code;
    }
    out << ", " << shown.answers.size() << " answers:";
    for (std::size_t i = 0; i < std::min(shown.answers.size(), shown_answers_max); ++i) {
        out << ' ' << shown.answers[i].request_id << '=' << int{shown.answers[i].status};
    }
    return out;
}

ending ending_of(stage::rpc_peer& peer) {
    ending seen;
    seen.close_code = peer.close_code();
    seen.ended = peer.link().ended();
    for (replay::sent_message const& each : peer.messages()) {
        if (each.ended()) {
            seen.answers.push_back({each.request_id, each.status()});
        }
    }
    std::ranges::sort(seen.answers);
    return seen;
}

void send_frame(stage::rpc_peer& peer, std::uint8_t kind, std::uint32_t stream_id,
                std::uint32_t sequence, bytes_view payload) {
    peer.send_message(stage::encode({stream_id, sequence, kind, {payload.begin(), payload.end()}},
                                    peer.layout()));
}

void send_header(stage::rpc_peer& peer, std::uint32_t stream_id, std::uint32_t declared_size) {
    stage::byte_string bytes = stage::encode({stream_id, 0, 0, {}}, peer.layout());
    store_le(bytes.data(), declared_size);
    peer.send_message(bytes);
}

void send_call(stage::rpc_peer& peer, std::uint32_t request_id, std::uint64_t method_id,
               bytes_view arguments) {
    for (auto const& each :
         stage::call_messages(request_id, request_id, method_id, arguments, peer.layout())) {
        peer.send_message(each);
    }
}

void send_good_call(stage::rpc_peer& peer, std::uint32_t request_id) {
    send_call(peer, request_id, method::len, {});
}

stage::byte_string encode(message_bytes const& head) {
    constexpr std::size_t fixed_size = 15;
    stage::byte_string bytes(fixed_size + head.metadata.size());
    bytes[0] = static_cast<std::byte>(head.type);
    store_le(bytes.data() + 1, head.request_id);
    store_le(bytes.data() + 5, head.method_id);
    store_le(bytes.data() + 13,
             head.declared_metadata.value_or(static_cast<std::uint16_t>(head.metadata.size())));
    std::ranges::copy(head.metadata, bytes.begin() + fixed_size);
    return bytes;
}

}  // namespace trunkline::hostile
