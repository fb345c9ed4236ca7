#include <trunkline/conformance/shared_faults.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

namespace trunkline::conformance {

class shared_faults::share final : public faults {
public:
    explicit share(shared_faults& of) : of_(of) {}

    void cut() override { of_.links_.cut(); }
    void cut_after(bool from_dialler, std::size_t size) override {
        wish& mine = wishes_[from_dialler];
        mine.cut_after = size;
        mine.carried = carried(from_dialler);
        std::size_t next = size;
        for (share const& each : of_.shares_) {
            next = std::min(next, each.left_until_cut(from_dialler));
        }
        of_.links_.cut_after(from_dialler, next);
    }
    void stall(bool from_dialler, bool on) override {
        if (changes(&wish::stalled, from_dialler, on)) {
            of_.links_.stall(from_dialler, on);
        }
    }
    void shorten(bool from_dialler, bool on) override {
        if (changes(&wish::shortened, from_dialler, on)) {
            of_.links_.shorten(from_dialler, on);
        }
    }
    [[nodiscard]] std::uint64_t carried(bool from_dialler) const override {
        return of_.links_.carried(from_dialler);
    }

private:
    // Of what the acceptor sends, or the dialler.
    struct wish {
        bool stalled = false;
        bool shortened = false;
        std::size_t cut_after = std::numeric_limits<std::size_t>::max();
        std::uint64_t carried = 0;  // when it was told
    };

    // Notes the wish; whether the links are told, too.
    bool changes(bool wish::* what, bool from_dialler, bool on) {
        bool const was = std::exchange(wishes_[from_dialler].*what, on);
        return was != on && std::ranges::none_of(of_.shares_, [&](share const& each) {
                   return &each != this && each.wishes_[from_dialler].*what;
               });
    }

    [[nodiscard]] std::size_t left_until_cut(bool from_dialler) const {
        wish const& mine = wishes_[from_dialler];
        std::uint64_t const since = carried(from_dialler) - mine.carried;
        return mine.cut_after - std::min<std::uint64_t>(mine.cut_after, since);
    }

    shared_faults& of_;
    std::array<wish, 2> wishes_{};
};

shared_faults::shared_faults(faults& links) : links_(links) {}

shared_faults::~shared_faults() = default;

faults& shared_faults::another() {
    return shares_.emplace_back(*this);
}

}  // namespace trunkline::conformance
