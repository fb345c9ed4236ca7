#include "pipe_stream.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace pipes {
namespace {

using trunkline::transport::asio_runtime;
using trunkline::transport::file_descriptor;
using trunkline::transport::io_result;
using trunkline::transport::io_status;
using trunkline::transport::readiness_sink;

// Pieces taken by one gather write; the caller comes back with the rest.
constexpr std::size_t pieces_per_write = 64;

// What became of a system call that moves bytes and gives their number.
template <class Call>
io_result moved_by(Call call) {
    ssize_t size = 0;
    do {
        size = call();
    } while (size < 0 && errno == EINTR);
    if (size >= 0) {
        return {.status = io_status::ok, .size = static_cast<std::size_t>(size), .error = {}};
    }
    if (errno == EAGAIN) {
        return {.status = io_status::would_block, .size = 0, .error = {}};
    }
    return {.status = io_status::error,
            .size = 0,
            .error = trunkline::error_code(errno, boost::system::system_category())};
}

}  // namespace

pipe_stream::half::half(asio_runtime& loop, file_descriptor owned)
    : loop_(loop), owned_(std::move(owned)) {
    descriptor = owned_.get();
}

void pipe_stream::half::watch(readiness_sink* sink, bool reads, bool writes) {
    if (is_open()) {
        sink_ = sink;
        loop_.readiness().update(*this, reads, writes);
    }
}

void pipe_stream::half::close() {
    if (is_open()) {
        loop_.readiness().remove(*this);
        owned_.reset();
        descriptor = -1;  // a call on it fails with EBADF
    }
}

pipe_stream::pipe_stream(asio_runtime& loop, file_descriptor from, file_descriptor to)
    : from_(loop, std::move(from)), to_(loop, std::move(to)) {}

pipe_stream::~pipe_stream() {
    close(false);
}

io_result pipe_stream::read(trunkline::mutable_bytes into) {
    auto got = moved_by([&] { return ::read(from_.descriptor, into.data(), into.size()); });
    if (got.status == io_status::ok && got.size == 0) {
        got.status = io_status::end;
    }
    return got;
}

io_result pipe_stream::write(std::span<trunkline::bytes_view const> pieces) {
    std::array<iovec, pieces_per_write> vectors;
    std::size_t count = 0;
    for (auto const piece : pieces.first(std::min(pieces.size(), vectors.size()))) {
        // The system only reads through this pointer.
        vectors[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
    }
    return moved_by(
        [&] { return ::writev(to_.descriptor, vectors.data(), static_cast<int>(count)); });
}

void pipe_stream::close(bool) {
    from_.close();
    to_.close();
}

void pipe_stream::watch(readiness_sink* sink, bool read_interest, bool write_interest) {
    from_.watch(sink, read_interest, false);
    to_.watch(sink, false, write_interest);
}

}  // namespace pipes
