#include <stage/raw_peer.hpp>

#include <array>
#include <utility>

namespace trunkline::stage {

using transport::io_status;

raw_peer::raw_peer(std::unique_ptr<transport::byte_stream> link) : link_(std::move(link)) {
    rewatch();
}

raw_peer::~raw_peer() {
    close();
}

void raw_peer::send(bytes_view bytes) {
    output_.insert(output_.end(), bytes.begin(), bytes.end());
    push();
    rewatch();
}

void raw_peer::read(bool wanted) {
    reading_ = wanted;
    rewatch();
}

void raw_peer::shutdown() {
    if (link_) {
        link_->shutdown_write();
    }
}

void raw_peer::close(bool abort) {
    if (auto const link = std::exchange(link_, nullptr)) {
        link->close(abort);
    }
}

void raw_peer::on_ready(bool readable, bool writable) {
    if (readable && reading_) {
        std::size_t const before = received_.size();
        pull();
        if (told_ && received_.size() != before) {
            told_();
        }
    }
    if (writable) {
        push();
    }
    rewatch();
}

void raw_peer::pull() {
    static thread_local std::array<std::byte, 64 * 1024> buffer;
    while (link_ && reading_ && !read_end_) {
        auto const got = link_->read(buffer);
        if (got.status == io_status::would_block) {
            return;
        }
        if (got.status != io_status::ok) {
            read_end_ = true;
            ended_ = true;
            return;
        }
        if (discards_) {
            continue;
        }
        received_.insert(received_.end(), buffer.begin(),
                         buffer.begin() + static_cast<std::ptrdiff_t>(got.size));
    }
}

void raw_peer::push() {
    while (link_ && unsent() > 0) {
        bytes_view const rest = bytes_view(output_).subspan(sent_);
        auto const put = link_->write(std::span(&rest, 1));
        if (put.status == io_status::would_block) {
            return;
        }
        if (put.status != io_status::ok) {
            // Whatever the link still holds for us may be read; nothing more can be sent.
            sent_ = output_.size();
            ended_ = true;
            return;
        }
        sent_ += put.size;
    }
    output_.clear();
    sent_ = 0;
}

void raw_peer::rewatch() {
    if (link_) {
        link_->watch(this, reading_ && !read_end_, unsent() > 0);
    }
}

}  // namespace trunkline::stage
