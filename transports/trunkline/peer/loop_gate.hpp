// The way to a loop, for those who come when whoever used it has gone.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <mutex>

namespace trunkline::peers {

/// One per execution context of Asio, shut by the context itself before it goes. From any thread.
class loop_gate {
public:
    /// That of the context behind `loop`, made on first use for that executor. Not once the context
    /// goes.
    [[nodiscard]] static std::shared_ptr<loop_gate> of(boost::asio::any_io_executor const& loop);

    explicit loop_gate(boost::asio::any_io_executor to) : to_(std::move(to)) {}
    loop_gate(loop_gate const&) = delete;
    loop_gate& operator=(loop_gate const&) = delete;

    /// True, and `work` runs soon on the loop, or is destroyed when that goes before; false when it
    /// has gone, and `work` is left as it was.
    [[nodiscard]] bool post(std::function<void()>& work);

private:
    class keeper;
    void shut() noexcept;

    std::mutex mutex_;
    boost::asio::any_io_executor to_;  // none once shut
};

}  // namespace trunkline::peers
