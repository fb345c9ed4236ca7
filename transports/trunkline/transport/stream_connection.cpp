#include <trunkline/transport/stream_connection.hpp>

#include <trunkline/base/assert.hpp>

#include <boost/asio/error.hpp>

#include <array>
#include <utility>

namespace trunkline::transport {
namespace {

// Frames lie behind each other in memory more often than not: joined, they are one piece.
constexpr std::size_t pieces_joined_max = 256;

}  // namespace

stream_connection::stream_connection(std::unique_ptr<byte_stream> stream)
    : stream_(std::move(stream)) {
    TRUNKLINE_ASSERT(stream_ != nullptr);
}

capabilities stream_connection::abilities() const noexcept {
    return {.half_close = true};
}

read_result stream_connection::read(mutable_bytes buffer, std::span<in_piece> out) {
    TRUNKLINE_ASSERT(out.size() >= 2);
    auto const got = stream_->read(buffer);
    read_result result{.status = got.status, .wire_bytes = got.size, .error = got.error};
    if (got.status == io_status::ok && !closing_) {
        out.front() = {.bytes = buffer.first(got.size)};
        result.pieces = 1;
    }
    return result;
}

io_result stream_connection::write(std::span<out_segment const> segments) {
    if (segments.empty()) {
        return stream_->holds_unsent() ? stream_->write({}) : io_result{};
    }
    if (closing_) {
        return {.status = io_status::error, .size = 0, .error = boost::asio::error::broken_pipe};
    }
    std::array<bytes_view, pieces_joined_max> pieces;
    std::size_t count = 0;
    for (out_segment const& segment : segments) {
        bool const joins = count > 0 && pieces[count - 1].data() + pieces[count - 1].size() ==
                                            segment.bytes.data();
        if (joins) {
            pieces[count - 1] = {pieces[count - 1].data(),
                                 pieces[count - 1].size() + segment.bytes.size()};
        } else if (count < pieces.size()) {
            pieces[count++] = segment.bytes;
        } else {
            break;
        }
    }
    return stream_->write(std::span(pieces).first(count));
}

void stream_connection::shutdown_write() {
    stream_->shutdown_write();
}

void stream_connection::close(close_code /*code*/, std::string_view /*reason*/) {
    closing_ = true;
    stream_->shutdown_write();
}

void stream_connection::abort() {
    stream_->close(true);
}

void stream_connection::watch(readiness_sink* sink, bool read_interest, bool write_interest) {
    stream_->watch(sink, read_interest, write_interest);
}

void stream_connection::acknowledge_now() {
    stream_->acknowledge_now();
}

void stream_connection::hold_back(bool on) {
    stream_->hold_back(on);
}

std::unique_ptr<byte_stream> stream_connection::fold() {
    if (closing_ || stream_->holds_unsent()) {
        return nullptr;
    }
    stream_->watch(nullptr, false, false);
    return std::move(stream_);
}

std::string stream_connection::peer() const {
    return stream_->peer();
}

std::optional<peer_credentials> stream_connection::credentials() const {
    return stream_->credentials();
}

std::optional<peer_certificate> stream_connection::certificate() const {
    return stream_->certificate();
}

}  // namespace trunkline::transport
