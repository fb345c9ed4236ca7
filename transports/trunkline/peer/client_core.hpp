// The one connection of a client, on the thread of its loop.
#pragma once

#include <trunkline/peer/call_options.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/reconnect.hpp>
#include <trunkline/peer/retry_budget.hpp>
#include <trunkline/peer/url_dialer.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/tls/context.hpp>
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/network.hpp>
#include <trunkline/websocket/context.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace trunkline::peers {

/// All that a client is told before it connects.
struct client_settings {
    std::string url;
    transport::driver::options connection;
    bool detect_layout = false;  ///< that of `connection` is tried first, b where it has none
    bool extension = false;      ///< the server is asked to agree to it
    bool checked = false;        ///< and has to agree to check frames
    websocket::context_options websockets;
    std::optional<tls::context> trust;  ///< of "tls:" and "wss:"; empty: as the system does
    std::chrono::milliseconds default_timeout = default_call_timeout;  ///< of calls; zero: none
    std::optional<reconnect_options> reconnect;  ///< empty: a lost connection is the end
    retry_options retries;
    std::shared_ptr<line_services> services = std::make_shared<line_services>();
    std::shared_ptr<interceptor_list> interceptors;  ///< null: none
    pool_settings pool;
    rpc::dispatcher methods;
    transport::driver::observer on_state;
    transport::network* beside = nullptr;
};

/// What a peer is asked that may not know our layout: published ones have no such method, and say
/// so.
inline constexpr std::string_view layout_probe = "trunkline.layout";

/// Of the time to connect, the part that a connection has to answer the first probe: 1 / this.
inline constexpr int layout_probe_share = 4;

/// Dials once, or twice to find out the layout, greets a server that may agree to the extension,
/// and dials again when it is to reconnect. Kept by a shared_ptr; end() comes before its loop goes.
class client_core : public std::enable_shared_from_this<client_core> {
public:
    /// `sockets`: the same loop, where it has sockets.
    client_core(transport::runtime& loop, transport::asio_runtime* sockets,
                client_settings settings);
    ~client_core();
    client_core(client_core const&) = delete;
    client_core& operator=(client_core const&) = delete;

    [[nodiscard]] std::shared_ptr<line> const& peer() const noexcept { return line_; }

    /// To post from any thread, also when this has gone.
    [[nodiscard]] std::shared_ptr<loop_handle> const& handle() const noexcept { return handle_; }

    /// No state is reported any more.
    void hush() noexcept {
        settings_.on_state = nullptr;
        line_->watchers().clear();
    }

    using dialed = std::function<void(error_code)>;

    /// On the thread of the loop, once; `done` is called once, not from inside, unless end() comes
    /// first.
    void dial(dialed done);

    /// Gives up what dial() began: it fails with call_error::cancelled. Nothing when that is over.
    void cancel_dial();

    /// Closes in order and calls `done` when the connection has ended, at once when there is none.
    void close(std::function<void()> done);

    /// Ends the connection at once, and nothing is dialled any more; no state is reported, calls
    /// that wait fail.
    void end();

    /// Nothing can be posted any more: the loop goes.
    void shut() noexcept { handle_->shut(); }

private:
    void begin_dial();
    void give_up_dial();
    void on_dialed(result<std::unique_ptr<transport::connection>> made);
    void probe();
    void on_probed(error_code why);
    void drop_probed();
    void succeed();
    void greet();
    void on_greeted(bool agreed);
    void finish_dial();
    void fail(error_code why);
    void on_state(transport::connection_state state, error_code why);
    void plan_redial();
    void redial();
    void on_redialed(error_code why);
    void stop_dialing();
    void report(transport::connection_state state, error_code why);

    transport::runtime& loop_;
    client_settings settings_;
    std::shared_ptr<loop_handle> handle_;
    std::shared_ptr<line> line_;
    std::unique_ptr<url_dialer> dialer_;
    std::unique_ptr<transport::driver> driver_;
    std::unique_ptr<transport::timer> dial_timeout_;
    std::unique_ptr<transport::timer> probe_timeout_;
    std::unique_ptr<transport::timer> redial_;
    std::optional<reconnect_waits> waits_;  // empty: it does not reconnect
    transport::runtime::time_point connected_at_{};
    dialed dialed_;
    std::uint64_t dial_ = 0;  // which attempt is awaited
    std::function<void()> closed_;
    bool probing_ = false;  // the connection is not known to anybody yet
    bool tried_other_ = false;
    bool greeting_ = false;  // the server has not said yet whether it agrees to the extension
    bool ended_ = false;
};

}  // namespace trunkline::peers
