// Orders that must not be carried out twice, and what became of each.
#pragma once

#include <trunkline/sim/world.hpp>

#include <cstdint>
#include <vector>

namespace trunkline::sim {

/// Orders by number, from 0. Single-threaded.
class order_book {
public:
    /// Of `at`, which outlives it.
    explicit order_book(world& at) noexcept : at_(at) {}

    /// A new order; one that may be `repeated` may be carried out more than once.
    [[nodiscard]] std::uint64_t place(bool repeated) {
        orders_.push_back({repeated});
        return orders_.size() - 1;
    }

    /// A server carries it out.
    void carry_out(std::uint64_t number) {
        at_.expect(number < orders_.size(), "an order came that nobody gave");
        if (number < orders_.size()) {
            auto& of = orders_[number];
            at_.expect(++of.done == 1 || of.may_repeat, "an order was carried out twice");
            at_.expect(!of.was_kept_back, "an order was carried out that was never sent");
        }
    }

    /// Its call was answered with `answer`.
    void answered(std::uint64_t number, std::uint64_t answer) {
        at_.expect(orders_[number].done > 0, "an order was answered that nobody carried out");
        at_.expect(answer == answer_to(number), "an order got the answer to another one");
    }

    /// Its call failed before any of it was sent.
    void kept_back(std::uint64_t number) {
        at_.expect(orders_[number].done == 0, "an order was carried out that was never sent");
        orders_[number].was_kept_back = true;
    }

    /// What a server says.
    [[nodiscard]] static constexpr std::uint64_t answer_to(std::uint64_t number) noexcept {
        return 3 * number + 1;
    }

private:
    struct order {
        bool may_repeat;
        int done = 0;
        bool was_kept_back = false;
    };

    world& at_;
    std::vector<order> orders_;
};

}  // namespace trunkline::sim
