// The implementation of readiness_set for every system that Asio knows: one wait of Asio for each
// descriptor and direction.
#include <trunkline/transport/readiness_set.hpp>

#include <trunkline/base/assert.hpp>

#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::transport {
namespace {

using boost::asio::posix::stream_descriptor;

/// The waits of one watched handle. Kept by those of them that have not come back, also when nobody
/// watches any more: by then another waiter may have the same descriptor.
class waiter : public std::enable_shared_from_this<waiter> {
public:
    explicit waiter(boost::asio::io_context& context) : descriptor_(context) {}

    [[nodiscard]] bool begin(watched_handle& handle) {
        error_code failed;
        descriptor_.assign(handle.descriptor, failed);
        told_ = failed ? nullptr : &handle;
        return !failed;
    }

    /// Cancels what waits. The descriptor stays open: it is its owner's.
    void end() {
        told_ = nullptr;
        static_cast<void>(descriptor_.release());
    }

    /// Waits for all that is wanted and not waited for.
    void arm() {
        if (told_->for_read) {
            wait(reading_, stream_descriptor::wait_read);
        }
        if (told_->for_write) {
            wait(writing_, stream_descriptor::wait_write);
        }
    }

private:
    // Memory for a wait is what Asio keeps of the one before, on each thread.
    void wait(bool& waiting, stream_descriptor::wait_type what) {
        if (!std::exchange(waiting, true)) {
            descriptor_.async_wait(what, [self = shared_from_this(), what](error_code error) {
                self->came_back(what, error);
            });
        }
    }

    void came_back(stream_descriptor::wait_type what, error_code error) {
        bool const readable = what == stream_descriptor::wait_read;
        (readable ? reading_ : writing_) = false;
        // A wait may come back with success and be too late all the same.
        if (told_ == nullptr || error) {
            return;
        }
        if (readable ? told_->for_read : told_->for_write) {
            told_->on_ready(readable, !readable);
        }
        if (told_ != nullptr) {
            arm();
        }
    }

    stream_descriptor descriptor_;
    watched_handle* told_ = nullptr;  // null once it is no longer watched
    bool reading_ = false;            // a wait has not come back
    bool writing_ = false;
};

class async_readiness_set final : public readiness_set {
public:
    explicit async_readiness_set(boost::asio::io_context& context) : context_(context) {}

    ~async_readiness_set() override { TRUNKLINE_ASSERT(watched_ == 0); }

    [[nodiscard]] std::string_view name() const noexcept override { return "async_wait"; }

    void update(watched_handle& handle, bool read_interest, bool write_interest) override {
        bool const was_watched = handle.for_read || handle.for_write;
        bool const watched = read_interest || write_interest;
        if (!was_watched && (!watched || !begin(handle))) {
            return;
        }
        handle.for_read = read_interest;
        handle.for_write = write_interest;
        auto& its_waiter = waiters_[index_of(handle)];
        if (watched) {
            its_waiter->arm();
        } else {
            std::exchange(its_waiter, nullptr)->end();
            --watched_;
        }
    }

    void remove(watched_handle& handle) override { update(handle, false, false); }

private:
    static std::size_t index_of(watched_handle const& handle) noexcept {
        return static_cast<std::size_t>(handle.descriptor);
    }

    bool begin(watched_handle& handle) {
        auto made = std::make_shared<waiter>(context_);
        if (!made->begin(handle)) {
            return false;
        }
        if (waiters_.size() <= index_of(handle)) {
            waiters_.resize(index_of(handle) + 1);
        }
        TRUNKLINE_ASSERT(waiters_[index_of(handle)] == nullptr);
        waiters_[index_of(handle)] = std::move(made);
        ++watched_;
        return true;
    }

    boost::asio::io_context& context_;
    std::vector<std::shared_ptr<waiter>> waiters_;  // by the number of the descriptor
    std::size_t watched_ = 0;
};

}  // namespace

result<std::unique_ptr<readiness_set>> make_async_readiness_set(boost::asio::io_context& context) {
    return std::unique_ptr<readiness_set>(std::make_unique<async_readiness_set>(context));
}

}  // namespace trunkline::transport
