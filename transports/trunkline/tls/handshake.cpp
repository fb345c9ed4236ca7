#include <trunkline/tls/handshake.hpp>

#include <utility>

namespace trunkline::tls {

handshake::handshake(std::unique_ptr<tls_stream> stream, ended done)
    : stream_(std::move(stream)), done_(std::move(done)) {
    stream_->watch(this, false, true);
}

void handshake::on_ready(bool /*readable*/, bool /*writable*/) {
    auto const how = stream_->establish();
    if (how.status == transport::io_status::would_block) {
        return;
    }
    stream_->watch(nullptr, false, false);
    auto stream = std::exchange(stream_, nullptr);
    ended const done = std::move(done_);
    if (how.status == transport::io_status::ok) {
        done(std::unique_ptr<transport::byte_stream>(std::move(stream)));
    } else {
        done(how.error);
    }
}

}  // namespace trunkline::tls
