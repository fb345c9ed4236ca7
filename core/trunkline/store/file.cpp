#include <trunkline/store/file.hpp>

#include <trunkline/base/last_error.hpp>
#include <trunkline/store/error.hpp>

#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

namespace trunkline::store {
namespace {

class descriptor {
public:
    explicit descriptor(int value = -1) noexcept : value_(value) {}
    descriptor(descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~descriptor() {
        if (value_ >= 0) {
            ::close(value_);
        }
    }
    [[nodiscard]] int get() const noexcept { return value_; }

private:
    int value_;
};

class system_file final : public file {
public:
    explicit system_file(descriptor handle = descriptor()) noexcept : handle_(std::move(handle)) {}

    void own(descriptor handle) noexcept { handle_ = std::move(handle); }

    result<std::uint64_t> size() override {
        struct stat status{};
        if (::fstat(handle_.get(), &status) != 0) {
            return last_error();
        }
        return static_cast<std::uint64_t>(status.st_size);
    }

    result<std::uint64_t> write_some(std::uint64_t offset,
                                     std::span<bytes_view const> pieces) override {
        std::array<iovec, IOV_MAX> vectors;
        auto const count = std::min(pieces.size(), vectors.size());
        for (std::size_t i = 0; i < count; ++i) {
            // pwritev only reads through the pointer.
            vectors[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
        }
        auto const written = ::pwritev(handle_.get(), vectors.data(), static_cast<int>(count),
                                       static_cast<off_t>(offset));
        if (written < 0) {
            return last_error();
        }
        return static_cast<std::uint64_t>(written);
    }

    result<void> resize(std::uint64_t size) override {
        while (::ftruncate(handle_.get(), static_cast<off_t>(size)) != 0) {
            if (errno != EINTR) {
                return last_error();
            }
        }
        return {};
    }

    result<void> sync() override {
        if (::fdatasync(handle_.get()) != 0) {
            return last_error();
        }
        return {};
    }

    result<mapping> map(std::uint64_t needed) override {
        return mapping::map(handle_.get(), needed, mapping_size_wanted(needed));
    }

private:
    descriptor handle_;
};

// The lock is on the file, not on its name. When the file was replaced between open and lock, the
// lock guards a file that nobody will open again.
bool still_named(int handle, std::filesystem::path const& path) noexcept {
    struct stat opened{};
    struct stat named{};
    return ::fstat(handle, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

result<void> take_lock(int handle, bool shared) noexcept {
    while (::flock(handle, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return store_error::locked;
        }
        if (errno != EINTR) {
            return last_error();
        }
    }
    return {};
}

class real_disk final : public disk {
public:
    result<std::unique_ptr<file>> open(std::filesystem::path const& path, open_mode mode) override {
        int const flags = mode == open_mode::inspect    ? O_RDONLY
                          : mode == open_mode::existing ? O_RDWR
                                                        : O_RDWR | O_CREAT | O_EXCL;
        ::mode_t const rights = mode == open_mode::create_side ? 0600 : 0666;
        // Before the file is made: nobody would remove it if there were no memory for this.
        auto made = std::make_unique<system_file>();
        for (;;) {
            // Without O_NONBLOCK opening a pipe would wait for its other end.
            descriptor handle(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, rights));
            if (handle.get() < 0) {
                if (errno == EINTR) {
                    continue;
                }
                auto const why = last_error();
                return why == boost::system::errc::is_a_directory ? store_error::not_a_file : why;
            }
            struct stat status{};
            if (::fstat(handle.get(), &status) != 0) {
                return last_error();
            }
            if (!S_ISREG(status.st_mode)) {
                return store_error::not_a_file;
            }
            if (auto const taken = take_lock(handle.get(), mode == open_mode::inspect); !taken) {
                return taken.error();
            }
            if (still_named(handle.get(), path)) {
                made->own(std::move(handle));
                return std::unique_ptr<file>(std::move(made));
            }
        }
    }

    result<void> replace(std::filesystem::path const& from,
                         std::filesystem::path const& to) override {
        struct stat status{};
        if (::stat(to.c_str(), &status) != 0 ||
            ::chmod(from.c_str(), status.st_mode & 07777) != 0) {
            return last_error();
        }
        // Only root may give files away; anybody else owns both already or keeps the new one.
        [[maybe_unused]] auto const owned = ::chown(from.c_str(), status.st_uid, status.st_gid);
        if (::rename(from.c_str(), to.c_str()) != 0) {
            return last_error();
        }
        return {};
    }

    result<void> remove(std::filesystem::path const& path) override {
        if (::unlink(path.c_str()) != 0) {
            return last_error();
        }
        return {};
    }

    result<void> sync_folder_of(std::filesystem::path const& path) override {
        auto const folder =
            path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
        descriptor const handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (handle.get() < 0 || ::fsync(handle.get()) != 0) {
            return last_error();
        }
        return {};
    }
};

// What is left of `pieces` after their first `done` bytes; `storage` holds the list.
std::span<bytes_view const> rest_of(std::span<bytes_view const> pieces, std::uint64_t done,
                                    std::vector<bytes_view>& storage) {
    std::vector<bytes_view> rest;
    for (auto const piece : pieces) {
        auto const skipped = std::min<std::uint64_t>(done, piece.size());
        done -= skipped;
        if (skipped < piece.size()) {
            rest.push_back(piece.subspan(skipped));
        }
    }
    storage = std::move(rest);
    return storage;
}

}  // namespace

disk& system_disk() noexcept {
    static real_disk instance;
    return instance;
}

result<std::unique_ptr<file>> make_memory_file(bytes_view content) {
    descriptor handle(::memfd_create("trunkline-store", MFD_CLOEXEC));
    if (handle.get() < 0) {
        return last_error();
    }
    std::unique_ptr<file> made = std::make_unique<system_file>(std::move(handle));
    if (auto const written = write_all(*made, 0, std::span(&content, 1)); !written) {
        return written.error();
    }
    return made;
}

result<void> write_all(file& to, std::uint64_t offset, std::span<bytes_view const> pieces) {
    std::uint64_t left = 0;
    for (auto const piece : pieces) {
        left += piece.size();
    }
    std::vector<bytes_view> storage;
    while (left != 0) {
        auto const written = to.write_some(offset, pieces);
        if (!written) {
            if (written.error() == boost::system::errc::interrupted) {
                continue;
            }
            return written.error();
        }
        if (*written == 0) {
            return make_error_code(boost::system::errc::io_error);
        }
        offset += *written;
        left -= *written;
        if (left != 0) {
            pieces = rest_of(pieces, *written, storage);
        }
    }
    return {};
}

}  // namespace trunkline::store
