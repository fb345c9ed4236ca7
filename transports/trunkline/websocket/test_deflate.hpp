// For tests and fuzz targets: bytes compressed as a peer may do it, by zlib itself.
#pragma once

#include <trunkline/websocket/deflate_agreement.hpp>

#include <stdexcept>
#include <string>
#include <string_view>

#include <zlib.h>

namespace trunkline::websocket::testing {

inline constexpr deflate_agreement with_deflate{.window_bits = 15};

/// `text` as the payload of a compressed message, or the beginning of one: without its tail, and
/// ended by a final block where `finished` says so.
inline std::string deflated(std::string_view text, int level = 6, bool finished = false) {
    z_stream zlib{};
    if (::deflateInit2(&zlib, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("zlib");
    }
    std::string out(::deflateBound(&zlib, text.size()) + 64, '\0');
    zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    zlib.avail_in = static_cast<uInt>(text.size());
    zlib.next_out = reinterpret_cast<Bytef*>(out.data());
    zlib.avail_out = static_cast<uInt>(out.size());
    ::deflate(&zlib, finished ? Z_FINISH : Z_SYNC_FLUSH);
    out.resize(zlib.total_out - (finished ? 0 : 4));
    ::deflateEnd(&zlib);
    return out;
}

/// What a receiver whose window has 2^`window_bits` bytes makes of a payload, byte by byte; "?"
/// when it cannot.
inline std::string inflated(std::string payload, int window_bits = MAX_WBITS) {
    payload += std::string("\0\0\xff\xff", 4);
    z_stream zlib{};
    if (::inflateInit2(&zlib, -window_bits) != Z_OK) {
        throw std::runtime_error("zlib");
    }
    zlib.next_in = reinterpret_cast<Bytef*>(payload.data());
    zlib.avail_in = static_cast<uInt>(payload.size());
    std::string out;
    int state = Z_OK;
    while (state == Z_OK) {
        char byte = 0;
        zlib.next_out = reinterpret_cast<Bytef*>(&byte);
        zlib.avail_out = 1;
        state = ::inflate(&zlib, Z_SYNC_FLUSH);
        out.append(&byte, 1 - zlib.avail_out);
    }
    ::inflateEnd(&zlib);
    return state == Z_BUF_ERROR && zlib.avail_in == 0 ? out : "?";
}

}  // namespace trunkline::websocket::testing
