// Brings values from the disk into memory before they are sent, on threads of its own: a page that
// is read in by the send would keep a thread with connections waiting.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/transport/runtime.hpp>

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

namespace trunkline::server {

/// Values up to this size, in bytes, are sent as they are: one page or two are not worth a look.
inline constexpr std::size_t small_value_size = 64 * 1024;

/// Bytes of mapped files and whether they are in memory.
class resident_pages {
public:
    virtual ~resident_pages() = default;

    /// True when all of `bytes` can be read without the disk, as far as the system tells.
    [[nodiscard]] virtual bool hold(bytes_view bytes) = 0;

    /// Reads them in; waits for the disk. From any thread.
    virtual void read_in(bytes_view bytes) = 0;
};

/// Those of the system: mincore and madvise.
[[nodiscard]] resident_pages& system_pages() noexcept;

/// Any function from any thread. Shared by all threads of a server.
class value_loader {
public:
    /// `pages` outlives it. Its threads begin with the first value that is to be loaded.
    explicit value_loader(resident_pages& pages = system_pages()) : pages_(pages) {}

    /// Drops what has not begun.
    ~value_loader();
    value_loader(value_loader const&) = delete;
    value_loader& operator=(value_loader const&) = delete;

    /// Whether a value can be sent at once.
    [[nodiscard]] bool is_loaded(bytes_view value);

    /// Reads in what is not, then calls `then` on the thread of `loop`, which outlives the loader
    /// or drops it; without a thread to be had, at once. What waits is bounded by the requests that
    /// connections may leave unanswered.
    void load(std::vector<bytes_view> values, transport::runtime& loop, std::function<void()> then);

private:
    [[nodiscard]] bool has_threads();

    resident_pages& pages_;
    std::mutex mutex_;  // guards the making of threads_
    std::optional<boost::asio::thread_pool> threads_;
};

}  // namespace trunkline::server
