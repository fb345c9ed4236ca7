#include <trunkline/chat/visitors.hpp>

#include <trunkline/transport/socket_stream.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::chat {

using transport::io_status;

bool visitors::fold(visitor& slot) {
    auto stream = slot.open_->fold();
    if (stream == nullptr) {
        return false;
    }
    auto const heard =
        std::chrono::duration_cast<std::chrono::milliseconds>(slot.open_->heard_ - began_);
    slot.heard_ms_ = static_cast<std::uint32_t>(heard.count());
    take_open(slot);
    auto bare = keeper_.sockets == nullptr ? transport::file_descriptor() : stream->release();
    if (bare) {
        slot.content_ = visitor::content::socket;
        slot.descriptor = bare.release();
        slot.stream_ = nullptr;
        keeper_.sockets->update(slot, true, false);
    } else {
        slot.content_ = visitor::content::stream;
        slot.stream_ = stream.release();
        slot.stream_->watch(&slot, true, false);
    }
    scan_due_ = std::min<time_point>(scan_due_, began_ + heard + times().ping_after);
    plan_look();
    return true;
}

// `owed`: the rest of a frame that was begun.
open_link& visitors::unfold(visitor& slot, bytes_view owed) {
    auto const heard = loop().now() - silence_of(slot, loop().now());
    auto link = std::make_unique<websocket::connection>(websockets_, websocket::role::server,
                                                        take_stream(slot));
    if (!owed.empty()) {
        link->owe(owed);
    }
    open_link& made = open(slot, std::move(link));
    made.heard_ = heard;
    return made;
}

std::unique_ptr<transport::byte_stream> visitors::take_stream(visitor& slot) {
    auto const was = std::exchange(slot.content_, visitor::content::nothing);
    if (was == visitor::content::socket) {
        keeper_.sockets->remove(slot);
        return keeper_.reopen(transport::file_descriptor(std::exchange(slot.descriptor, -1)));
    }
    std::unique_ptr<transport::byte_stream> stream(std::exchange(slot.stream_, nullptr));
    stream->watch(nullptr, false, false);
    return stream;
}

transport::io_result visitors::write_folded(visitor& slot, bytes_view frames) {
    std::span<bytes_view const> const pieces(&frames, 1);
    return slot.content_ == visitor::content::socket
               ? transport::write_socket(slot.descriptor, pieces)
               : slot.stream_->write(pieces);
}

// The frames are those of all who get the same: nothing is made for this one alone, unless its link
// is full.
std::size_t visitors::offer_folded(visitor& slot, std::span<rooms::shared_message const> messages) {
    std::size_t done = 0;
    while (done < messages.size()) {
        frames_.make(messages.subspan(done), slot.has_document_layout());
        if (frames_.ends().empty()) {
            return done + unfold(slot).send(messages.subspan(done));  // too large for a batch
        }
        auto const wrote = write_folded(slot, frames_.bytes());
        if (wrote.status == io_status::error) {
            doom(slot);
            return messages.size();
        }
        std::size_t const size = wrote.status == io_status::ok ? wrote.size : 0;
        if (size == frames_.bytes().size()) {
            done += frames_.ends().size();
            continue;
        }
        auto const ends = frames_.ends();
        auto const cut = std::upper_bound(ends.begin(), ends.end(), size);
        std::size_t const whole = static_cast<std::size_t>(cut - ends.begin());
        bool const is_begun = size > (whole == 0 ? 0 : ends[whole - 1]);
        unfold(slot, is_begun ? frames_.bytes().subspan(size, ends[whole] - size) : bytes_view())
            .wait_for_link();
        return done + whole + (is_begun ? 1 : 0);
    }
    return done;
}

void visitors::on_ready(visitor& slot) {
    unfold(slot);
    turn(slot, true);
}

}  // namespace trunkline::chat
