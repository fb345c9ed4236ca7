#include <trunkline/sim/story.hpp>

#include <iomanip>
#include <ostream>

namespace trunkline::sim {
namespace {

constexpr std::uint64_t fnv_prime = 0x100000001b3;

std::uint64_t microseconds_of(transport::runtime const& clock) {
    return static_cast<std::uint64_t>(clock.now().time_since_epoch().count());
}

}  // namespace

void story::tell(std::string_view who, std::string_view what, std::string_view note) {
    auto const now = microseconds_of(clock_);
    add(now);
    add(who);
    add(what);
    if (trace_ != nullptr) {
        *trace_ << std::setw(5) << now / 1'000'000 << '.' << std::setfill('0') << std::setw(6)
                << now % 1'000'000 << std::setfill(' ') << "  " << std::left << std::setw(10) << who
                << std::right << ' ' << what << (note.empty() ? "" : "; ") << note << '\n';
    }
}

void story::count() {
    ++events_;
    add(microseconds_of(clock_));
}

void story::add(std::string_view bytes) noexcept {
    for (char const each : bytes) {
        hash_ = (hash_ ^ static_cast<unsigned char>(each)) * fnv_prime;
    }
    add(bytes.size());
}

void story::add(std::uint64_t number) noexcept {
    for (int i = 0; i < 8; ++i, number >>= 8) {
        hash_ = (hash_ ^ (number & 0xff)) * fnv_prime;
    }
}

}  // namespace trunkline::sim
