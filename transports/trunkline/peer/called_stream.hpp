// A call in parts of ours.
#pragma once

#include <trunkline/peer/deadlines.hpp>
#include <trunkline/peer/method_label.hpp>
#include <trunkline/peer/stream.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace trunkline::peers {

class call_span;

/// The calling end: begins when its task runs, cancels the call when its reader or its unfinished
/// writer has gone.
class called_stream final : public stream,
                            public task,
                            public with_deadline,
                            private rpc::response_stream {
public:
    struct description {
        method_label method;
        part_shape up = part_shape::records;
        part_shape down = part_shape::records;
        std::chrono::milliseconds timeout{};  ///< zero: none
        std::optional<std::vector<std::byte>> request;
    };

    [[nodiscard]] static std::shared_ptr<called_stream> make(std::shared_ptr<peers::line> on,
                                                             description what);

    void run(peers::line& on) override;
    void drop(error_code) override {}  // and so is everything that waits for it

    void reader_gone() override;
    void writer_gone() override;
    void cancel(call_failure why) override;

private:
    called_stream(std::shared_ptr<peers::line> on, description what)
        : stream(std::move(on), what.down), what_(std::move(what)) {}

    void begin(rpc::endpoint& at);
    void fail(call_failure const& why);

    error_code write_part(std::span<slice> part) override;
    void end_parts(std::optional<call_failure> why) override;
    void on_part(bytes_view part) override;
    void on_end() override;
    void on_failed(error_code error, rpc::status code, bytes_view body) override;
    void on_deadline() override {
        if (self_ != nullptr) {
            cancel({call_error::deadline_passed, {}});
        }
    }

    description what_;
    std::uint32_t request_id_ = 0;
    std::shared_ptr<call_span> span_;  // null where there are no interceptors
    std::shared_ptr<stream> self_;     // while the endpoint knows us
};

}  // namespace trunkline::peers
