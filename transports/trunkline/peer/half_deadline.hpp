// When reads, or writes, of one stream begin to fail.
#pragma once

#include <trunkline/peer/deadlines.hpp>
#include <trunkline/peer/line.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace trunkline::peers {

/// On the thread of its line.
class half_deadline {
public:
    /// In place of what was set before: passes so much later, in the time of the loop, and `told`
    /// is called then, maybe at once; empty: never.
    void set(line& on, std::optional<std::chrono::milliseconds> left, std::function<void()> told) {
        alarm_ = left ? std::make_shared<alarm>(std::move(told)) : nullptr;
        auto const set = alarm_;
        if (left && left->count() <= 0) {
            set->on_deadline();
        } else if (left && (on.driver() != nullptr || on.is_reconnecting())) {
            on.limit(set, line::bounded(*left));
        }
    }

    [[nodiscard]] bool has_passed() const noexcept { return alarm_ && alarm_->passed; }

private:
    struct alarm final : with_deadline {
        explicit alarm(std::function<void()> whom) : told(std::move(whom)) {}
        void on_deadline() override {
            passed = true;
            told();
        }
        std::function<void()> told;
        bool passed = false;
    };

    std::shared_ptr<alarm> alarm_;
};

}  // namespace trunkline::peers
