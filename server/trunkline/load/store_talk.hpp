// Members that call a store.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/load/conversation.hpp>
#include <trunkline/load/store_calls.hpp>
#include <trunkline/rpc/dispatcher.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::load {

/// Calls by the published protocol; each answer is compared with what was written before the run.
class store_conversation final : public conversation {
public:
    /// On `loop`, which outlives it; frames with headers of `spoken`.
    store_conversation(transport::runtime& loop, store_work const& of, frame::layout spoken);
    ~store_conversation() override;

    /// Writes what will be read, over one connection.
    void prepare(line_source& lines, std::chrono::milliseconds patience, prepared done) override;

    [[nodiscard]] std::unique_ptr<member> join(
        member_owner& owner, std::size_t /*number*/,
        std::unique_ptr<transport::connection> link) override;

private:
    class caller;
    class preparation;

    [[nodiscard]] std::unique_ptr<transport::driver> drive(
        std::unique_ptr<transport::connection> link, transport::driver::observer on_state) const;

    transport::runtime& loop_;
    transport::driver::options settings_;
    rpc::dispatcher nothing_served_;
    std::vector<store_call> calls_;
    std::vector<store_call> first_;
    std::unique_ptr<preparation> preparing_;
};

}  // namespace trunkline::load
