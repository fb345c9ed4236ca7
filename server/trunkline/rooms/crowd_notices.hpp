// Who is to hear that somebody came or went, so that a storm of joins is no work of its square.
#pragma once

#include <trunkline/rooms/limits.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace trunkline::rooms {

/// What stands for notices that not everybody was sent.
struct crowd_counts {
    std::size_t members = 0;   ///< that are there now
    std::uint64_t joined = 0;  ///< since the last counts
    std::uint64_t left = 0;    ///< since the last counts
    friend bool operator==(crowd_counts const&, crowd_counts const&) = default;
};

/// What one change means for those who are there.
struct crowd_news {
    bool to_everybody = true;            ///< else the notice is for who caused it, alone
    std::optional<crowd_counts> counts;  ///< to be told to everybody, behind the notice
};

/// Up to a size of the room everybody hears everything. Above it changes are counted, and the
/// counts are due once they are one part in count_notice_share of the members, or once the room is
/// small again. Not thread-safe.
class crowd_notices {
public:
    /// `members_max`: the size up to which everybody hears everything.
    explicit crowd_notices(std::size_t members_max) noexcept : members_max_(members_max) {}

    /// Somebody came or went, and `members` are there now.
    [[nodiscard]] crowd_news changed(bool joined, std::size_t members) noexcept;

    /// Whether everybody hears everything just now.
    [[nodiscard]] bool is_small(std::size_t members) const noexcept {
        return members <= members_max_;
    }

private:
    std::size_t members_max_;
    crowd_counts untold_;
};

}  // namespace trunkline::rooms
