// Loaded into a program under test (LD_PRELOAD), stands before the system calls that reach files
// and sockets: counts them and ends the process at a chosen one, or lets the disk fail.
//
// TRUNKLINE_TEST_KILL_AT=N         kills the process at its Nth call: before it, after it, or, of a
//                                  write to a file, with a part of it done; before it where it
//                                  waits
// TRUNKLINE_TEST_NO_SPACE_AT=N     the Nth write to a file and all later ones fail: no space
// TRUNKLINE_TEST_SYNC_FAILS_AT=N   the Nth sync and all later ones fail: input/output error
// TRUNKLINE_TEST_SYNC_GATE=FIFO    the first sync waits until the FIFO has been opened for writing
//                                  and closed again
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>

namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};

std::uint64_t number_of(char const* name) {
    char const* const text = std::getenv(name);
    return text == nullptr ? never : std::strtoull(text, nullptr, 10);
}

std::atomic<std::uint64_t> calls{0};
std::atomic<std::uint64_t> writes{0};
std::atomic<std::uint64_t> syncs{0};

[[noreturn]] void die() {
    ::syscall(SYS_kill, ::getpid(), SIGKILL);
    for (;;) {
    }
}

enum class death { none, before, after, halfway };

death next_call() {
    static std::uint64_t const at = number_of("TRUNKLINE_TEST_KILL_AT");
    if (calls.fetch_add(1) + 1 != at) {
        return death::none;
    }
    return static_cast<death>(1 + at % 3);
}

template <class Call>
auto counted(Call call) {
    auto const end = next_call();
    if (end == death::before || end == death::halfway) {
        die();
    }
    auto const result = call();
    if (end == death::after) {
        die();
    }
    return result;
}

int failing(int why) {
    errno = why;
    return -1;
}

void wait_at(char const* gate) {
    int const file = ::open(gate, O_RDONLY | O_CLOEXEC);
    char nothing = 0;
    while (::read(file, &nothing, 1) > 0) {
    }
    ::close(file);
}

int do_sync(long number, int file) {
    static std::uint64_t const fails_at = number_of("TRUNKLINE_TEST_SYNC_FAILS_AT");
    static char const* const gate = std::getenv("TRUNKLINE_TEST_SYNC_GATE");
    auto const at = syncs.fetch_add(1) + 1;
    if (at >= fails_at) {
        return failing(EIO);
    }
    if (gate != nullptr && at == 1) {
        wait_at(gate);
    }
    return counted([&] { return static_cast<int>(::syscall(number, file)); });
}

ssize_t write_half(int file, iovec const* pieces, int count, off_t offset) {
    std::size_t size = 0;
    for (int i = 0; i < count; ++i) {
        size += pieces[i].iov_len;
    }
    // The system copies what lies in one page in one go.
    constexpr std::size_t page = 4096;
    auto const at = static_cast<std::size_t>(offset);
    std::size_t left = at / page == (at + size - 1) / page ? 0 : size / 2;
    for (int i = 0; i < count && left != 0; ++i) {
        auto const part = pieces[i].iov_len < left ? pieces[i].iov_len : left;
        ::syscall(SYS_pwrite64, file, pieces[i].iov_base, part, offset);
        offset += static_cast<off_t>(part);
        left -= part;
    }
    die();
}

}  // namespace

extern "C" {

ssize_t pwritev(int file, iovec const* pieces, int count, off_t offset) {
    static std::uint64_t const fails_at = number_of("TRUNKLINE_TEST_NO_SPACE_AT");
    if (writes.fetch_add(1) + 1 >= fails_at) {
        return failing(ENOSPC);
    }
    auto const end = next_call();
    if (end == death::before) {
        die();
    }
    if (end == death::halfway) {
        write_half(file, pieces, count, offset);
    }
    auto const written = ::syscall(SYS_pwritev, file, pieces, count, offset, 0);
    if (end == death::after) {
        die();
    }
    return written;
}

int fdatasync(int file) {
    return do_sync(SYS_fdatasync, file);
}

int fsync(int file) {
    return do_sync(SYS_fsync, file);
}

int ftruncate(int file, off_t size) noexcept {
    return counted([&] { return static_cast<int>(::syscall(SYS_ftruncate, file, size)); });
}

ssize_t recv(int socket, void* into, std::size_t size, int flags) {
    return counted(
        [&] { return ::syscall(SYS_recvfrom, socket, into, size, flags, nullptr, nullptr); });
}

ssize_t sendmsg(int socket, msghdr const* message, int flags) {
    return counted([&] { return ::syscall(SYS_sendmsg, socket, message, flags); });
}

// Dies before it: nobody may come any more to a thread that waits.
int epoll_wait(int set, epoll_event* events, int most, int timeout) {
    if (next_call() != death::none) {
        die();
    }
    return static_cast<int>(::syscall(SYS_epoll_pwait, set, events, most, timeout, nullptr, 0));
}

}  // extern "C"
