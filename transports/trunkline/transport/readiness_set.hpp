// How the Asio runtime learns that descriptors may be read or written. Internal to the sockets of
// this folder; one implementation per operating system facility.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/runtime.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>

namespace trunkline::transport {

/// One watched descriptor. Lives inside the object that owns the descriptor and does not move while
/// it is watched.
struct watched_handle {
    int descriptor = -1;
    readiness_sink* sink = nullptr;
    bool read_interest = false;
    bool write_interest = false;
};

/// Level-triggered. Single-threaded. A sink may update or remove any handle of the set from inside
/// on_ready(), also its own.
class readiness_set {
public:
    virtual ~readiness_set() = default;

    /// Sets who is told about what. Without any interest nothing is reported, not even errors. When
    /// the kernel has no memory for the change the handle is not watched: the keep-alive of its
    /// connection ends it.
    virtual void update(watched_handle& handle, readiness_sink* sink, bool read_interest,
                        bool write_interest) = 0;

    /// Forgets the handle; nothing is reported for it afterwards. Call before closing the
    /// descriptor.
    virtual void remove(watched_handle& handle) = 0;
};

/// An epoll set of its own, nested in the set of `context`: one system call waits for a batch, and
/// an idle connection costs no memory beyond its watched_handle. `context` outlives it.
[[nodiscard]] result<std::unique_ptr<readiness_set>> make_epoll_readiness_set(
    boost::asio::io_context& context);

}  // namespace trunkline::transport
