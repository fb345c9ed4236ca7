// The two store files of a history: one is written to, and what is kept of the other moves there,
// so that files stay small without anybody waiting for it.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/room_history/kept_value.hpp>
#include <trunkline/store/store.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>

namespace trunkline::room_history {

/// NAME.0 and NAME.1. Used by one thread at a time.
class file_pair {
public:
    /// Opens what is there, or makes the first; both are locked for this process. `on` outlives it.
    /// Fails as the store does, and with not_a_store for a store that is no history; `report` says
    /// of which file.
    [[nodiscard]] static result<file_pair> open(std::filesystem::path const& name, store::disk& on,
                                                store::open_report& report);

    /// What the file that is written to says of itself.
    [[nodiscard]] file_state const& state() const noexcept { return state_; }

    /// As one write, which survives the death of the process.
    [[nodiscard]] result<void> write(std::span<store::key_value const> entries);

    /// The state is what it is said to be from now on, but for its generation.
    [[nodiscard]] result<void> write_state(file_state const& state);

    /// From now on the other file is written to: empty but for its state, which is not alone. What
    /// is to be kept of this one is to be moved, then write_state() says so. Only while alone.
    [[nodiscard]] result<void> turn();

    /// What has that key, from either file.
    [[nodiscard]] std::optional<store::entry_handle> find(std::string_view key) const;

    /// Whether it is in the file that is written to.
    [[nodiscard]] bool is_moved(std::string_view key) const {
        return current_->exists(as_bytes(key));
    }

    /// Of that file, in bytes.
    [[nodiscard]] std::uint64_t size() const noexcept { return current_->file_size(); }

    /// Calls `see` with each value that lies in the files, in any order.
    template <class See>
    void for_each(See see) const {
        for (auto const* each : {previous_.get(), current_.get()}) {
            if (each != nullptr) {
                auto entries = each->entries();
                while (auto const entry = entries.next()) {
                    see(entry->bytes());
                }
            }
        }
    }

private:
    file_pair(std::filesystem::path name, store::disk& on) : name_(std::move(name)), on_(&on) {}

    [[nodiscard]] result<file_pair> begin(store::open_report& report) &&;
    void let_go(std::unique_ptr<store::store> file);
    [[nodiscard]] std::filesystem::path path_of(std::uint64_t generation) const;
    [[nodiscard]] result<std::unique_ptr<store::store>> open_one(std::uint64_t generation,
                                                                 bool create,
                                                                 store::open_report* report) const;

    std::filesystem::path name_;
    store::disk* on_;
    file_state state_;
    std::unique_ptr<store::store> current_;
    std::unique_ptr<store::store> previous_;  // null while alone
    std::unique_ptr<store::store> spare_;     // of the generation before, while alone
    std::jthread letting_go_;                 // of the spare file
};

}  // namespace trunkline::room_history
