// How the Asio runtime learns that descriptors may be read or written: for streams over them, ours
// and those of other transports. One implementation per operating system facility.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/transport/runtime.hpp>

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string_view>

namespace trunkline::transport {

/// One watched descriptor, and who is told about it: a base of the object that owns the descriptor,
/// which does not move while it is watched.
class watched_handle : public readiness_sink {
public:
    watched_handle() noexcept = default;
    watched_handle(watched_handle const&) = delete;
    watched_handle& operator=(watched_handle const&) = delete;

    int descriptor = -1;     ///< set by the owner, while it is not watched
    bool for_read = false;   ///< set by the readiness_set, like the next
    bool for_write = false;  ///< both false: not watched

protected:
    ~watched_handle() = default;
};

/// Level-triggered. Single-threaded. Who is told may update or remove any handle of the set from
/// inside on_ready(), also its own.
class readiness_set {
public:
    virtual ~readiness_set() = default;

    /// What it is made of: "epoll" or "async_wait".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// Sets what the handle is told about. Without any interest nothing is reported, not even
    /// errors. When the kernel has no memory for the change the handle is not watched: the
    /// keep-alive of its connection ends it.
    virtual void update(watched_handle& handle, bool read_interest, bool write_interest) = 0;

    /// Forgets the handle; nothing is reported for it afterwards. Call before closing the
    /// descriptor.
    virtual void remove(watched_handle& handle) = 0;
};

/// The best one of this system. `context` outlives it.
[[nodiscard]] result<std::unique_ptr<readiness_set>> make_readiness_set(
    boost::asio::io_context& context);

/// Linux only. An epoll set of its own, nested in the set of `context`: one system call waits for a
/// batch, and an idle connection costs no memory beyond its watched_handle. `context` outlives it.
[[nodiscard]] result<std::unique_ptr<readiness_set>> make_epoll_readiness_set(
    boost::asio::io_context& context);

/// Waits of Asio, one for each descriptor and direction: one more system call for each time that
/// somebody is told, and several hundred bytes for each watched descriptor. `context` outlives it.
[[nodiscard]] result<std::unique_ptr<readiness_set>> make_async_readiness_set(
    boost::asio::io_context& context);

}  // namespace trunkline::transport
