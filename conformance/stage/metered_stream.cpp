#include <stage/metered_stream.hpp>

#include <algorithm>
#include <functional>

namespace trunkline::stage {

using transport::io_result;

bool metered_stream::is_lent(std::byte const* at) const noexcept {
    return std::ranges::any_of(meter_.lent, [at](bytes_view area) {
        return !std::less<>()(at, area.data()) && std::less<>()(at, area.data() + area.size());
    });
}

io_result metered_stream::read(mutable_bytes into) {
    ++meter_.reads;
    return link_->read(into);
}

// A piece lies in one area or in none: nobody joins what is lent with what lies beside it.
io_result metered_stream::write(std::span<bytes_view const> pieces) {
    io_result const took = link_->write(pieces);
    meter_.writes.push_back(took.size);
    meter_.written += took.size;
    std::size_t left = took.size;
    for (bytes_view const piece : pieces) {
        std::size_t const part = std::min(left, piece.size());
        left -= part;
        if (part > 0 && is_lent(piece.data())) {
            meter_.lent_bytes += part;
            ++meter_.lent_pieces;
        }
    }
    return took;
}

void metered_stream::shutdown_write() {
    ++meter_.other_calls;
    link_->shutdown_write();
}

void metered_stream::close(bool abort) {
    ++meter_.other_calls;
    link_->close(abort);
}

void metered_stream::watch(transport::readiness_sink* sink, bool read_interest,
                           bool write_interest) {
    ++meter_.other_calls;
    link_->watch(sink, read_interest, write_interest);
}

void metered_stream::acknowledge_now() {
    ++meter_.other_calls;
    link_->acknowledge_now();
}

void metered_stream::hold_back(bool on) {
    ++meter_.other_calls;
    link_->hold_back(on);
}

}  // namespace trunkline::stage
