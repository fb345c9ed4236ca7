#include <trunkline/chat/frame_batch.hpp>

#include <trunkline/websocket/frame_header.hpp>

#include <algorithm>

namespace trunkline::chat {

std::size_t pieces_of(bytes_view message, bool in_document_layout,
                      std::span<bytes_view, most_pieces> out) noexcept {
    if (!in_document_layout) {
        out[0] = message;
        return 1;
    }
    auto const pieces = chat_wire::document_pieces(message);
    std::copy(pieces.begin(), pieces.end(), out.begin());
    return pieces.size();
}

frame_batch::frame_batch(websocket::message_kind kind)
    : kind_(kind), bytes_(std::make_unique_for_overwrite<std::byte[]>(size_max)) {}

void frame_batch::make(std::span<rooms::shared_message const> messages, bool in_document_layout) {
    key const wanted{.first = messages.front().number(),
                     .last = messages.back().number(),
                     .count = messages.size(),
                     .in_document_layout = in_document_layout};
    if (made_of_ == wanted) {
        return;
    }
    made_of_ = wanted;
    ends_.clear();
    for (rooms::shared_message const& each : messages) {
        if (!add(each.bytes(), in_document_layout)) {
            return;
        }
    }
}

bool frame_batch::add(bytes_view message, bool in_document_layout) {
    std::size_t at = ends_.empty() ? 0 : ends_.back();
    if (message.size() + websocket::header_size_max > size_max - at) {
        return false;
    }
    std::array<bytes_view, most_pieces> pieces;
    std::size_t const count = pieces_of(message, in_document_layout, pieces);
    websocket::frame_header header{.code = static_cast<websocket::opcode>(kind_)};
    for (bytes_view const each : std::span(pieces).first(count)) {
        header.payload_size += each.size();
    }
    std::array<std::byte, websocket::header_size_max> head;
    std::size_t const head_size = websocket::encode_header(header, head);
    std::copy_n(head.begin(), head_size, bytes_.get() + at);
    at += head_size;
    for (bytes_view const each : std::span(pieces).first(count)) {
        std::copy(each.begin(), each.end(), bytes_.get() + at);
        at += each.size();
    }
    ends_.push_back(at);
    return true;
}

}  // namespace trunkline::chat
