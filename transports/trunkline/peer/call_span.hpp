// One call on its way through the interceptors of its client or server.
#pragma once

#include <trunkline/base/slice.hpp>
#include <trunkline/peer/interceptor.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/method_label.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/rpc/error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace trunkline::peers {

/// On the thread of its line, or on any once the line's loop has gone. Ends once; at the latest
/// when it is destroyed, then as given up.
class call_span {
public:
    call_span(line& on, std::shared_ptr<interceptor_list const> by, call_record about);
    ~call_span();
    call_span(call_span const&) = delete;
    call_span& operator=(call_span const&) = delete;

    /// Where the line has interceptors: one that has begun or, in `refused`, why the call must not
    /// go on; that one has ended. Null, at the cost of a look, where it has none.
    [[nodiscard]] static std::shared_ptr<call_span> begin_outgoing(
        line& on, call_kind kind, method_label of, std::size_t request_size,
        std::optional<call_failure>& refused);

    /// Tells the interceptors in their order. Not empty: the first refusal; end() is to follow.
    [[nodiscard]] std::optional<call_failure> begin();

    /// What is known so far, to be completed before end().
    [[nodiscard]] call_record& about() noexcept { return about_; }

    /// Tells those who have let it pass, the last one first.
    void end();

    [[nodiscard]] static std::size_t size_of(std::span<slice const> body) noexcept;

    /// end() with an outcome: of an answer, or without one.
    void end(rpc::status code, bytes_view body);
    void end(call_failure why);

    /// end() of an incoming call whose caller cannot be told: it has gone, or has cancelled.
    void lose();
    void lost_by(error_code why) noexcept { lost_by_ = why; }

private:
    std::shared_ptr<interceptor_list const> interceptors_;
    std::shared_ptr<loop_handle> loop_;
    call_record about_;
    transport::runtime::time_point begun_;
    error_code lost_by_ = make_error_code(rpc::rpc_error::connection_lost);
    std::size_t passed_ = 0;
    bool ended_ = false;
};

/// Puts the interceptors around every handler of the table, once, before the first connection.
/// Calls of methods without a handler are not seen.
void intercept_handlers(rpc::dispatcher& methods, line_services const& services);

/// Sends an event through the interceptors. Nobody is told of a failure but they.
void send_event(line& on, method_label of, std::span<slice> message);

}  // namespace trunkline::peers
