#include <trunkline/websocket/deflater.hpp>

#include <trunkline/base/assert.hpp>

#include <algorithm>
#include <new>

#include <zlib.h>

namespace trunkline::websocket {

namespace {

/// Most of the gain for a third of the time that zlib's default level takes.
constexpr int level = 1;
constexpr int memory_level = 8;

/// A piece that cannot be compressed: the smallest window costs 10 bytes for each 256.
constexpr std::size_t piece_room =
    header_size_max + deflater::piece_size_max + deflater::piece_size_max / 16 + 64;
constexpr std::size_t block_size = 2 * piece_room;

/// How a flush of zlib ends. The receiver adds it to the end of each message.
constexpr std::size_t flush_mark_size = 4;

}  // namespace

struct deflater::stream {
    z_stream zlib{};
};

deflater::deflater() noexcept = default;

deflater::~deflater() {
    if (stream_ != nullptr) {
        ::deflateEnd(&stream_->zlib);
    }
}

bool deflater::has_room() const noexcept {
    return used_ + piece_room <= block_size;
}

void deflater::begin(unsigned window_bits) {
    TRUNKLINE_ASSERT(has_room());
    if (stream_ == nullptr) {
        stream_ = std::make_unique<stream>();
        block_ = std::make_unique_for_overwrite<std::byte[]>(block_size);
        if (::deflateInit2(&stream_->zlib, level, Z_DEFLATED, -MAX_WBITS, memory_level,
                           Z_DEFAULT_STRATEGY) != Z_OK) {
            throw std::bad_alloc();
        }
    } else {
        ::deflateReset(&stream_->zlib);
    }
    begun_at_ = used_;
    used_ += header_size_max;
    // The window of the stream is the largest. A smaller one is kept to by forgetting in time.
    window_size_ = window_bits < MAX_WBITS ? std::size_t{1} << window_bits : piece_size_max + 1;
    window_left_ = window_size_;
}

void deflater::run(bytes_view bytes, int flush) noexcept {
    z_stream& zlib = stream_->zlib;
    zlib.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(bytes.data()));
    zlib.avail_in = static_cast<uInt>(bytes.size());
    zlib.next_out = reinterpret_cast<Bytef*>(block_.get() + used_);
    zlib.avail_out = static_cast<uInt>(block_size - used_);
    [[maybe_unused]] int const state = ::deflate(&zlib, flush);
    TRUNKLINE_ASSERT(zlib.avail_in == 0 && zlib.avail_out > 0);
    used_ = block_size - zlib.avail_out;
}

void deflater::add(bytes_view bytes) noexcept {
    added_ += bytes.size();
    while (!bytes.empty()) {
        std::size_t const size = std::min(bytes.size(), window_left_);
        window_left_ -= size;
        run(bytes.first(size), window_left_ == 0 ? Z_FULL_FLUSH : Z_NO_FLUSH);
        if (window_left_ == 0) {
            window_left_ = window_size_;
        }
        bytes = bytes.subspan(size);
    }
}

mutable_bytes deflater::end(bool last) noexcept {
    run({}, Z_SYNC_FLUSH);
    if (last) {
        used_ -= flush_mark_size;
    }
    std::size_t const at = begun_at_ + header_size_max;
    return {block_.get() + at, used_ - at};
}

}  // namespace trunkline::websocket
