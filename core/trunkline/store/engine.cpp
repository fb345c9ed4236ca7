#include <trunkline/store/engine.hpp>

#include <trunkline/store/compaction.hpp>
#include <trunkline/store/digest.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trunkline::store {
namespace {

inline constexpr std::array deleted_payload{std::byte{0}};

// How often a batch read starts over because a write came between, before it waits its turn.
inline constexpr int batch_read_attempts = 8;

}  // namespace

record tombstone_of(std::uint64_t key_hash) noexcept {
    return {key_hash, deleted_payload, checksum_of(deleted_payload), true};
}

bool is_all_zero(bytes_view payload) noexcept {
    return std::ranges::all_of(payload, [](std::byte each) { return each == std::byte{0}; });
}

engine::engine(std::filesystem::path path, disk& where, opened_file opened, built_index built)
    : path_(std::move(path)),
      disk_(where),
      writer_(std::in_place, std::move(opened.handle), opened.tail, opened.alignment),
      live_keys_(built.live_keys),
      current_(std::make_shared<snapshot>(generation::make(std::move(opened.bytes)),
                                          std::move(built.table), opened.tail, opened.alignment)),
      published_(current_.get()) {}

result<std::uint64_t> engine::append(std::span<record const> entries) {
    std::lock_guard const turn(writing_);
    return append_in_turn(entries);
}

result<std::uint64_t> engine::append_in_turn(std::span<record const> entries) {
    auto const tail = writer_->tail_after(entries);
    if (!tail) {
        return tail;
    }
    if (auto const room = make_room(*tail, entries); !room) {
        return room.error();
    }
    auto const begin = writer_->tail();
    if (auto const appended = writer_->append(entries); !appended) {
        return appended.error();
    }
    take_over(entries, begin, *tail);
    return *tail;
}

result<std::uint64_t> engine::append_stream(std::uint64_t key_hash, payload_source const& source) {
    std::lock_guard const turn(writing_);
    auto const begin = writer_->tail();
    auto const tail = writer_->stage(key_hash, source);
    if (!tail) {
        return tail;
    }
    // The index needs where the payload ends, not what it is.
    auto const start = begin + pad_size(begin, current_->alignment());
    record const entry{key_hash, {}, 0, false};
    if (auto const room = make_room(*tail, std::span(&entry, 1)); !room) {
        writer_->drop_staged();
        return room.error();
    }
    writer_->keep_staged(*tail);
    record const staged{
        key_hash, {current_->file() + start, *tail - trailer_size - start}, 0, false};
    take_over(std::span(&staged, 1), begin, *tail);
    return *tail;
}

// Everything that can fail for want of memory, before anything is published.
result<void> engine::make_room(std::uint64_t tail, std::span<record const> entries) {
    auto const& index = *current_->index();
    auto const count = [&](auto const& is_one) {
        return static_cast<std::uint64_t>(
            std::ranges::count_if(entries, is_one, &record::key_hash));
    };
    auto const is_new = [&](std::uint64_t hash) { return current_->find(hash) == 0; };
    auto const is_dead = [&](std::uint64_t hash) {
        return !current_->live_payload_at(current_->find(hash));
    };
    auto const room = index.used_max() - index.used();
    bool const index_full = entries.size() > room && count(is_new) > room;
    bool const mapping_full = tail > current_->pages()->size();
    if (!index_full && !mapping_full) {
        return {};
    }
    auto pages = current_->pages();
    if (mapping_full) {
        auto bytes = writer_->target().map(tail);
        if (!bytes) {
            return bytes.error();
        }
        pages = generation::make(std::move(*bytes));
    }
    // With the mapping the table is replaced, too: readers that still use the old mapping must not
    // find offsets that lie beyond it. Deleted keys have no slot in the new one.
    auto rebuilt = rebuild_index(index, index_table::capacity_for(size() + count(is_dead)),
                                 current_->file(), current_->alignment());
    if (!rebuilt) {
        return rebuilt.error();
    }
    publish(std::make_shared<snapshot>(std::move(pages), std::move(*rebuilt), current_->tail(),
                                       current_->alignment()));
    return {};
}

void engine::publish(std::shared_ptr<snapshot> next) {
    auto replaced = std::exchange(current_, std::move(next));
    published_.store(current_.get(), std::memory_order_seq_cst);
    gate_.retire(std::move(replaced));
}

// Shows readers the entries that now lie in the file from `begin` to `end`.
void engine::take_over(std::span<record const> entries, std::uint64_t begin, std::uint64_t end) {
    auto live = size();
    auto tail = begin;
    for (auto const& entry : entries) {
        auto const pad = entry.tombstone ? 0 : pad_size(tail, current_->alignment());
        auto const trailer_offset = tail + pad + entry.payload.size();
        auto const replaced =
            current_->index()->put(entry.key_hash, trailer_offset, current_->file());
        live -= current_->live_payload_at(replaced) ? 1 : 0;
        live += entry.tombstone ? 0 : 1;
        tail = trailer_offset + trailer_size;
    }
    live_keys_.store(live, std::memory_order_release);
    // Last, so that a batch read that takes this tail finds all of these entries in the index.
    current_->publish_tail(end);
    gate_.collect();
}

result<std::uint64_t> engine::remove(std::span<std::uint64_t const> key_hashes) {
    std::lock_guard const turn(writing_);
    std::vector<record> tombstones;
    for (auto const hash : key_hashes) {
        if (current_->live_payload_at(current_->find(hash))) {
            tombstones.push_back(tombstone_of(hash));
        }
    }
    return tombstones.empty() ? result<std::uint64_t>(writer_->tail()) : append_in_turn(tombstones);
}

result<std::uint64_t> engine::rename(std::uint64_t old_hash, std::uint64_t new_hash) {
    std::lock_guard const turn(writing_);
    // Held by a snapshot of our own: making room may replace the current one.
    auto const now = current_;
    auto const payload = now->live_payload_at(now->find(old_hash));
    if (!payload) {
        return store_error::old_key_not_found;
    }
    auto const bytes = now->bytes(*payload);
    if (is_all_zero(bytes)) {
        return store_error::null_stream;
    }
    std::array const entries{record{new_hash, bytes, checksum_of(bytes), false},
                             tombstone_of(old_hash)};
    return append_in_turn(entries);
}

result<void> engine::compact() {
    std::lock_guard const turn(writing_);
    if (writer_->failed()) {
        return store_error::read_only;
    }
    auto const alignment = current_->alignment();
    auto made = compact_file(disk_, path_, entry_cursor(*current_), alignment);
    if (!made) {
        return made.error();
    }
    // From here on the file of that name is the new one.
    auto built =
        build_index({made->bytes.data(), made->tail}, made->tail, made->entries, alignment);
    if (!built) {
        writer_->stop();
        return built.error();
    }
    writer_.emplace(std::move(made->handle), made->tail, alignment);
    publish(std::make_shared<snapshot>(generation::make(std::move(made->bytes)),
                                       std::move(built->table), made->tail, alignment));
    auto const synced = disk_.sync_folder_of(path_);
    folder_synced_ = synced.has_value();
    return synced;
}

result<void> engine::sync() {
    std::lock_guard const turn(writing_);
    if (auto const synced = writer_->sync(); !synced) {
        return synced;
    }
    if (!folder_synced_) {
        if (auto const synced = disk_.sync_folder_of(path_); !synced) {
            return synced;
        }
        folder_synced_ = true;
    }
    return {};
}

std::optional<value> engine::read(std::uint64_t key_hash) const {
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();
    auto const payload = now.live_payload_at(now.find(key_hash));
    return payload ? std::optional<value>(now.borrow(*payload)) : std::nullopt;
}

std::optional<entry_handle> engine::read_entry(std::uint64_t key_hash) const {
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();
    auto const trailer_offset = now.find(key_hash);
    auto const payload = now.live_payload_at(trailer_offset);
    if (!payload) {
        return std::nullopt;
    }
    return entry_handle(now.pages(), *payload, load_trailer(now.file() + trailer_offset));
}

bool engine::exists(std::uint64_t key_hash) const {
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();
    return now.live_payload_at(now.find(key_hash)).has_value();
}

std::vector<std::optional<value>> engine::batch_read(
    std::span<std::uint64_t const> key_hashes) const {
    std::vector<std::optional<value>> results;
    for (int attempt = 0; attempt < batch_read_attempts; ++attempt) {
        if (batch_read_once(key_hashes, results)) {
            return results;
        }
    }
    std::lock_guard const turn(writing_);
    static_cast<void>(batch_read_once(key_hashes, results));
    return results;
}

// False when one of the keys was written while the others were read. An entry below the tail that
// was taken first was its key's newest at that tail, as newer ones lie above it; and a table keeps
// the place of every deleted key until it is replaced, when it is never changed again.
bool engine::batch_read_once(std::span<std::uint64_t const> key_hashes,
                             std::vector<std::optional<value>>& results) const {
    results.clear();
    results.reserve(key_hashes.size());
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();
    auto const tail = now.tail();
    for (auto const hash : key_hashes) {
        now.index()->prefetch(hash);
    }
    for (auto const hash : key_hashes) {
        auto const newest = now.find(hash);
        if (newest >= tail && newest != 0) {
            return false;
        }
        auto const payload = now.live_payload_at(newest);
        results.push_back(payload ? std::optional<value>(now.borrow(*payload)) : std::nullopt);
    }
    return true;
}

std::optional<entry_handle> engine::last_entry() const {
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();
    auto const tail = now.tail();
    if (tail == 0) {
        return std::nullopt;
    }
    auto const payload = now.payload_at(tail - trailer_size);
    if (!payload) {
        return std::nullopt;
    }
    return entry_handle(now.pages(), *payload, load_trailer(now.file() + tail - trailer_size));
}

entry_cursor engine::entries() const {
    reader_gate::pass const inside(gate_);
    return entry_cursor(seen_by_reader());
}

share_cursor engine::share_of_entries(std::uint64_t share, std::uint64_t shares) const {
    reader_gate::pass const inside(gate_);
    return {seen_by_reader(), share, shares};
}

std::uint64_t engine::file_size() const noexcept {
    reader_gate::pass const inside(gate_);
    return seen_by_reader().tail();
}

}  // namespace trunkline::store
