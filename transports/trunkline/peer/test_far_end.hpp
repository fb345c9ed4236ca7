// For tests: a server in memory and on virtual time whose links break when they are told to.
#pragma once

#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/server_loop.hpp>
#include <trunkline/peer/test_world.hpp>
#include <trunkline/transport/passing_connection.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/error.hpp>

#include <cstddef>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::testing {

class breaking_link;

/// What becomes of the links of one server.
struct link_faults {
    std::list<breaking_link*> links;
    /// Bytes that are still read, of all links together; then each breaks at its next read.
    std::size_t readable = std::numeric_limits<std::size_t>::max();
    std::size_t read = 0;  ///< bytes so far
};

/// The server's end of a link.
class breaking_link final : public transport::passing_connection {
public:
    breaking_link(transport::runtime& loop, std::unique_ptr<transport::connection> inner,
                  link_faults& faults)
        : passing_connection(std::move(inner)), loop_(loop), faults_(faults) {
        self_ = faults_.links.insert(faults_.links.end(), this);
    }
    ~breaking_link() override { faults_.links.erase(self_); }
    breaking_link(breaking_link const&) = delete;
    breaking_link& operator=(breaking_link const&) = delete;

    /// As a reset: what is on its way is lost, both sides see an error.
    void cut() {
        if (std::exchange(cut_, true)) {
            return;
        }
        inner().watch(nullptr, false, false);
        inner().abort();
        loop_.post([weak = std::weak_ptr(alive_), this] {
            if (weak.lock() && sink_ != nullptr) {
                sink_->on_ready(true, false);
            }
        });
    }

    /// While it is, nothing comes through from the client.
    void stall(bool on) {
        stalled_ = on;
        watch_inner();
    }

    transport::read_result read(mutable_bytes buffer, std::span<transport::in_piece> out) override {
        if (stalled_ && !cut_) {
            transport::read_result nothing;
            nothing.status = transport::io_status::would_block;
            return nothing;
        }
        if (!cut_ && faults_.readable == 0) {
            cut();
        }
        if (cut_) {
            return {.status = transport::io_status::error,
                    .error = boost::asio::error::connection_reset};
        }
        auto const got = inner().read(buffer.first(std::min(buffer.size(), faults_.readable)), out);
        faults_.readable -= got.wire_bytes;
        faults_.read += got.wire_bytes;
        return got;
    }
    transport::io_result write(std::span<out_segment const> segments) override {
        if (cut_) {
            return {.status = transport::io_status::error,
                    .error = boost::asio::error::broken_pipe};
        }
        return inner().write(segments);
    }
    void watch(transport::readiness_sink* sink, bool reads, bool writes) override {
        sink_ = sink;
        reads_ = reads;
        writes_ = writes;
        watch_inner();
    }

private:
    void watch_inner() {
        if (!cut_) {
            inner().watch(sink_, reads_ && !stalled_, writes_);
        }
    }

    transport::runtime& loop_;
    link_faults& faults_;
    std::list<breaking_link*>::iterator self_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    transport::readiness_sink* sink_ = nullptr;
    bool cut_ = false;
    bool stalled_ = false;
    bool reads_ = false;
    bool writes_ = false;
};

/// A server, its loop and its faults. Methods come before the first client.
class far_end {
public:
    /// Of every link, per direction, in bytes.
    explicit far_end(std::size_t capacity = 256 * kib) : capacity_(capacity) {
        auto made = std::make_unique<door>(*this);
        door_ = made.get();
        serving_.add_listener(std::move(made));
        serving_.start();
    }

    template <class Method, class Handler>
    void handle(Method const& of, Handler handler) {
        ASSERT_TRUE(add_handler(settings.methods, of, std::move(handler)));
    }
    [[nodiscard]] rpc_client::builder client() {
        rpc_client::builder made("memory:far");
        made.over(names_).run_on(loop);
        return made;
    }
    void cut() {
        for (auto* const each : faults.links) {
            each->cut();
        }
    }
    void stall(bool on) {
        for (auto* const each : faults.links) {
            each->stall(on);
        }
    }
    /// While not, dials are refused; links go on.
    void reachable(bool on) { on ? door_->open() : door_->close(); }

    transport::simulated_runtime loop;
    link_faults faults;
    peers::server_settings settings;
    std::vector<transport::runtime::time_point> accepted;  ///< when each link came

private:
    class door final : public transport::listener {
    public:
        explicit door(far_end& of) : of_(of) {}
        void start(accepted sink) override {
            sink_ = std::move(sink);
            open();
        }
        void open() {
            inner_ = of_.names_.listen(of_.loop, "memory:far", {.capacity = of_.capacity_}).value();
            inner_->start([this](std::unique_ptr<transport::connection> link) {
                of_.accepted.push_back(of_.loop.now());
                sink_(std::make_unique<breaking_link>(of_.loop, std::move(link), of_.faults));
            });
        }
        void close() override { inner_.reset(); }
        std::string endpoint() const override { return "memory:far"; }

    private:
        far_end& of_;
        accepted sink_;
        std::unique_ptr<transport::listener> inner_;
    };

    memory::hub names_;
    std::size_t capacity_;
    door* door_ = nullptr;
    peers::server_loop serving_{loop, nullptr, settings};
};

/// How a call ended.
struct outcome {
    std::optional<std::string> said;
    error_code error;
    call_progress progress = call_progress::answered;
    transport::runtime::time_point at;

    [[nodiscard]] bool has_ended() const noexcept { return said.has_value() || error; }
};

/// Makes a call on virtual time; gives what becomes of it.
[[nodiscard]] inline std::shared_ptr<outcome> begin_call(transport::runtime& loop,
                                                         peer const& server,
                                                         typed::method<text, text> const& of,
                                                         std::string said,
                                                         call_options const& options = {}) {
    auto const made = std::make_shared<outcome>();
    server.async_call(of, {std::move(said)}, options,
                      [made, &loop](call_result<received<text>> answer) {
                          made->at = loop.now();
                          if (answer) {
                              made->said = (*answer)->value;
                          } else {
                              made->error = answer.error().error;
                              made->progress = answer.error().progress;
                          }
                      });
    return made;
}

}  // namespace trunkline::testing
