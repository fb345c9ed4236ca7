#include <trunkline/store/engine.hpp>

#include <trunkline/store/compaction.hpp>
#include <trunkline/store/digest.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

namespace trunkline::store {
namespace {

inline constexpr std::array deleted_payload{std::byte{0}};

// How often a batch read starts over because a write came between, before it waits its turn.
inline constexpr int batch_read_attempts = 8;

// How many keys of a batch are looked up at the same time: about as many as a core waits for.
inline constexpr std::size_t prefetch_distance = 16;

// The same for a batch that is written: less is done for each.
inline constexpr std::size_t put_distance = 32;

arrival arrival_of(durability level, bool whole) noexcept {
    if (waits_for_disk(level)) {
        return arrival::synced;
    }
    return whole && level == durability::os ? arrival::whole : arrival::loose;
}

}  // namespace

record tombstone_of(std::uint64_t key_hash) noexcept {
    return {key_hash, deleted_payload, checksum_of(deleted_payload), true};
}

bool is_all_zero(bytes_view payload) noexcept {
    return std::ranges::all_of(payload, [](std::byte each) { return each == std::byte{0}; });
}

engine::engine(std::filesystem::path path, disk& where, opened_file opened, built_index built,
               durability level)
    : path_(std::move(path)),
      disk_(where),
      level_(level),
      writer_(std::in_place, std::move(opened.handle), opened.tail, opened.alignment),
      live_keys_(built.live_keys),
      current_(std::make_shared<snapshot>(generation::make(std::move(opened.bytes)),
                                          std::move(built.table), opened.tail, opened.alignment)),
      published_(current_.get()) {
    group_.reserve(group_calls_max);
    if (opened.read_only) {
        writer_->stop();
    }
}

result<std::uint64_t> engine::append(std::span<record const> entries,
                                     std::optional<durability> level) {
    write_call mine{entries, {}, chosen(level)};
    return take_turn(mine);
}

result<std::uint64_t> engine::remove(std::span<std::uint64_t const> key_hashes,
                                     std::optional<durability> level) {
    write_call mine{{}, key_hashes, chosen(level)};
    return take_turn(mine);
}

result<std::uint64_t> engine::take_turn(write_call& mine) {
    if (queue_.enter(mine, group_)) {
        int rounds = 0;
        do {
            do_group(group_);
        } while (queue_.next(group_, rounds++));
    }
    return mine.done;
}

void engine::do_all(std::span<write_call> calls) {
    write_queue::turn const mine(queue_);
    while (!calls.empty()) {
        group_.clear();
        std::size_t entries = 0;
        while (group_.size() < calls.size() &&
               write_queue::fits(calls[group_.size()], group_, entries)) {
            entries += calls[group_.size()].size();
            group_.push_back(&calls[group_.size()]);
        }
        do_group(group_);
        calls = calls.subspan(group_.size());
    }
}

// Whatever happens, all of the group are told, and the turn goes on. Nothing but memory can be
// missing in a way that throws; nothing of the group is in the file then.
void engine::do_group(std::span<write_call* const> group) {
    try {
        append_group(group);
    } catch (std::exception const&) {
        for (auto* const call : group) {
            call->done = make_error_code(boost::system::errc::not_enough_memory);
        }
    }
}

// The calls of a group are of one level, and one after the other. Together they are all there or
// not at all wherever one of them must be.
void engine::append_group(std::span<write_call* const> group) {
    if (group.size() == 1 && group.front()->removed.empty()) {
        do_alone(*group.front());
        return;
    }
    records_.clear();
    auto tail = writer_->tail();
    bool whole = false;
    for (auto* const call : group) {
        auto const from = records_.size();
        add_records_of(*call);
        auto const added = std::span<record const>(records_).subspan(from);
        call->done = writer_->tail_after(added, tail);
        if (!call->done) {
            records_.resize(from);
            continue;
        }
        tail = *call->done;
        whole = whole || added.size() > 1;
    }
    if (records_.empty()) {
        return;
    }
    auto const how = arrival_of(group.front()->level, whole);
    if (auto const appended = append_in_turn(records_, tail, how); !appended) {
        for (auto* const call : group) {
            call->done = call->done ? result<std::uint64_t>(appended.error()) : call->done;
        }
    }
}

// As a group, without a copy.
void engine::do_alone(write_call& call) {
    call.done = writer_->tail_after(call.entries, writer_->tail());
    if (!call.done || call.entries.empty()) {
        return;
    }
    auto const how = arrival_of(call.level, call.entries.size() > 1);
    if (auto const appended = append_in_turn(call.entries, *call.done, how); !appended) {
        call.done = appended.error();
    }
}

void engine::add_records_of(write_call const& call) {
    records_.insert(records_.end(), call.entries.begin(), call.entries.end());
    auto const before = records_.size();
    for (auto const hash : call.removed) {
        // A hash that is given twice lives until the call is over.
        auto const earlier = std::span(records_).first(before);
        auto const newest =
            std::ranges::find(earlier.rbegin(), earlier.rend(), hash, &record::key_hash);
        if (newest != earlier.rend() ? !newest->tombstone : lives(hash)) {
            records_.push_back(tombstone_of(hash));
        }
    }
}

bool engine::lives(std::uint64_t key_hash) const noexcept {
    return current_->live_payload_at(current_->find(key_hash)).has_value();
}

result<void> engine::append_in_turn(std::span<record const> entries, std::uint64_t tail,
                                    arrival how) {
    if (auto const room = make_room(tail, entries); !room) {
        return room;
    }
    if (how == arrival::synced) {
        if (auto const named = sync_folder(); !named) {
            writer_->stop();
            return named;
        }
    }
    auto const begin = writer_->tail();
    if (auto const appended = writer_->append(entries, how); !appended) {
        return appended;
    }
    take_over(entries, begin, tail);
    return {};
}

// A file that was made or replaced may lose its name with the power.
result<void> engine::sync_folder() {
    if (folder_synced_) {
        return {};
    }
    auto const synced = disk_.sync_folder_of(path_);
    folder_synced_ = synced.has_value();
    return synced;
}

result<std::uint64_t> engine::append_stream(std::uint64_t key_hash, payload_source const& source,
                                            std::optional<durability> level) {
    write_queue::turn const mine(queue_);
    bool const synced = waits_for_disk(chosen(level));
    if (synced) {
        if (auto const named = sync_folder(); !named) {
            writer_->stop();
            return named.error();
        }
    }
    auto const begin = writer_->tail();
    auto const tail = writer_->stage(key_hash, source, synced);
    if (!tail) {
        return tail;
    }
    // The index needs where the payload ends, not what it is.
    auto const start = begin + pad_size(begin, current_->alignment());
    record const entry{key_hash, {}, 0, false};
    writer::undo unless_kept(*writer_);
    if (auto const room = make_room(*tail, std::span(&entry, 1)); !room) {
        return room.error();
    }
    unless_kept.dismiss();
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
    auto next = std::make_shared<snapshot>(std::move(pages), std::move(*rebuilt), current_->tail(),
                                           current_->alignment());
    gate_.expect();
    publish(std::move(next));
    return {};
}

// After gate_.expect().
void engine::publish(std::shared_ptr<snapshot> next) noexcept {
    auto replaced = std::exchange(current_, std::move(next));
    published_.store(current_.get(), std::memory_order_seq_cst);
    gate_.retire(std::move(replaced));
}

// Shows readers the entries that now lie in the file from `begin` to `end`.
void engine::take_over(std::span<record const> entries, std::uint64_t begin, std::uint64_t end) {
    std::unique_lock lock(publishing_);
    auto& index = *current_->index();
    auto const* const file = current_->file();
    auto const alignment = current_->alignment();
    auto live = size();
    auto tail = begin;
    auto const count = entries.size();
    auto const distance = std::min(put_distance, count);
    for (std::size_t i = 0; i < count + 2 * distance; ++i) {
        if (i < count) {
            index.prefetch(entries[i].key_hash);
        }
        if (i >= distance && i < count + distance) {
            index.prefetch_trailer(entries[i - distance].key_hash, file);
        }
        if (i < 2 * distance) {
            continue;
        }
        auto const& entry = entries[i - 2 * distance];
        auto const pad = entry.tombstone ? 0 : pad_size(tail, alignment);
        auto const trailer_offset = tail + pad + entry.payload.size();
        auto const replaced = index.put(entry.key_hash, trailer_offset, file);
        live -= replaced != 0 && current_->live_payload_at(replaced) ? 1 : 0;
        live += entry.tombstone ? 0 : 1;
        tail = trailer_offset + trailer_size;
    }
    live_keys_.store(live, std::memory_order_release);
    // Last, so that a batch read that takes this tail finds all of these entries in the index.
    current_->publish_tail(end, entries.back().payload.size());
    lock.unlock();
    gate_.collect();
}

result<std::uint64_t> engine::rename(std::uint64_t old_hash, std::uint64_t new_hash,
                                     std::optional<durability> level) {
    write_queue::turn const mine(queue_);
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
    auto const tail = writer_->tail_after(entries, writer_->tail());
    if (!tail) {
        return tail;
    }
    auto const appended = append_in_turn(entries, *tail, arrival_of(chosen(level), true));
    return appended ? tail : appended.error();
}

result<void> engine::compact() {
    write_queue::turn const mine(queue_);
    if (writer_->failed()) {
        return store_error::read_only;
    }
    auto const alignment = current_->alignment();
    compaction fresh(disk_, path_);
    if (auto const written = fresh.write(entry_cursor(*current_), alignment); !written) {
        return written;
    }
    auto& made = fresh.made();
    auto built = build_index({made.bytes.data(), made.tail}, made.tail, made.entries, alignment);
    if (!built) {
        return built.error();
    }
    auto next = std::make_shared<snapshot>(generation::make(std::move(made.bytes)),
                                           std::move(built->table), made.tail, alignment);
    gate_.expect();
    if (auto const named = fresh.take_place(); !named) {
        return named;
    }
    // From here on the file of that name is the new one, and the store goes over to it for certain.
    writer_.emplace(std::move(made.handle), made.tail, alignment);
    publish(std::move(next));
    folder_synced_ = false;
    auto const synced = sync_folder();
    if (!synced) {
        // A later sync of the folder may succeed although this name was lost.
        writer_->stop();
    }
    return synced;
}

result<void> engine::sync() {
    write_queue::turn const mine(queue_);
    auto synced = writer_->sync();
    if (synced) {
        synced = sync_folder();
    }
    if (!synced) {
        writer_->stop();
    }
    return synced;
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

pin engine::batch_read(std::span<std::uint64_t const> key_hashes,
                       std::span<std::optional<value>> values, std::size_t own_pin_min) const {
    pin of_all;
    for (int attempt = 0; attempt < batch_read_attempts; ++attempt) {
        if (batch_read_once(key_hashes, values, own_pin_min, of_all)) {
            return of_all;
        }
    }
    std::lock_guard const lock(publishing_);
    static_cast<void>(batch_read_once(key_hashes, values, own_pin_min, of_all));
    return of_all;
}

// False when one of the keys was written while the others were read. An entry below the tail that
// was taken first was its key's newest at that tail, as newer ones lie above it; and a table keeps
// the place of every deleted key until it is replaced, when it is never changed again.
bool engine::batch_read_once(std::span<std::uint64_t const> key_hashes,
                             std::span<std::optional<value>> values, std::size_t own_pin_min,
                             pin& of_all) const {
    std::ranges::fill(values, std::nullopt);
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();
    auto const tail = now.tail();
    auto const count = key_hashes.size();
    generation::holds holds(*now.pages(), count + 1);
    of_all = holds.take();
    for (std::size_t i = 0; i < count + 2 * prefetch_distance; ++i) {
        if (i < count) {
            now.index()->prefetch(key_hashes[i]);
        }
        if (i >= prefetch_distance && i < count + prefetch_distance) {
            now.index()->prefetch_trailer(key_hashes[i - prefetch_distance], now.file());
        }
        if (i < 2 * prefetch_distance) {
            continue;
        }
        auto const at = i - 2 * prefetch_distance;
        auto const newest = now.find(key_hashes[at]);
        if (newest >= tail && newest != 0) {
            return false;
        }
        auto const payload = find_live_payload(now.file(), newest, now.alignment());
        if (!payload.empty()) {
            auto const bytes = now.bytes(payload);
            __builtin_prefetch(bytes.data());
            values[at].emplace(bytes, bytes.size() < own_pin_min ? pin() : holds.take());
        }
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

std::vector<share_cursor> engine::shares_of_entries(std::size_t shares) const {
    std::vector<share_cursor> all;
    all.reserve(shares);
    reader_gate::pass const inside(gate_);
    auto const& now = seen_by_reader();  // one table for all: in another one places differ
    for (std::size_t share = 0; share < shares; ++share) {
        all.emplace_back(now, share, shares);
    }
    return all;
}

std::uint64_t engine::file_size() const noexcept {
    reader_gate::pass const inside(gate_);
    return seen_by_reader().tail();
}

std::uint64_t engine::index_bytes() const noexcept {
    reader_gate::pass const inside(gate_);
    return seen_by_reader().index()->size_in_memory();
}

}  // namespace trunkline::store
