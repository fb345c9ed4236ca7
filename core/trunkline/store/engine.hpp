// A store by key hashes: everything that store.hpp offers, without the keys.
#pragma once

#include <trunkline/store/entry_cursor.hpp>
#include <trunkline/store/index_builder.hpp>
#include <trunkline/store/opening.hpp>
#include <trunkline/store/reader_gate.hpp>
#include <trunkline/store/snapshot.hpp>
#include <trunkline/store/write_queue.hpp>
#include <trunkline/store/writer.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace trunkline::store {

/// Reads take no lock; only a batch read whose keys are written again and again while it reads them
/// takes the one under which entries enter the index. No read waits for a disk, a stream or a
/// compaction. Writes take turns; those that come together are appended together. Entries given to
/// append() have been checked for what is refused. Any thread.
class engine {
public:
    engine(std::filesystem::path path, disk& where, opened_file opened, built_index built,
           durability level);

    /// Writes `entries` in order; gives the new tail. Without a level that of the store counts,
    /// here and below.
    [[nodiscard]] result<std::uint64_t> append(std::span<record const> entries,
                                               std::optional<durability> level);

    /// As writer::stage() says.
    [[nodiscard]] result<std::uint64_t> append_stream(std::uint64_t key_hash,
                                                      payload_source const& source,
                                                      std::optional<durability> level);

    /// One tombstone for each hash that is live when the call begins, in order.
    [[nodiscard]] result<std::uint64_t> remove(std::span<std::uint64_t const> key_hashes,
                                               std::optional<durability> level);

    /// Does each of `calls` as if it had been made alone, with as few gather writes as their levels
    /// allow.
    void do_all(std::span<write_call> calls);

    /// Writes the value of `old_hash` under `new_hash` and a tombstone for the old one, as one
    /// append. Fails with old_key_not_found, or with null_stream for a value of zero bytes alone.
    [[nodiscard]] result<std::uint64_t> rename(std::uint64_t old_hash, std::uint64_t new_hash,
                                               std::optional<durability> level);

    [[nodiscard]] result<void> compact();
    [[nodiscard]] result<void> sync();

    [[nodiscard]] std::optional<value> read(std::uint64_t key_hash) const;
    [[nodiscard]] std::optional<entry_handle> read_entry(std::uint64_t key_hash) const;
    [[nodiscard]] bool exists(std::uint64_t key_hash) const;
    /// One value for each hash; what is given keeps those of fewer than `own_pin_min` bytes.
    [[nodiscard]] pin batch_read(std::span<std::uint64_t const> key_hashes,
                                 std::span<std::optional<value>> values,
                                 std::size_t own_pin_min) const;
    [[nodiscard]] std::optional<entry_handle> last_entry() const;
    [[nodiscard]] entry_cursor entries() const;
    [[nodiscard]] std::vector<share_cursor> shares_of_entries(std::size_t shares) const;

    [[nodiscard]] std::uint64_t size() const noexcept {
        return live_keys_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::uint64_t file_size() const noexcept;
    [[nodiscard]] std::uint64_t index_bytes() const noexcept;
    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }
    [[nodiscard]] durability level() const noexcept { return level_; }
    [[nodiscard]] std::size_t waiting_writes() const { return queue_.waiting(); }

private:
    [[nodiscard]] durability chosen(std::optional<durability> level) const noexcept {
        return level.value_or(level_);
    }
    [[nodiscard]] result<std::uint64_t> take_turn(write_call& mine);
    void do_group(std::span<write_call* const> group);
    void append_group(std::span<write_call* const> group);
    void do_alone(write_call& call);
    void add_records_of(write_call const& call);
    [[nodiscard]] bool lives(std::uint64_t key_hash) const noexcept;
    [[nodiscard]] result<void> append_in_turn(std::span<record const> entries, std::uint64_t tail,
                                              arrival how);
    [[nodiscard]] result<void> sync_folder();
    [[nodiscard]] result<void> make_room(std::uint64_t tail, std::span<record const> entries);
    void publish(std::shared_ptr<snapshot> next) noexcept;
    void take_over(std::span<record const> entries, std::uint64_t begin, std::uint64_t end);
    [[nodiscard]] bool batch_read_once(std::span<std::uint64_t const> key_hashes,
                                       std::span<std::optional<value>> values,
                                       std::size_t own_pin_min, pin& of_all) const;
    [[nodiscard]] snapshot const& seen_by_reader() const noexcept {
        return *published_.load(std::memory_order_seq_cst);
    }

    std::filesystem::path const path_;
    disk& disk_;

    durability const level_;

    mutable write_queue queue_;
    // Of the thread that has the turn:
    std::optional<writer> writer_;
    bool folder_synced_ = false;
    std::vector<write_call*> group_;
    std::vector<record> records_;

    // Held while the index and the tail of the current snapshot change, and never during a call of
    // the system.
    mutable std::mutex publishing_;

    std::atomic<std::uint64_t> live_keys_;
    mutable reader_gate gate_;
    std::shared_ptr<snapshot> current_;
    std::atomic<snapshot const*> published_;
};

// Inline: the fewer instructions a read takes, the more of the next one the processor does while
// it waits for the memory of this one.
inline std::optional<value> engine::read(std::uint64_t key_hash) const {
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();
    auto const payload = now.find_live(key_hash);
    if (payload.empty()) {
        return std::nullopt;
    }
    return std::optional<value>(std::in_place, now.bytes(payload), now.pages()->hold());
}

/// A tombstone for `key_hash`.
[[nodiscard]] record tombstone_of(std::uint64_t key_hash) noexcept;

/// True when there is nothing but zero bytes.
[[nodiscard]] bool is_all_zero(bytes_view payload) noexcept;

}  // namespace trunkline::store
