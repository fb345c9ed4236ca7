// Where the crowds of one run wait for each other.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

namespace trunkline::load {

/// What a crowd does of a run that several divide among themselves: every `of`-th connection.
struct share {
    std::size_t index = 0;
    std::size_t of = 1;

    /// How many of `total`.
    [[nodiscard]] std::size_t size(std::size_t total) const noexcept {
        return total / of + (index < total % of ? 1 : 0);
    }

    /// Which one its own of that number is; both counted from 0.
    [[nodiscard]] std::size_t number(std::size_t own) const noexcept { return own * of + index; }
};

/// What all have said at one point of a meeting.
struct agreement {
    std::vector<std::size_t> said;        ///< by party; 0 of those that have left
    transport::runtime::time_point at{};  ///< when the last of them came
};

/// Parties with loops of their own come to the same points, one after the other, and go on from
/// each together. Thread-safe; a lock is taken only there.
class meeting {
public:
    using heard = std::function<void(agreement const&)>;

    explicit meeting(std::size_t parties);

    /// `party` has come to its next point, and says a number there. `done` is called on `loop`,
    /// the one of the caller, once all have come: from inside where it is the only one.
    void come(std::size_t party, transport::runtime& loop, std::size_t says, heard done);

    /// `party` comes to no further point, and nobody waits for it any more.
    void leave(std::size_t party);

private:
    struct seat {
        transport::runtime* loop = nullptr;  // while it waits
        heard done = {};
        std::size_t says = 0;
        bool is_left = false;
    };

    void end_where_all_are_there();

    std::mutex lock_;
    std::vector<seat> seats_;
    transport::runtime::time_point last_{};
};

}  // namespace trunkline::load
