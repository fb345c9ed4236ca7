#include "answer_check.hpp"

#include <trunkline/bitcode/decode.hpp>
#include <trunkline/store_service/messages.hpp>

#include <algorithm>
#include <cstring>

namespace trunkline::load {

bool answer_check::take_head(bytes_view& piece) noexcept {
    std::size_t const taken = std::min(piece.size(), head_.size() - head_filled_);
    if (taken != 0) {
        std::memcpy(head_.data() + head_filled_, piece.data(), taken);
    }
    head_filled_ += taken;
    piece = piece.subspan(taken);
    return head_filled_ == head_.size();
}

void answer_check::take_body(bytes_view piece, exchange const& asked) noexcept {
    if (piece.empty()) {
        return;
    }
    if (size_ < begin_.size()) {
        std::memcpy(begin_.data() + size_, piece.data(),
                    std::min(piece.size(), begin_.size() - size_));
    }
    if (!asked.any_tail) {
        equal_ = equal_ && size_ + piece.size() <= asked.answer.size() &&
                 std::memcmp(piece.data(), asked.answer.data() + size_, piece.size()) == 0;
    }
    size_ += piece.size();
}

std::string answer_check::verdict(exchange const& asked) const {
    if (head_filled_ != head_.size()) {
        return "an answer without a status";
    }
    rpc::header const fields = head();
    if (fields.type_byte != static_cast<std::uint8_t>(rpc::message_type::response) ||
        fields.metadata_size != 1) {
        return "an answer with a strange head";
    }
    if (fields.method_id != asked.method_id) {
        return "an answer of another method";
    }
    if (rpc::decode_status(bytes_view(head_).last(1)) != rpc::status::success) {
        bytes_view const told = bytes_view(begin_).first(std::min(size_, begin_.size()));
        return "a call failed: " + std::string(as_text(told));
    }
    return body_verdict(asked);
}

std::string answer_check::body_verdict(exchange const& asked) const {
    if (!asked.any_tail) {
        return equal_ && size_ == asked.answer.size() ? "" : "an answer with other bytes";
    }
    bytes_view const body = bytes_view(begin_).first(std::min(size_, begin_.size()));
    auto const tail = bitcode::decode<store_service::tail_response>(body);
    return tail && (*tail)->tail_offset != 0 ? "" : "a write without a place in the file";
}

}  // namespace trunkline::load
