// A message on its way to many peers.
#pragma once

#include <trunkline/peer/call_span.hpp>
#include <trunkline/peer/line.hpp>
#include <trunkline/peer/method_label.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::peers {

/// The same bytes for many.
class shared_event final : public task {
public:
    shared_event(method_label of, std::shared_ptr<std::vector<std::byte> const> message)
        : of_(of), message_(std::move(message)) {}

    void run(line& on) override {
        using kept = std::shared_ptr<std::vector<std::byte> const>;
        slice piece{*message_, pin(new kept(message_),
                                   [](void* held) noexcept { delete static_cast<kept*>(held); })};
        send_event(on, of_, {&piece, 1});
    }
    void drop(error_code) override {}

private:
    method_label of_;
    std::shared_ptr<std::vector<std::byte> const> message_;
};

}  // namespace trunkline::peers
