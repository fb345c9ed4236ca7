#include <trunkline/websocket/acceptor.hpp>

#include <trunkline/websocket/upgrade_key.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trunkline::websocket {

using transport::io_result;
using transport::io_status;

class acceptor::handshake final : private transport::readiness_sink {
public:
    handshake(acceptor& owner, std::unique_ptr<transport::byte_stream> link)
        : owner_(owner), link_(std::move(link)), upgrade_(owner.options_) {}

    /// `self`: where the owner keeps it.
    void start(std::list<handshake>::iterator self, bytes_view received) {
        self_ = self;
        deadline_ = shared().loop().after(shared().options().handshake_timeout,
                                          [this] { give_up(408, "the request took too long"); });
        received.empty() ? read() : take(received);
    }

    /// Ends it with `status`, or without a word where the peer asked nothing or was answered.
    void give_up(unsigned status, std::string_view text) {
        if (upgrade_.begun() && upgrade_.response().empty()) {
            upgrade_.refuse(status, text, shared().loop().wall_clock_us());
            refuse();
        } else {
            lose();
        }
    }

private:
    context& shared() { return owner_.shared_; }

    void on_ready(bool /*readable*/, bool /*writable*/) override {
        if (upgrade_.response().empty()) {
            read();
        } else {
            answer();
        }
    }

    // Once per readiness. The buffer is no larger than a head may be, so what comes behind the head
    // is bounded too.
    void read() {
        mutable_bytes const buffer = shared().batch().scratch();
        io_result const got = link_->read(
            buffer.first(std::min(buffer.size(), shared().limits().http_head_size_max)));
        if (got.status == io_status::would_block) {
            link_->watch(this, true, false);
            return;
        }
        if (got.status != io_status::ok) {
            lose();
            return;
        }
        take(bytes_view(buffer).first(got.size));
    }

    void take(bytes_view input) {
        switch (upgrade_.feed(input, shared().limits(), shared().loop().wall_clock_us())) {
            case upgrade_state::more:
                link_->watch(this, true, false);
                break;
            case upgrade_state::refused:
                refuse();
                break;
            case upgrade_state::accepted:
                early_.assign(input.begin(), input.end());
                answer();
                break;
        }
    }

    void answer() {
        bytes_view const response = as_bytes(upgrade_.response());
        while (sent_ < response.size()) {
            std::array const pieces{response.subspan(sent_)};
            io_result const done = link_->write(pieces);
            if (done.status == io_status::would_block) {
                link_->watch(this, false, true);
                return;
            }
            if (done.status != io_status::ok) {
                lose();
                return;
            }
            sent_ += done.size;
        }
        link_->watch(nullptr, false, false);
        ++shared().counters().upgrades_accepted;
        auto made = std::make_unique<connection>(shared(), role::server, std::move(link_), early_,
                                                 upgrade_.deflate());
        made->agree_to_subprotocol(upgrade_.has_subprotocol());
        accepted_request const asked{.path_index = upgrade_.path_index(),
                                     .target = upgrade_.target()};
        auto const sink = owner_.sink_;
        owner_.handshakes_.erase(self_);  // and with it this object
        (*sink)(std::move(made), asked);
    }

    void refuse() {
        ++shared().counters().upgrades_refused;
        bytes_view const response = as_bytes(upgrade_.response());
        link_->watch(nullptr, false, false);
        shared().lingering().add(std::move(link_), {response.begin(), response.end()},
                                 farewell::end);
        owner_.handshakes_.erase(self_);
    }

    void lose() {
        ++shared().counters().handshakes_lost;
        owner_.handshakes_.erase(self_);
    }

    acceptor& owner_;
    std::unique_ptr<transport::byte_stream> link_;
    server_upgrade upgrade_;
    std::vector<std::byte> early_;
    std::size_t sent_ = 0;
    std::unique_ptr<transport::timer> deadline_;
    std::list<handshake>::iterator self_;
};

acceptor::acceptor(context& shared, upgrade_options options, accepted sink)
    : shared_(shared),
      options_(std::move(options)),
      sink_(std::make_shared<accepted>(std::move(sink))) {
    options_.deflate = shared.options().deflate;
    options_.subprotocol = shared.options().subprotocol;
    options_.origins = shared.options().origins;
    // The library behind the key sets itself up on its first use: not while a peer waits.
    [[maybe_unused]] std::string const made_ready = accept_key_for({});
}

acceptor::~acceptor() = default;

void acceptor::add(std::unique_ptr<transport::byte_stream> link, bytes_view received) {
    if (!closed_) {
        auto const made = handshakes_.emplace(handshakes_.end(), *this, std::move(link));
        made->start(made, received);
    }
}

void acceptor::close() {
    closed_ = true;
    while (!handshakes_.empty()) {
        handshakes_.front().give_up(503, "the server is stopping");
    }
}

}  // namespace trunkline::websocket
