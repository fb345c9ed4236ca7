#include <trunkline/conformance/frame_cutter.hpp>

#include <utility>

namespace trunkline::conformance {

std::optional<heard_message> message_of(std::uint32_t stream_id, std::string_view bytes) {
    if (bytes.size() < rpc::header_size) {
        return std::nullopt;
    }
    auto const head = rpc::decode_header(as_bytes(bytes));
    bytes.remove_prefix(rpc::header_size);
    if (head.type_byte > rpc::message_type_max || bytes.size() < head.metadata_size) {
        return std::nullopt;
    }
    return heard_message{stream_id, head, std::string(bytes.substr(0, head.metadata_size)),
                         std::string(bytes.substr(head.metadata_size))};
}

frame_cutter::frame_cutter(frame::layout of, bool extended)
    : decoder_(of, session_limits{}.frame_payload_size_max) {
    if (extended) {
        decoder_.give_extension_frames();
    }
}

result<std::optional<heard_frame>> frame_cutter::next(bytes_view& input) {
    for (;;) {
        auto const part = decoder_.next(input);
        if (!part) {
            return part.error();
        }
        if (!*part) {
            return std::optional<heard_frame>();
        }
        begun_ += as_text((*part)->bytes);
        if ((*part)->ends) {
            return std::optional(heard_frame{(*part)->head, std::exchange(begun_, {})});
        }
    }
}

std::optional<std::string> message_joiner::take(heard_frame const& next) {
    if (next.head.kind_byte > frame::kind_max) {
        return std::nullopt;
    }
    auto const kind = static_cast<frame::kind>(next.head.kind_byte);
    if (kind == frame::kind::cancel) {
        open_.erase(next.head.stream_id);
        return std::nullopt;
    }
    auto const stream = open_.try_emplace(next.head.stream_id).first;
    stream->second += next.payload;
    if (kind != frame::kind::end) {
        return std::nullopt;
    }
    return std::move(open_.extract(stream).mapped());
}

}  // namespace trunkline::conformance
