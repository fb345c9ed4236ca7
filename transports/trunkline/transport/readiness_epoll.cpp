// The Linux implementation of readiness_set: a nested, level-triggered epoll set.
#include <trunkline/base/last_error.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <trunkline/base/assert.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <sys/epoll.h>

#include <array>
#include <cstdint>

namespace trunkline::transport {
namespace {

// Events fetched by one system call: enough to spread its cost, few enough that the rest of the
// loop (timers, posted work) is not kept waiting.
constexpr int events_per_batch = 128;

std::uint32_t event_mask(bool read_interest, bool write_interest) noexcept {
    return (read_interest ? std::uint32_t{EPOLLIN} : 0U) |
           (write_interest ? std::uint32_t{EPOLLOUT} : 0U);
}

class epoll_readiness_set final : public readiness_set {
public:
    epoll_readiness_set(boost::asio::io_context& context, int descriptor)
        : set_(context, descriptor), alive_(std::make_shared<bool>(true)) {}

    ~epoll_readiness_set() override {
        TRUNKLINE_ASSERT(watched_ == 0);
        *alive_ = false;
    }

    [[nodiscard]] std::string_view name() const noexcept override { return "epoll"; }

    void update(watched_handle& handle, bool read_interest, bool write_interest) override {
        bool const was_watched = handle.for_read || handle.for_write;
        bool const watched = read_interest || write_interest;
        bool const same = handle.for_read == read_interest && handle.for_write == write_interest;
        if (same) {
            return;
        }
        epoll_event event{};
        event.events = event_mask(read_interest, write_interest);
        event.data.ptr = &handle;
        int const operation =
            !was_watched ? EPOLL_CTL_ADD : (watched ? EPOLL_CTL_MOD : EPOLL_CTL_DEL);
        if (epoll_ctl(set_.native_handle(), operation, handle.descriptor, &event) != 0 &&
            operation == EPOLL_CTL_ADD) {
            return;
        }
        handle.for_read = read_interest;
        handle.for_write = write_interest;
        watched_ += static_cast<std::size_t>(watched) - static_cast<std::size_t>(was_watched);
        if (watched && !armed_) {
            arm();
        }
    }

    void remove(watched_handle& handle) override {
        update(handle, false, false);
        for (int index = next_; index < count_; ++index) {
            if (batch_[static_cast<std::size_t>(index)].data.ptr == &handle) {
                batch_[static_cast<std::size_t>(index)].data.ptr = nullptr;
            }
        }
    }

private:
    void arm() {
        armed_ = true;
        set_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                        [this, alive = alive_](error_code error) {
                            if (!*alive || error) {
                                return;
                            }
                            dispatch();
                            arm();
                        });
    }

    void dispatch() {
        count_ = epoll_wait(set_.native_handle(), batch_.data(), events_per_batch, 0);
        for (next_ = 0; next_ < count_;) {
            epoll_event const& event = batch_[static_cast<std::size_t>(next_++)];
            auto* handle = static_cast<watched_handle*>(event.data.ptr);
            if (handle == nullptr) {
                continue;
            }
            bool const broken = (event.events & (EPOLLHUP | EPOLLERR)) != 0;
            bool const readable = handle->for_read && (broken || (event.events & EPOLLIN) != 0);
            bool const writable = handle->for_write && (broken || (event.events & EPOLLOUT) != 0);
            if (readable || writable) {
                handle->on_ready(readable, writable);
            }
        }
        count_ = 0;
    }

    boost::asio::posix::stream_descriptor set_;
    std::shared_ptr<bool> alive_;  // tells the pending wait that the set is gone
    std::array<epoll_event, events_per_batch> batch_{};
    int next_ = 0;  // the part of the batch that was not told yet is [next_, count_)
    int count_ = 0;
    std::size_t watched_ = 0;
    bool armed_ = false;
};

}  // namespace

result<std::unique_ptr<readiness_set>> make_epoll_readiness_set(boost::asio::io_context& context) {
    int const descriptor = epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) {
        return last_error();
    }
    return std::unique_ptr<readiness_set>(
        std::make_unique<epoll_readiness_set>(context, descriptor));
}

}  // namespace trunkline::transport
