#include <trunkline/conformance/fault_schedule.hpp>

#include <boost/algorithm/hex.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t fault_size = 3;
constexpr std::size_t cut_unit = 64;

// Low bits are the kind, the highest one the direction; then when, and how long or how far.
link_fault fault_of(std::uint8_t what, std::uint8_t when, std::uint8_t extent) {
    link_fault made;
    made.what = static_cast<fault_kind>((what & 0x7fU) % fault_kinds);
    made.from_dialler = (what & 0x80U) != 0;
    made.after = when * 1ms;
    made.lasts = made.what == fault_kind::stall ? (extent + 1) * 1s : (extent + 1) * 1ms;
    made.size = made.what == fault_kind::cut ? extent * cut_unit + 1 : 0;
    return made;
}

// More than any link carries.
constexpr std::size_t far_away = std::numeric_limits<std::size_t>::max();

}  // namespace

fault_schedule::fault_schedule(std::span<std::uint8_t const> bytes) {
    auto const whole = std::min(bytes.size() / fault_size, faults_max) * fault_size;
    bytes_.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(whole));
}

std::optional<fault_schedule> fault_schedule::from_hex(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    try {
        boost::algorithm::unhex(text.begin(), text.end(), std::back_inserter(bytes));
    } catch (boost::algorithm::hex_decode_error const&) {
        return std::nullopt;
    }
    if (bytes.empty() || bytes.size() % fault_size != 0 || bytes.size() > faults_max * fault_size) {
        return std::nullopt;
    }
    return fault_schedule(bytes);
}

std::string fault_schedule::hex() const {
    std::string text;
    boost::algorithm::hex_lower(bytes_.begin(), bytes_.end(), std::back_inserter(text));
    return text;
}

std::vector<link_fault> fault_schedule::faults() const {
    std::vector<link_fault> all;
    for (std::size_t i = 0; i < bytes_.size(); i += fault_size) {
        all.push_back(fault_of(bytes_[i], bytes_[i + 1], bytes_[i + 2]));
    }
    return all;
}

fault_player::fault_player(transport::runtime& loop, shared_faults& links,
                           fault_schedule const& what)
    : loop_(loop), begun_(loop.now()) {
    transport::runtime::duration at{0};
    for (link_fault const& each : what.faults()) {
        faults& share = links.another();
        at += each.after;
        left_.insert({at, {each, true, &share}});
        if (each.what != fault_kind::reset) {
            left_.insert({at + each.lasts, {each, false, &share}});
        }
    }
    wait();
}

fault_player::~fault_player() {
    for (auto const& [when, each] : left_) {
        if (!each.begins) {
            act(each);
        }
    }
}

void fault_player::wait() {
    timer_.reset();
    if (!left_.empty()) {
        auto const due = begun_ + left_.begin()->first - loop_.now();
        timer_ = loop_.after(std::max(due, transport::runtime::duration(0)), [this] { play(); });
    }
}

void fault_player::play() {
    action const now = left_.begin()->second;
    left_.erase(left_.begin());
    act(now);
    wait();
}

void fault_player::act(action const& now) {
    bool const from_dialler = now.what.from_dialler;
    switch (now.what.what) {
        case fault_kind::delay:
        case fault_kind::stall:
            now.links->stall(from_dialler, now.begins);
            break;
        case fault_kind::cut:
            now.links->cut_after(from_dialler, now.begins ? now.what.size : far_away);
            break;
        case fault_kind::reset:
            now.links->cut();
            break;
        case fault_kind::writing:
            now.links->shorten(from_dialler, now.begins);
            break;
    }
}

}  // namespace trunkline::conformance
