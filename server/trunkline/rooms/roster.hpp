// Who is in a room: exact, and in pages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace trunkline::rooms {

/// One who is there.
struct present_member {
    std::uint64_t seat = 0;    ///< place in the order of coming, from 1; never given twice
    std::uint64_t number = 0;  ///< as the member was given it
    std::string name;          ///< empty: it goes by its number
};

/// Seats in the order in which they were taken: 16 bytes for each, and a name only where there is
/// one. What coming and going costs does not grow with how many are there. Not thread-safe.
class roster {
public:
    /// The next seat, from 1.
    [[nodiscard]] std::uint64_t next_seat() const noexcept { return next_seat_; }

    /// Takes that seat, and gives it.
    std::uint64_t enter(std::uint64_t number, std::string_view name);

    /// Who has taken it goes by another name.
    void rename(std::uint64_t seat, std::string_view name);

    /// Frees a seat that is taken.
    void leave(std::uint64_t seat);

    /// Seats that are taken.
    [[nodiscard]] std::size_t size() const noexcept { return seats_.size() - left_; }

    /// At most `count` of those whose seats come after `after`, in that order: the seat of the last
    /// of them asks for the next page, 0 for the first.
    [[nodiscard]] std::vector<present_member> page(std::uint64_t after, std::size_t count) const;

private:
    struct seat_entry {
        std::uint64_t seat;
        std::uint64_t number;
        [[nodiscard]] bool is_free() const noexcept { return number == nobody; }
    };
    static constexpr std::uint64_t nobody = UINT64_MAX;

    [[nodiscard]] std::size_t place_of(std::uint64_t seat) const noexcept;
    void close_ranks();

    std::vector<seat_entry> seats_;  // those that were left stay until they are half of them
    std::size_t left_ = 0;
    std::uint64_t next_seat_ = 1;
    std::unordered_map<std::uint64_t, std::string> names_;  // by seat
};

}  // namespace trunkline::rooms
