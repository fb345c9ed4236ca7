// For tests: one end of a byte stream that says something and listens.
#pragma once

#include <trunkline/transport/byte_stream.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::tls {

/// Writes what it has to say, and its end where it has one, and reads to the end.
class talker final : public transport::readiness_sink {
public:
    talker(std::unique_ptr<transport::byte_stream> link, std::size_t room,
           std::vector<std::byte> says)
        : link_(std::move(link)), room_(room), says_(std::move(says)) {
        watch();
    }

    void on_ready(bool readable, bool writable) override {
        if (readable) {
            read();
        }
        if (writable) {
            write();
        }
        watch();
    }

    void end() {
        link_->shutdown_write();
        watch();
    }

    transport::byte_stream& link() { return *link_; }

    std::vector<std::byte> heard;
    bool ended = false;
    error_code error;

    [[nodiscard]] bool said_all() const { return said_ == says_.size(); }

private:
    void read() {
        std::vector<std::byte> buffer(room_);
        transport::io_result const got = link_->read(buffer);
        if (got.status == transport::io_status::ok) {
            heard.insert(heard.end(), buffer.begin(), buffer.begin() + static_cast<long>(got.size));
        }
        note(got);
    }

    // In pieces of which some are small and some longer than a record.
    void write() {
        std::vector<bytes_view> pieces;
        bytes_view rest = bytes_view(says_).subspan(said_);
        for (std::size_t size = 1; !rest.empty() && pieces.size() < 16; size *= 4) {
            pieces.push_back(rest.first(std::min(size, rest.size())));
            rest = rest.subspan(pieces.back().size());
        }
        if (!pieces.empty()) {
            transport::io_result const took = link_->write(pieces);
            said_ += took.size;
            note(took);
        }
    }

    void note(transport::io_result const& got) {
        ended = ended || got.status == transport::io_status::end;
        if (got.status == transport::io_status::error) {
            error = got.error;
        }
    }

    void watch() {
        bool const over = ended || error;
        link_->watch(this, !over, !error && !said_all());
    }

    std::unique_ptr<transport::byte_stream> link_;
    std::size_t room_;
    std::vector<std::byte> says_;
    std::size_t said_ = 0;
};

}  // namespace trunkline::tls
