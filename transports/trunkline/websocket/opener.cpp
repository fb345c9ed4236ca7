#include <trunkline/websocket/opener.hpp>

#include <trunkline/transport/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trunkline::websocket {

using transport::io_result;
using transport::io_status;

namespace {

std::array<std::byte, 16> fresh_key(mask_generator& random) {
    std::array<std::byte, 16> key;
    store_le(key.data(), random.next_64());
    store_le(key.data() + 8, random.next_64());
    return key;
}

}  // namespace

opener::opener(context& shared, ws_url const& url, std::unique_ptr<transport::byte_stream> link,
               opened done)
    : shared_(shared),
      link_(std::move(link)),
      upgrade_(url, fresh_key(shared.masks()), shared.options().deflate,
               shared.options().subprotocol),
      done_(std::move(done)) {
    link_->watch(this, false, true);
}

void opener::on_ready(bool readable, bool /*writable*/) {
    if (sent_ < upgrade_.request().size() && !ask()) {
        return;
    }
    if (readable) {
        read();
    }
}

// True once the request is out; false when it must wait or everything is over.
bool opener::ask() {
    bytes_view const request = as_bytes(upgrade_.request());
    while (sent_ < request.size()) {
        std::array const pieces{request.subspan(sent_)};
        io_result const sent = link_->write(pieces);
        if (sent.status == io_status::would_block) {
            return false;
        }
        if (sent.status != io_status::ok) {
            finish(sent.error);
            return false;
        }
        sent_ += sent.size;
    }
    link_->watch(this, true, false);
    return true;
}

void opener::read() {
    mutable_bytes const buffer = shared_.batch().scratch();
    io_result const got =
        link_->read(buffer.first(std::min(buffer.size(), shared_.limits().http_head_size_max)));
    if (got.status == io_status::would_block) {
        return;
    }
    if (got.status != io_status::ok) {
        finish(got.status == io_status::end ? make_error_code(transport::transport_error::link_lost)
                                            : got.error);
        return;
    }
    bytes_view input = bytes_view(buffer).first(got.size);
    switch (upgrade_.feed(input, shared_.limits())) {
        case upgrade_state::more:
            break;
        case upgrade_state::refused:
            finish(upgrade_.error());
            break;
        case upgrade_state::accepted:
            link_->watch(nullptr, false, false);
            finish(open(input));
            break;
    }
}

std::unique_ptr<connection> opener::open(bytes_view early_input) {
    auto made = std::make_unique<connection>(shared_, role::client, std::move(link_), early_input,
                                             upgrade_.deflate());
    made->agree_to_subprotocol(upgrade_.has_subprotocol());
    return made;
}

void opener::finish(result<std::unique_ptr<connection>> made) {
    link_.reset();
    opened const done = std::move(done_);
    done(std::move(made));
}

}  // namespace trunkline::websocket
