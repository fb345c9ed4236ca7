// Faults of links that come beside all that a rule does: a schedule made of any bytes, and who
// plays it.
#pragma once

#include <trunkline/conformance/shared_faults.hpp>
#include <trunkline/transport/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// What becomes of links.
enum class fault_kind : std::uint8_t {
    delay,   ///< nothing arrives for up to 256 ms
    stall,   ///< nothing arrives for up to 256 s
    cut,     ///< for up to 256 ms links break up to 16 KiB further on, in the middle of anything
    reset,   ///< links break at once
    writing  ///< writes take few bytes, or none, for up to 256 ms
};
inline constexpr std::size_t fault_kinds = 5;

/// One of them. A value.
struct link_fault {
    fault_kind what = fault_kind::delay;
    bool from_dialler = false;              ///< of what the dialler sends, else the acceptor
    transport::runtime::duration after{0};  ///< since the one before
    transport::runtime::duration lasts{0};  ///< until all is as before; resets: 0
    std::size_t size = 0;                   ///< of cuts: bytes that still arrive
};

/// Three bytes are a fault, and any bytes a schedule. A value.
class fault_schedule {
public:
    /// Faults beyond these are left out.
    static constexpr std::size_t faults_max = 64;

    fault_schedule() = default;
    /// What is left of a number of three is left out.
    explicit fault_schedule(std::span<std::uint8_t const> bytes);
    /// None when that is no schedule.
    [[nodiscard]] static std::optional<fault_schedule> from_hex(std::string_view text);

    [[nodiscard]] bool is_empty() const noexcept { return bytes_.empty(); }
    [[nodiscard]] std::string hex() const;
    /// In their order.
    [[nodiscard]] std::vector<link_fault> faults() const;

private:
    std::vector<std::uint8_t> bytes_;
};

/// Plays a schedule on links of one loop, which outlive it, from the turn in which it is made. When
/// it goes links deliver again, but for those that are broken or that others disturb.
class fault_player {
public:
    fault_player(transport::runtime& loop, shared_faults& links, fault_schedule const& what);
    ~fault_player();
    fault_player(fault_player const&) = delete;
    fault_player& operator=(fault_player const&) = delete;

private:
    struct action {
        link_fault what;
        bool begins;
        faults* links;  // a share for each: those that overlap do not end each other
    };

    static void act(action const& now);
    void wait();
    void play();

    transport::runtime& loop_;
    transport::runtime::time_point begun_;
    std::multimap<transport::runtime::duration, action> left_;  // by when, since it has begun
    std::unique_ptr<transport::timer> timer_;
};

}  // namespace trunkline::conformance
