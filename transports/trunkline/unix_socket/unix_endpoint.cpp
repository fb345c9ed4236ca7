#include <trunkline/unix_socket/unix_endpoint.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/last_error.hpp>
#include <trunkline/transport/socket_dialer.hpp>
#include <trunkline/unix_socket/socket_file.hpp>
#include <trunkline/unix_socket/unix_url.hpp>

#include <fcntl.h>

#include <utility>

namespace trunkline::unix_socket {
namespace {

// The system itself sees to it that nobody else has the name.
result<transport::listening_socket> listen_at_name(unix_url const& where) {
    transport::listening_socket made{transport::file_descriptor(::socket(
                                         AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
                                     where.address(), nullptr};
    int const descriptor = made.socket.get();
    if (descriptor < 0 || ::bind(descriptor, made.address.data(), made.address.size()) != 0 ||
        ::listen(descriptor, transport::accept_backlog) != 0) {
        return last_error();
    }
    return made;
}

}  // namespace

result<std::vector<transport::socket_address>> resolve(std::string_view url) {
    auto const parsed = parse(url);
    if (!parsed) {
        return parsed.error();
    }
    return std::vector{parsed->address()};
}

result<transport::listening_group> listen(std::string_view url, std::size_t count,
                                          std::uint32_t mode) {
    TRUNKLINE_ASSERT(count >= 1);
    auto const where = parse(url);
    if (!where) {
        return where.error();
    }
    auto first = where->is_abstract ? listen_at_name(*where) : listen_at_path(*where, mode);
    if (!first) {
        return first.error();
    }
    transport::listening_group group{{}, where->text()};
    group.sockets.push_back(std::move(*first));
    while (group.sockets.size() < count) {
        auto const& one = group.sockets.front();
        transport::file_descriptor same(::fcntl(one.socket.get(), F_DUPFD_CLOEXEC, 0));
        if (!same) {
            return last_error();
        }
        group.sockets.push_back({std::move(same), one.address, one.held});
    }
    return group;
}

std::unique_ptr<transport::dialer> make_dialer(transport::asio_runtime& loop,
                                               transport::runtime::duration timeout,
                                               transport::stream_filter filter) {
    return std::make_unique<transport::socket_dialer>(loop, &resolve, timeout, std::move(filter));
}

}  // namespace trunkline::unix_socket
