// For tests of the disk thread: a disk that stalls, and somebody who waits for it.
#pragma once

#include <trunkline/serve/disk_thread.hpp>
#include <trunkline/store/file.hpp>
#include <trunkline/store/store.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::server::testing {

/// The real disk, whose syncs wait until they may go on.
class stalled_disk final : public store::disk {
public:
    void stall() { closed_ = true; }
    void go_on() {
        closed_ = false;
        closed_.notify_all();
    }
    void wait_for_sync() { came_.wait(false); }

    result<std::unique_ptr<store::file>> open(std::filesystem::path const& path,
                                              store::open_mode mode) override {
        auto opened = store::system_disk().open(path, mode);
        if (!opened) {
            return opened.error();
        }
        return std::make_unique<stalled_file>(*this, std::move(*opened));
    }
    result<void> replace(std::filesystem::path const& from,
                         std::filesystem::path const& to) override {
        return store::system_disk().replace(from, to);
    }
    result<void> remove(std::filesystem::path const& path) override {
        return store::system_disk().remove(path);
    }
    result<void> sync_folder_of(std::filesystem::path const&) override { return {}; }

private:
    class stalled_file final : public store::file {
    public:
        stalled_file(stalled_disk& where, std::unique_ptr<store::file> real)
            : where_(where), real_(std::move(real)) {}
        result<std::uint64_t> size() override { return real_->size(); }
        result<std::uint64_t> write_some(std::uint64_t offset,
                                         std::span<bytes_view const> pieces) override {
            return real_->write_some(offset, pieces);
        }
        result<void> resize(std::uint64_t size) override { return real_->resize(size); }
        result<void> sync() override {
            if (where_.closed_) {
                where_.came_ = true;
                where_.came_.notify_all();
                where_.closed_.wait(true);
            }
            return {};
        }
        result<store::mapping> map(std::uint64_t needed) override { return real_->map(needed); }

    private:
        stalled_disk& where_;
        std::unique_ptr<store::file> real_;
    };

    std::atomic<bool> closed_ = false;
    std::atomic<bool> came_ = false;
};

/// Counts what it is told.
struct counting_owner final : disk_job_owner {
    std::atomic<std::uint64_t> told = 0;
    void on_done(disk_job_list done) override {
        std::size_t const count = done.size();
        done.clear();
        told += count;
        told.notify_all();
    }
    void wait_for(std::uint64_t jobs) {
        for (auto now = told.load(); now < jobs; now = told.load()) {
            told.wait(now);
        }
    }
};

inline disk_job::pointer job_of(std::string const& key, std::string const& payload) {
    store::key_value const entry{as_bytes(key), as_bytes(payload)};
    return disk_job::make(std::span(&entry, 1));
}

}  // namespace trunkline::server::testing
