// A disk in memory that fails as it is told: the double that tests and fuzzing put in the place of
// the real one.
#pragma once

#include <trunkline/store/file.hpp>

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::store {

/// Every call on the disk and on its files is counted from 0; faults happen at chosen calls. The
/// disk remembers what was synced and what was not, so that it can say what is left after the
/// process or the machine died. Not thread-safe.
class faulty_disk final : public disk {
public:
    /// The number of no call, and a size without end.
    static constexpr auto never = std::numeric_limits<std::uint64_t>::max();

    /// Of a write that lies in one sector of 512 bytes, all is done or nothing.
    struct plan {
        /// This call and all later ones fail with io_error. A write has part of its effect.
        std::uint64_t crash_at = never;
        /// This call alone fails with `error`, without effect; a sync that fails may lose what was
        /// to be synced, and later ones say nothing of it.
        std::uint64_t fail_at = never;
        boost::system::errc::errc_t error = boost::system::errc::io_error;  ///< what it fails with
        /// So does every cut of a file from then on.
        bool cuts_fail = false;
        /// Writes stop after some bytes or are interrupted, by chance; 0 for never.
        std::uint64_t short_writes_seed = 0;
        /// Writes that would make all files together larger than this write what fits, then fail
        /// with no_space_on_device. In bytes.
        std::uint64_t room = never;
    };

    faulty_disk() = default;
    ~faulty_disk() override;

    /// Counts calls from 0 again.
    void follow(plan const& faults);
    /// Since the plan was made.
    [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }

    /// True from the crash on.
    [[nodiscard]] bool crashed() const noexcept { return calls_ > plan_.crash_at; }

    /// Makes or replaces a file, durably.
    void put(std::filesystem::path const& path, std::string_view content);

    /// The bytes of a file as the system shows them; empty when there is none.
    [[nodiscard]] std::string content(std::filesystem::path const& path) const;
    /// All files, in order.
    [[nodiscard]] std::vector<std::filesystem::path> names() const;

    /// What is there after the process died: all that the system was given.
    [[nodiscard]] std::unique_ptr<faulty_disk> after_kill() const;

    /// What is there after the power went: all that was synced, and of the rest whatever chance
    /// leaves. Writes may be lost, done in another order, or done for some of their sectors, but a
    /// sector that has a later one has the earlier ones, too, unless a failed sync forgot these.
    /// Names whose folder was not synced may be missing.
    [[nodiscard]] std::unique_ptr<faulty_disk> after_power_loss(std::uint64_t seed) const;

    /// As disk says.
    [[nodiscard]] result<std::unique_ptr<file>> open(std::filesystem::path const& path,
                                                     open_mode mode) override;
    /// As disk says.
    [[nodiscard]] result<void> sync_folder_of(std::filesystem::path const& path) override;
    /// As disk says.
    [[nodiscard]] result<void> replace(std::filesystem::path const& from,
                                       std::filesystem::path const& to) override;
    /// As disk says.
    [[nodiscard]] result<void> remove(std::filesystem::path const& path) override;

private:
    class node;
    class handle;
    using tree = std::map<std::filesystem::path, std::shared_ptr<node>>;

    // Nothing when the call may go on.
    [[nodiscard]] error_code begin_call();
    [[nodiscard]] bool crashing() const noexcept { return calls_ == plan_.crash_at + 1; }
    [[nodiscard]] std::uint64_t chance(std::uint64_t below);
    [[nodiscard]] std::uint64_t used() const;

    plan plan_;
    std::uint64_t calls_ = 0;
    std::uint64_t chance_ = 1;
    tree current_;
    tree durable_;
};

}  // namespace trunkline::store
