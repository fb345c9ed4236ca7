#include <trunkline/serve/value_loader.hpp>

#include <boost/asio/post.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <system_error>
#include <utility>

namespace trunkline::server {
namespace {

// Disks serve two requests better than one, and few machines have many disks under one file.
constexpr std::size_t thread_count = 2;

std::size_t page_size() noexcept {
    static auto const size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return size;
}

/// The whole pages that `bytes` lie in.
std::pair<std::byte*, std::size_t> pages_of(bytes_view bytes) noexcept {
    auto const first = reinterpret_cast<std::uintptr_t>(bytes.data());
    std::uintptr_t const begin = first & ~(page_size() - 1);
    return {reinterpret_cast<std::byte*>(begin), first + bytes.size() - begin};
}

class pages_of_the_system final : public resident_pages {
public:
    bool hold(bytes_view bytes) override {
        auto [at, left] = pages_of(bytes);
        std::array<unsigned char, 1024> told;
        while (left > 0) {
            std::size_t const size = std::min(left, told.size() * page_size());
            if (::mincore(at, size, told.data()) != 0) {
                return true;  // it cannot be told: as without a look
            }
            auto const end = told.begin() + static_cast<std::ptrdiff_t>((size - 1) / page_size());
            if (!std::all_of(told.begin(), end + 1, [](unsigned char page) { return page & 1; })) {
                return false;
            }
            at += size;
            left -= size;
        }
        return true;
    }

    // Unlike a touch of each page it tells of an unreadable disk with an error: the send that
    // follows then meets it, as it would have without us.
    void read_in(bytes_view bytes) override {
        auto const [at, size] = pages_of(bytes);
        if (::madvise(at, size, MADV_POPULATE_READ) != 0) {
            ::madvise(at, size, MADV_WILLNEED);  // before Linux 5.14: begun, not waited for
        }
    }
};

}  // namespace

resident_pages& system_pages() noexcept {
    static pages_of_the_system pages;
    return pages;
}

value_loader::~value_loader() {
    if (threads_) {
        threads_->stop();
        threads_->join();
    }
}

bool value_loader::has_threads() {
    std::lock_guard const lock(mutex_);
    if (!threads_) {
        try {
            threads_.emplace(thread_count);
        } catch (std::system_error const&) {
            return false;
        }
    }
    return true;
}

bool value_loader::is_loaded(bytes_view value) {
    return value.size() <= small_value_size || pages_.hold(value);
}

void value_loader::load(std::vector<bytes_view> values, transport::runtime& loop,
                        std::function<void()> then) {
    if (!has_threads()) {
        loop.post(std::move(then));
        return;
    }
    boost::asio::post(*threads_,
                      [this, values = std::move(values), &loop, then = std::move(then)]() mutable {
                          for (bytes_view const each : values) {
                              if (!is_loaded(each)) {
                                  pages_.read_in(each);
                              }
                          }
                          loop.post(std::move(then));
                      });
}

}  // namespace trunkline::server
