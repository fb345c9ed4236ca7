#include <trunkline/mock/faulty_listener.hpp>

#include <trunkline/transport/passing_connection.hpp>

#include <boost/asio/error.hpp>

#include <utility>
#include <vector>

namespace trunkline::mocks {

using transport::in_piece;
using transport::io_result;
using transport::io_status;
using transport::read_result;
using transport::readiness_sink;

/// One accepted connection, through which everything passes.
class faulty_link final : public transport::passing_connection {
public:
    faulty_link(transport::runtime& loop, std::unique_ptr<transport::connection> inner,
                fault_panel& panel)
        : passing_connection(std::move(inner)), loop_(loop), panel_(panel) {
        panel_.links_.push_back(this);
        self_ = std::prev(panel_.links_.end());
    }
    ~faulty_link() override { panel_.links_.erase(self_); }
    faulty_link(faulty_link const&) = delete;
    faulty_link& operator=(faulty_link const&) = delete;

    void cut() {
        if (std::exchange(cut_, true)) {
            return;
        }
        inner().watch(nullptr, false, false);
        inner().abort();
        // Whoever watches us may be calling us right now.
        loop_.post([weak = std::weak_ptr(alive_), this] {
            if (weak.lock() && sink_ != nullptr) {
                sink_->on_ready(true, false);
            }
        });
    }

    void stall() {
        if (!cut_) {
            rewatch();
        }
    }

    read_result read(mutable_bytes buffer, std::span<in_piece> out) override {
        read_result got;
        if (cut_) {
            got.status = io_status::error;
            got.error = boost::asio::error::connection_reset;
        } else if (panel_.stalled()) {
            got.status = io_status::would_block;
        } else {
            got = inner().read(buffer, out);
        }
        return got;
    }

    io_result write(std::span<out_segment const> segments) override {
        if (cut_) {
            return {.status = io_status::error, .error = boost::asio::error::broken_pipe};
        }
        if (panel_.stalled() && !segments.empty()) {
            return {.status = io_status::would_block, .error = {}};
        }
        return inner().write(segments);
    }

    void watch(readiness_sink* sink, bool read_interest, bool write_interest) override {
        sink_ = sink;
        read_interest_ = read_interest;
        write_interest_ = write_interest;
        if (!cut_) {
            rewatch();
        }
    }

private:
    void rewatch() {
        bool const open = !panel_.stalled();
        inner().watch(sink_, open && read_interest_, open && write_interest_);
    }

    transport::runtime& loop_;
    fault_panel& panel_;
    std::list<faulty_link*>::iterator self_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    readiness_sink* sink_ = nullptr;
    bool read_interest_ = false;
    bool write_interest_ = false;
    bool cut_ = false;
};

void fault_panel::cut() {
    for (auto* const each : links_) {
        each->cut();
    }
}

void fault_panel::stall(bool on) {
    stalled_ = on;
    for (auto* const each : links_) {
        each->stall();
    }
}

faulty_listener::faulty_listener(transport::runtime& loop, memory::hub& names, std::string url,
                                 fault_panel& faults)
    : loop_(loop), names_(names), url_(std::move(url)), faults_(faults) {}

void faulty_listener::start(accepted sink) {
    sink_ = std::make_shared<accepted>(std::move(sink));
    set_reachable(true);
}

void faulty_listener::close() {
    set_reachable(false);
    sink_ = nullptr;
}

void faulty_listener::set_reachable(bool on) {
    if (!on || sink_ == nullptr) {
        listening_ = nullptr;
        return;
    }
    if (listening_ != nullptr) {
        return;
    }
    auto made = names_.listen(loop_, url_, {.message_borders = true});
    if (!made) {
        return;  // somebody else has the name meanwhile
    }
    listening_ = std::move(*made);
    listening_->start([this, sink = sink_](std::unique_ptr<transport::connection> inner) {
        (*sink)(std::make_unique<faulty_link>(loop_, std::move(inner), faults_));
    });
}

}  // namespace trunkline::mocks
