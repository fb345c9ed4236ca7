#include <trunkline/websocket/lingering.hpp>

#include <trunkline/base/limits.hpp>

#include <array>
#include <utility>

namespace trunkline::websocket {

using transport::io_result;
using transport::io_status;

namespace {

constexpr int reads_per_turn = 4;

}  // namespace

class lingering_set::stream final : private transport::readiness_sink {
public:
    stream(lingering_set& owner, std::unique_ptr<transport::byte_stream> link,
           std::vector<std::byte> last_bytes, farewell how)
        : owner_(owner), link_(std::move(link)), left_(std::move(last_bytes)), how_(how) {}

    /// `self`: where the owner keeps it.
    void start(std::list<stream>::iterator self) {
        self_ = self;
        deadline_ = owner_.loop_.after(owner_.timeout_, [this] { owner_.streams_.erase(self_); });
        on_ready(true, true);
    }

private:
    void on_ready(bool /*readable*/, bool /*writable*/) override {
        if (!go_on()) {
            owner_.streams_.erase(self_);  // and with it this object
        }
    }

    bool go_on() {
        if (!send() || !discard()) {
            return false;
        }
        bool const unsent = sent_ < left_.size() || link_->holds_unsent();
        link_->watch(this, !peer_ended_, unsent);
        return unsent || !peer_ended_;
    }

    bool send() {
        while (sent_ < left_.size()) {
            std::array const pieces{bytes_view(left_).subspan(sent_)};
            io_result const done = link_->write(pieces);
            if (done.status != io_status::ok) {
                return done.status == io_status::would_block;
            }
            sent_ += done.size;
        }
        if (how_ == farewell::end) {
            how_ = farewell::wait;
            link_->shutdown_write();
        }
        return !link_->holds_unsent() || link_->write({}).status != io_status::error;
    }

    bool discard() {
        for (int i = 0; i < reads_per_turn && !peer_ended_; ++i) {
            io_result const done = link_->read(owner_.scratch_);
            peer_ended_ = done.status == io_status::end;
            if (done.status != io_status::ok) {
                return done.status != io_status::error;
            }
        }
        return true;
    }

    lingering_set& owner_;
    std::unique_ptr<transport::byte_stream> link_;
    std::vector<std::byte> left_;
    std::size_t sent_ = 0;
    std::list<stream>::iterator self_;
    farewell how_;
    bool peer_ended_ = false;  // it may still listen
    std::unique_ptr<transport::timer> deadline_;
};

lingering_set::lingering_set(transport::runtime& loop, mutable_bytes scratch,
                             transport::runtime::duration timeout)
    : loop_(loop), scratch_(scratch), timeout_(timeout) {}

lingering_set::~lingering_set() = default;

void lingering_set::add(std::unique_ptr<transport::byte_stream> link,
                        std::vector<std::byte> last_bytes, farewell how) {
    if (streams_.size() >= lingering_max) {
        return;
    }
    auto const made =
        streams_.emplace(streams_.end(), *this, std::move(link), std::move(last_bytes), how);
    made->start(made);
}

}  // namespace trunkline::websocket
