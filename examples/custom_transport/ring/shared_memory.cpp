#include "shared_memory.hpp"

#include <trunkline/transport/error.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace ring {
namespace {

using trunkline::error_code;
using trunkline::result;
using trunkline::transport::file_descriptor;
using trunkline::transport::transport_error;

// Without them a peer could make the memory smaller, and reading it would end this process.
constexpr int seals_wanted = F_SEAL_SHRINK | F_SEAL_GROW;

error_code last_error() noexcept {
    return {errno, boost::system::system_category()};
}

result<shared_lanes> map(file_descriptor const& handle) {
    void* const at =
        ::mmap(nullptr, sizeof(lanes), PROT_READ | PROT_WRITE, MAP_SHARED, handle.get(), 0);
    if (at == MAP_FAILED) {
        return last_error();
    }
    return shared_lanes(static_cast<lanes*>(at));  // all zeros: what a lane begins with
}

// A message of one byte with room for one descriptor beside it.
struct message {
    char byte = 'm';
    iovec bytes{&byte, 1};
    alignas(cmsghdr) char beside[CMSG_SPACE(sizeof(int))] = {};
    msghdr head{};

    message() noexcept {
        head.msg_iov = &bytes;
        head.msg_iovlen = 1;
        head.msg_control = beside;
        head.msg_controllen = sizeof beside;
    }
};

}  // namespace

void unmap::operator()(lanes* mapped) const noexcept {
    ::munmap(mapped, sizeof(lanes));
}

result<shared_lanes> make_memory(file_descriptor& handle) {
    handle = file_descriptor(::memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!handle || ::ftruncate(handle.get(), sizeof(lanes)) != 0 ||
        ::fcntl(handle.get(), F_ADD_SEALS, seals_wanted) != 0) {
        return last_error();
    }
    return map(handle);
}

error_code send_memory(int socket, file_descriptor const& handle) {
    message sent;
    cmsghdr* const beside = CMSG_FIRSTHDR(&sent.head);
    beside->cmsg_level = SOL_SOCKET;
    beside->cmsg_type = SCM_RIGHTS;
    beside->cmsg_len = CMSG_LEN(sizeof(int));
    int const value = handle.get();
    std::memcpy(CMSG_DATA(beside), &value, sizeof value);
    bool const is_sent = ::sendmsg(socket, &sent.head, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
    return is_sent ? error_code() : last_error();
}

result<shared_lanes> receive_memory(int socket) {
    message got;
    auto const size = ::recvmsg(socket, &got.head, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0) {
        return last_error();
    }
    cmsghdr const* const beside = CMSG_FIRSTHDR(&got.head);
    if (size != 1 || beside == nullptr || beside->cmsg_type != SCM_RIGHTS) {
        return make_error_code(transport_error::handshake_refused);
    }
    int value = -1;
    std::memcpy(&value, CMSG_DATA(beside), sizeof value);
    file_descriptor const handle(value);
    struct stat about{};
    bool const is_ours = ::fstat(value, &about) == 0 && about.st_size == sizeof(lanes) &&
                         (::fcntl(value, F_GET_SEALS) & seals_wanted) == seals_wanted;
    if (!is_ours) {
        return make_error_code(transport_error::handshake_refused);
    }
    return map(handle);
}

}  // namespace ring
