#include <trunkline/unix_socket/socket_file.hpp>

#include <trunkline/base/last_error.hpp>
#include <trunkline/transport/error.hpp>

#include <boost/asio/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

namespace trunkline::unix_socket {
namespace {

using transport::file_descriptor;

/// What tells two files apart as long as one of them is in use.
struct file_identity {
    dev_t device;
    ino_t number;

    static file_identity of(struct stat const& found) { return {found.st_dev, found.st_ino}; }
    friend bool operator==(file_identity const&, file_identity const&) noexcept = default;
};

/// The right to bind a path, among those who ask for it. Nothing is left of it.
class bind_lock {
public:
    /// Fails with address_in_use while another has it.
    static result<bind_lock> take(std::string const& path) {
        std::string name = path + ".lock";
        for (;;) {
            file_descriptor file(
                ::open(name.c_str(), O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600));
            struct stat ours{};
            struct stat there{};
            if (!file) {
                return last_error();
            }
            if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
                return errno == EWOULDBLOCK ? boost::asio::error::address_in_use : last_error();
            }
            if (::fstat(file.get(), &ours) != 0) {
                return last_error();
            }
            // Who had it before may have removed the file that we have locked.
            if (::stat(name.c_str(), &there) == 0 &&
                file_identity::of(ours) == file_identity::of(there)) {
                return bind_lock(std::move(name), std::move(file));
            }
        }
    }
    bind_lock(bind_lock&&) = default;
    bind_lock& operator=(bind_lock&&) = delete;
    ~bind_lock() {
        if (file_) {
            ::unlink(name_.c_str());
        }
    }

private:
    bind_lock(std::string name, file_descriptor file)
        : name_(std::move(name)), file_(std::move(file)) {}

    std::string name_;
    file_descriptor file_;
};

/// Removes the file that stands there now, unless another has taken its place by then. The socket
/// that is bound to it keeps its number from being used again.
class owned_file {
public:
    explicit owned_file(std::string path) : path_(std::move(path)), identity_(now()) {}
    owned_file(owned_file const&) = delete;
    owned_file& operator=(owned_file const&) = delete;
    ~owned_file() {
        if (identity_ && now() == identity_) {
            ::unlink(path_.c_str());
        }
    }

private:
    [[nodiscard]] std::optional<file_identity> now() const {
        struct stat found{};
        return ::lstat(path_.c_str(), &found) == 0 ? std::optional(file_identity::of(found))
                                                   : std::nullopt;
    }

    std::string path_;
    std::optional<file_identity> identity_;
};

file_descriptor open_socket() noexcept {
    return file_descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/// Removes what a dead listener has left; with success the path is free.
error_code clear(unix_url const& where) {
    struct stat found{};
    if (::lstat(where.name.c_str(), &found) != 0) {
        return errno == ENOENT ? error_code() : last_error();
    }
    if (!S_ISSOCK(found.st_mode)) {
        return make_error_code(transport::transport_error::not_a_socket);
    }
    auto const probe = open_socket();
    if (!probe) {
        return last_error();
    }
    auto const address = where.address();
    bool const connected = ::connect(probe.get(), address.data(), address.size()) == 0;
    if (!connected && errno == ENOENT) {
        return {};
    }
    if (connected || errno != ECONNREFUSED) {
        return boost::asio::error::address_in_use;
    }
    return ::unlink(where.name.c_str()) == 0 || errno == ENOENT ? error_code() : last_error();
}

}  // namespace

result<transport::listening_socket> listen_at_path(unix_url const& where, std::uint32_t mode) {
    auto const lock = bind_lock::take(where.name);
    if (!lock) {
        return lock.error();
    }
    if (error_code const fault = clear(where)) {
        return fault;
    }
    transport::listening_socket made{open_socket(), where.address(), nullptr};
    int const descriptor = made.socket.get();
    if (descriptor < 0 || ::bind(descriptor, made.address.data(), made.address.size()) != 0) {
        return last_error();
    }
    made.held = std::make_shared<owned_file const>(where.name);
    if (::chmod(where.name.c_str(), mode) != 0 ||
        ::listen(descriptor, transport::accept_backlog) != 0) {
        return last_error();
    }
    return made;
}

}  // namespace trunkline::unix_socket
