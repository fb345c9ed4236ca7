// The store for one thread with connections, where writes wait for the disk.
#pragma once

#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/serve/disk_thread.hpp>
#include <trunkline/serve/loading_backend.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace trunkline::server {

/// Reads as the loading backend does; hands writes to the disk thread and answers when they have
/// come back. Until then they count among what their connection holds, answered or not. Never
/// waits: while much waits already a connection brings one write at a time, and above the limit
/// writes are refused. Used on the thread of `loop`, which outlives the disk thread.
class waiting_backend final : public loading_backend, private disk_job_owner {
public:
    waiting_backend(store::store& of, value_loader& loader, disk_thread& writer,
                    transport::runtime& loop) noexcept
        : loading_backend(of, loader, loop), writer_(writer) {}

    void write(std::span<store::key_value const> entries,
               store_service::tail_answer answer) override;
    void remove(bytes_view key, store_service::tail_answer answer) override;

private:
    template <class What>
    void push(What const& what, store_service::tail_answer answer);
    void on_done(disk_job_list done) override;
    void answer_all();

    using answers = std::unordered_map<
        std::uint64_t, store_service::tail_answer, std::hash<std::uint64_t>, std::equal_to<>,
        recycling_allocator<std::pair<std::uint64_t const, store_service::tail_answer>>>;

    disk_thread& writer_;
    answers unanswered_;
    std::uint64_t next_ = 0;
    std::mutex mutex_;
    disk_job_list done_;  // guarded; not empty only while answer_all() is posted
};

}  // namespace trunkline::server
