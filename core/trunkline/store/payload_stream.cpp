#include <trunkline/store/payload_stream.hpp>

#include <trunkline/store/digest.hpp>
#include <trunkline/store/entry.hpp>

#include <algorithm>
#include <array>

namespace trunkline::store {

payload_stream::payload_stream(file& to, std::uint64_t tail, std::uint32_t alignment) noexcept
    : file_(to), begin_(tail), pad_(pad_size(tail, alignment)), written_to_(tail) {}

result<std::uint64_t> payload_stream::write(std::uint64_t key_hash, payload_source const& source) {
    std::vector<std::byte> buffer(stream_piece_size);
    for (;;) {
        auto const read = source(buffer);
        if (!read) {
            return read.error();
        }
        if (*read == 0) {
            break;
        }
        if (auto const taken = take(bytes_view(buffer).first(*read)); !taken) {
            return taken.error();
        }
    }
    if (size_ == 0) {
        return store_error::empty_payload;
    }
    if (leading_zeros_ == size_) {
        return store_error::null_stream;
    }
    std::array<std::byte, trailer_size> end;
    store_trailer(end.data(), {key_hash, begin_, checksum_});
    if (auto const wrote = put(end); !wrote) {
        return wrote.error();
    }
    return written_to_;
}

result<void> payload_stream::take(bytes_view piece) {
    if (begin_ + pad_ + size_ + piece.size() + trailer_size > file_size_max) {
        return store_error::too_large;
    }
    bool const only_zeros = leading_zeros_ == size_;
    size_ += piece.size();
    if (only_zeros) {
        auto const first =
            std::ranges::find_if(piece, [](auto each) { return each != std::byte{0}; });
        auto const zeros = static_cast<std::uint64_t>(first - piece.begin());
        leading_zeros_ += zeros;
        if (zeros == piece.size()) {
            return {};
        }
        if (auto const wrote = put_zeros(pad_); !wrote) {
            return wrote;
        }
        checksum_ = 0;  // the pad has none
        if (auto const wrote = put_zeros(leading_zeros_); !wrote) {
            return wrote;
        }
        piece = piece.subspan(zeros);
    }
    return put(piece);
}

result<void> payload_stream::put(bytes_view bytes) {
    touched_file_ = true;
    checksum_ = extend_checksum(checksum_, bytes);
    auto const wrote = write_all(file_, written_to_, std::span(&bytes, 1));
    disk_failed_ = !wrote;
    written_to_ += bytes.size();
    return wrote;
}

result<void> payload_stream::put_zeros(std::uint64_t count) {
    static constexpr std::array<std::byte, 4096> zeros{};
    while (count != 0) {
        auto const size = std::min<std::uint64_t>(count, zeros.size());
        if (auto const wrote = put(bytes_view(zeros).first(size)); !wrote) {
            return wrote;
        }
        count -= size;
    }
    return {};
}

}  // namespace trunkline::store
