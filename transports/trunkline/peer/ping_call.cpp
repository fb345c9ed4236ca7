#include <trunkline/peer/ping_call.hpp>

#include <trunkline/rpc/error.hpp>

namespace trunkline::peers {

/// Held by the endpoint until the answer is there, or will not come.
class ping_call::ticket {
public:
    ticket(std::shared_ptr<ping_call> of, line& on)
        : of_(std::move(of)), where_(on.shared_where()), sent_at_(where_->loop().now()) {}
    ticket(ticket const&) = delete;
    ticket& operator=(ticket const&) = delete;
    ~ticket() { of_->drop(rpc::rpc_error::connection_lost); }

    void answered() { of_->end(where_->loop().now() - sent_at_); }

private:
    std::shared_ptr<ping_call> of_;
    std::shared_ptr<loop_handle> where_;
    transport::runtime::time_point sent_at_;
};

void ping_call::run(line& on) {
    auto const self = shared_from_this();
    if (ended_) {
        return;  // given up before its turn
    }
    if (error_code const failed = send(on)) {
        drop(failed);
    }
}

error_code ping_call::send(line& on) {
    auto const now = on.where().loop().now();
    if (error_code const why = terms_.refusal(now)) {
        return why;
    }
    if (!on.takes_calls()) {
        return rpc::rpc_error::not_connected;
    }
    rpc::endpoint& other = *on.endpoint();
    if (!other.protocol().extended()) {
        return rpc::rpc_error::not_extended;
    }
    auto const self = shared_from_this();
    auto const held = std::make_shared<ticket>(self, on);
    if (!other.ping([held] { held->answered(); })) {
        end(call_failure{rpc::rpc_error::queue_full, {}});  // before the ticket goes
        return {};
    }
    if (auto const left = terms_.time_left(now)) {
        on.limit(self, *left);
    }
    parent_.watch(terms_, on, std::shared_ptr<cancellable>(self, this));
    return {};
}

void ping_call::end(outcome what) {
    if (!std::exchange(ended_, true)) {
        on_end(std::move(what));
    }
}

}  // namespace trunkline::peers
