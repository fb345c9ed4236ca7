#include <trunkline/store/store.hpp>

#include <trunkline/store/digest.hpp>
#include <trunkline/store/index_builder.hpp>
#include <trunkline/store/opening.hpp>
#include <trunkline/store/reader_gate.hpp>
#include <trunkline/store/snapshot.hpp>
#include <trunkline/store/writer.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>

namespace trunkline::store {
namespace {

inline constexpr std::array deleted_payload{std::byte{0}};

// How often a batch read starts over because a write came between, before it waits its turn.
inline constexpr int batch_read_attempts = 8;

std::optional<store_error> refusal_of(bytes_view payload) noexcept {
    if (payload.empty()) {
        return store_error::empty_payload;
    }
    if (is_tombstone(payload)) {
        return store_error::null_payload;
    }
    return std::nullopt;
}

record record_of(bytes_view key, bytes_view payload) noexcept {
    return {hash_key(key), payload, checksum_of(payload), false};
}

record tombstone_of(std::uint64_t key_hash) noexcept {
    return {key_hash, deleted_payload, checksum_of(deleted_payload), true};
}

}  // namespace

class store::implementation {
public:
    implementation(std::filesystem::path path, disk& where, opened_file opened, built_index built)
        : path_(std::move(path)),
          disk_(where),
          writer_(std::move(opened.handle), opened.tail, opened.alignment),
          tail_(opened.tail),
          live_keys_(built.live_keys),
          current_(std::make_shared<snapshot>(snapshot{generation::make(std::move(opened.bytes)),
                                                       std::move(built.table), opened.alignment})),
          published_(current_.get()) {}

    result<std::uint64_t> append(std::span<record const> entries);
    result<std::uint64_t> remove(std::uint64_t key_hash);
    result<void> sync();

    std::optional<value> read(std::uint64_t key_hash) const;
    bool exists(std::uint64_t key_hash) const;
    std::vector<std::optional<value>> batch_read(std::span<bytes_view const> keys) const;

    std::uint64_t size() const noexcept { return live_keys_.load(std::memory_order_acquire); }
    std::uint64_t file_size() const noexcept { return tail_.load(std::memory_order_acquire); }
    std::filesystem::path const& path() const noexcept { return path_; }

private:
    result<std::uint64_t> append_locked(std::span<record const> entries);
    result<void> make_room(std::uint64_t tail, std::span<record const> entries);
    void publish(snapshot next);
    void enter_in_index(std::span<record const> entries, std::uint64_t tail);
    bool batch_read_once(std::span<std::uint64_t const> hashes,
                         std::vector<std::optional<value>>& results) const;

    std::filesystem::path const path_;
    disk& disk_;

    mutable std::mutex writing_;
    writer writer_;
    bool folder_synced_ = false;

    std::atomic<std::uint64_t> tail_;
    std::atomic<std::uint64_t> live_keys_;
    mutable reader_gate gate_;
    std::shared_ptr<snapshot> current_;
    std::atomic<snapshot const*> published_;
};

result<std::uint64_t> store::implementation::append(std::span<record const> entries) {
    std::lock_guard const turn(writing_);
    return append_locked(entries);
}

result<std::uint64_t> store::implementation::append_locked(std::span<record const> entries) {
    auto const tail = writer_.tail_after(entries);
    if (!tail) {
        return tail;
    }
    if (auto const room = make_room(*tail, entries); !room) {
        return room.error();
    }
    auto const before = writer_.tail();
    if (auto const appended = writer_.append(entries); !appended) {
        return appended.error();
    }
    enter_in_index(entries, before);
    // Last, so that a batch read that takes this tail finds all of these entries in the index.
    tail_.store(*tail, std::memory_order_release);
    gate_.collect();
    return *tail;
}

// Everything that can fail for want of memory, before the file is touched.
result<void> store::implementation::make_room(std::uint64_t tail, std::span<record const> entries) {
    auto const& index = *current_->index;
    auto const* const file = current_->pages->data();
    std::uint64_t fresh = entries.size();
    if (index.used() + fresh > index.used_max()) {
        fresh = static_cast<std::uint64_t>(std::ranges::count_if(
            entries, [&](auto const& entry) { return index.find(entry.key_hash, file) == 0; }));
    }
    bool const index_full = index.used() + fresh > index.used_max();
    bool const mapping_full = tail > current_->pages->size();
    if (!index_full && !mapping_full) {
        return {};
    }
    auto next = *current_;
    if (mapping_full) {
        auto bytes = writer_.target().map(tail);
        if (!bytes) {
            return bytes.error();
        }
        next.pages = generation::make(std::move(*bytes));
    }
    // With the mapping the table is replaced, too: readers that still use the old mapping must not
    // find offsets that lie beyond it.
    auto rebuilt = rebuild_index(index, index_table::capacity_for(size() + fresh), file);
    if (!rebuilt) {
        return rebuilt.error();
    }
    next.index = std::move(*rebuilt);
    publish(std::move(next));
    return {};
}

void store::implementation::publish(snapshot next) {
    auto replaced = std::exchange(current_, std::make_shared<snapshot>(std::move(next)));
    published_.store(current_.get(), std::memory_order_seq_cst);
    gate_.retire(std::move(replaced));
}

void store::implementation::enter_in_index(std::span<record const> entries, std::uint64_t tail) {
    auto const& now = *current_;
    auto live = size();
    for (auto const& entry : entries) {
        auto const pad = entry.tombstone ? 0 : pad_size(tail, now.alignment);
        auto const trailer_offset = tail + pad + entry.payload.size();
        auto const replaced = now.index->put(entry.key_hash, trailer_offset, now.pages->data());
        live -= now.live_payload_at(replaced) ? 1 : 0;
        live += entry.tombstone ? 0 : 1;
        tail = trailer_offset + trailer_size;
    }
    live_keys_.store(live, std::memory_order_release);
}

result<std::uint64_t> store::implementation::remove(std::uint64_t key_hash) {
    std::lock_guard const turn(writing_);
    auto const newest = current_->index->find(key_hash, current_->pages->data());
    if (!current_->live_payload_at(newest)) {
        return writer_.tail();
    }
    auto const tombstone = tombstone_of(key_hash);
    return append_locked(std::span(&tombstone, 1));
}

result<void> store::implementation::sync() {
    std::lock_guard const turn(writing_);
    if (auto const synced = writer_.sync(); !synced) {
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

std::optional<value> store::implementation::read(std::uint64_t key_hash) const {
    reader_gate::pass const inside(gate_);
    auto const& now = *published_.load(std::memory_order_seq_cst);
    auto const payload = now.live_payload_at(now.index->find(key_hash, now.pages->data()));
    return payload ? std::optional<value>(now.borrow(*payload)) : std::nullopt;
}

bool store::implementation::exists(std::uint64_t key_hash) const {
    reader_gate::pass const inside(gate_);
    auto const& now = *published_.load(std::memory_order_seq_cst);
    return now.live_payload_at(now.index->find(key_hash, now.pages->data())).has_value();
}

std::vector<std::optional<value>> store::implementation::batch_read(
    std::span<bytes_view const> keys) const {
    std::vector<std::uint64_t> hashes;
    hashes.reserve(keys.size());
    std::ranges::transform(keys, std::back_inserter(hashes), hash_key);
    std::vector<std::optional<value>> results;
    for (int attempt = 0; attempt < batch_read_attempts; ++attempt) {
        if (batch_read_once(hashes, results)) {
            return results;
        }
    }
    std::lock_guard const turn(writing_);
    static_cast<void>(batch_read_once(hashes, results));
    return results;
}

// False when one of the keys was written while the others were read. An entry below the tail that
// was taken first was its key's newest at that tail, as newer ones lie above it; and a table keeps
// the place of every deleted key until it is replaced.
bool store::implementation::batch_read_once(std::span<std::uint64_t const> hashes,
                                            std::vector<std::optional<value>>& results) const {
    results.clear();
    results.reserve(hashes.size());
    reader_gate::pass const inside(gate_);
    auto const* const now = published_.load(std::memory_order_seq_cst);
    auto const tail = tail_.load(std::memory_order_acquire);
    for (auto const hash : hashes) {
        now->index->prefetch(hash);
    }
    for (auto const hash : hashes) {
        auto const newest = now->index->find(hash, now->pages->data());
        if (newest >= tail && newest != 0) {
            return false;
        }
        auto const payload = now->live_payload_at(newest);
        results.push_back(payload ? std::optional<value>(now->borrow(*payload)) : std::nullopt);
    }
    return published_.load(std::memory_order_seq_cst) == now;
}

store::store(std::unique_ptr<implementation> made) noexcept : implementation_(std::move(made)) {}
store::~store() = default;

result<std::unique_ptr<store>> store::open(std::filesystem::path const& path,
                                           open_options const& options, open_report* report) {
    open_report ours;
    auto& filled = report != nullptr ? *report : ours;
    filled = {};
    auto& where = options.on != nullptr ? *options.on : system_disk();
    auto opened = open_store_file(where, path, options, filled);
    if (!opened) {
        return opened.error();
    }
    auto built = build_index({opened->bytes.data(), opened->tail}, opened->tail, opened->entries,
                             opened->alignment);
    if (!built) {
        return built.error();
    }
    filled.live_keys = built->live_keys;
    return std::unique_ptr<store>(new store(
        std::make_unique<implementation>(path, where, std::move(*opened), std::move(*built))));
}

result<std::uint64_t> store::write(bytes_view key, bytes_view payload) {
    if (auto const refused = refusal_of(payload)) {
        return *refused;
    }
    auto const entry = record_of(key, payload);
    return implementation_->append(std::span(&entry, 1));
}

result<std::uint64_t> store::batch_write(std::span<key_value const> entries) {
    for (auto const& entry : entries) {
        if (auto const refused = refusal_of(entry.payload)) {
            return *refused;
        }
    }
    std::vector<record> records;
    records.reserve(entries.size());
    for (auto const& entry : entries) {
        records.push_back(record_of(entry.key, entry.payload));
    }
    return implementation_->append(records);
}

result<std::uint64_t> store::remove(bytes_view key) {
    return implementation_->remove(hash_key(key));
}

std::optional<value> store::read(bytes_view key) const {
    return implementation_->read(hash_key(key));
}

std::vector<std::optional<value>> store::batch_read(std::span<bytes_view const> keys) const {
    return implementation_->batch_read(keys);
}

bool store::exists(bytes_view key) const {
    return implementation_->exists(hash_key(key));
}

std::uint64_t store::size() const noexcept {
    return implementation_->size();
}

bool store::empty() const noexcept {
    return size() == 0;
}

std::uint64_t store::file_size() const noexcept {
    return implementation_->file_size();
}

result<void> store::sync() {
    return implementation_->sync();
}

std::filesystem::path const& store::path() const noexcept {
    return implementation_->path();
}

}  // namespace trunkline::store
