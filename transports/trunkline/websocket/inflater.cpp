#include <trunkline/websocket/inflater.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <new>
#include <utility>

#include <zlib.h>

namespace trunkline::websocket {

namespace {

/// What the sender has cut off behind its last byte: the rest of an empty stored block.
constexpr std::array tail{std::byte{0x00}, std::byte{0x00}, std::byte{0xff}, std::byte{0xff}};

/// Bit of z_stream::data_type: between two blocks.
constexpr int at_block_border = 128;

uInt count_of(std::size_t size) noexcept {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

struct inflater::stream {
    z_stream zlib{};
    std::size_t tail_fed = 0;
    bool after_final_block = false;
    bool at_border = false;  // as zlib told after its last step: asked for nothing more it forgets
};

inflater::inflater() : stream_(std::make_unique<stream>()) {
    if (::inflateInit2(&stream_->zlib, -MAX_WBITS) != Z_OK) {
        throw std::bad_alloc();
    }
}

inflater::~inflater() {
    ::inflateEnd(&stream_->zlib);
}

void inflater::begin_message() noexcept {
    ::inflateReset(&stream_->zlib);
    stream_->tail_fed = 0;
    stream_->after_final_block = false;
    stream_->at_border = false;
}

inflate_state inflater::feed(bytes_view& input, mutable_bytes& room, bool last) noexcept {
    z_stream& zlib = stream_->zlib;
    for (;;) {
        bool const in_tail = input.empty() && last;
        bytes_view const from =
            in_tail ? bytes_view(tail).subspan(stream_->tail_fed) : bytes_view(input);
        if (room.empty()) {
            return inflate_state::full;  // before all else: what was taken has to be told first
        }
        if (from.empty() && stream_->after_final_block) {
            return last ? inflate_state::complete : inflate_state::more;
        }
        if (from.empty() && in_tail && stream_->at_border) {
            return inflate_state::complete;  // its last byte has filled the room before
        }
        // A block marked as the final one need not be the last of its message (section 7.2.1).
        if (std::exchange(stream_->after_final_block, false)) {
            ::inflateResetKeep(&zlib);
        }
        zlib.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(from.data()));
        zlib.avail_in = count_of(from.size());
        zlib.next_out = reinterpret_cast<Bytef*>(room.data());
        zlib.avail_out = count_of(room.size());
        uInt const offered = zlib.avail_in;
        uInt const free = zlib.avail_out;
        int const state = ::inflate(&zlib, Z_SYNC_FLUSH);
        std::size_t const taken = offered - zlib.avail_in;
        room = room.subspan(free - zlib.avail_out);
        if (in_tail) {
            stream_->tail_fed += taken;
        } else {
            input = input.subspan(taken);
        }
        if (state == Z_MEM_ERROR) {
            std::terminate();
        }
        if (state != Z_OK && state != Z_BUF_ERROR && state != Z_STREAM_END) {
            return inflate_state::malformed;
        }
        stream_->after_final_block = state == Z_STREAM_END;
        stream_->at_border = (zlib.data_type & at_block_border) != 0;
        if (stream_->after_final_block || zlib.avail_in > 0) {
            continue;
        }
        if (room.empty()) {
            return inflate_state::full;
        }
        if (in_tail) {
            return stream_->at_border ? inflate_state::complete : inflate_state::malformed;
        }
        if (input.empty() && !last) {
            return inflate_state::more;
        }
    }
}

}  // namespace trunkline::websocket
