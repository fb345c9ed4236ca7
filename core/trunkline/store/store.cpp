#include <trunkline/store/store.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/store/digest.hpp>
#include <trunkline/store/engine.hpp>
#include <trunkline/store/inline_hash.hpp>

#include <algorithm>
#include <iterator>

namespace trunkline::store {
namespace {

std::optional<store_error> refusal_of(bytes_view payload) noexcept {
    if (payload.empty()) {
        return store_error::empty_payload;
    }
    if (is_tombstone(payload)) {
        return store_error::null_payload;
    }
    return std::nullopt;
}

record record_of(std::uint64_t key_hash, bytes_view payload) noexcept {
    return {key_hash, payload, checksum_of(payload), false};
}

std::optional<store_error> first_refusal_of(std::span<key_value const> entries) noexcept {
    for (auto const& entry : entries) {
        if (auto const refused = refusal_of(entry.payload)) {
            return refused;
        }
    }
    return std::nullopt;
}

recycled_vector<record> records_of(std::span<key_value const> entries) {
    recycled_vector<record> records;
    records.reserve(entries.size());
    for (auto const& entry : entries) {
        records.push_back(record_of(hash_key(entry.key), entry.payload));
    }
    return records;
}

recycled_vector<std::uint64_t> hashes_of(std::span<bytes_view const> keys) {
    recycled_vector<std::uint64_t> hashes;
    hashes.reserve(keys.size());
    std::ranges::transform(keys, std::back_inserter(hashes), hash_key);
    return hashes;
}

// In quotes, with quotes, backslashes and control characters escaped.
std::string in_quotes(std::string_view text) {
    std::string line = "\"";
    for (char const each : text) {
        if (each == '"' || each == '\\') {
            line += '\\';
        }
        if (each == '\n') {
            line += "\\n";
        } else if (each == '\r') {
            line += "\\r";
        } else if (each == '\t') {
            line += "\\t";
        } else if (each == '\0') {
            line += "\\0";
        } else {
            line += each;
        }
    }
    return line + '"';
}

}  // namespace

store::store(std::unique_ptr<engine> made) noexcept : engine_(std::move(made)) {}
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
    return std::unique_ptr<store>(new store(std::make_unique<engine>(
        path, where, std::move(*opened), std::move(*built), options.level)));
}

result<std::uint64_t> store::write(bytes_view key, bytes_view payload,
                                   std::optional<durability> level) {
    return write_hashed(hash_key(key), payload, level);
}

result<std::uint64_t> store::write_hashed(std::uint64_t key_hash, bytes_view payload,
                                          std::optional<durability> level) {
    if (auto const refused = refusal_of(payload)) {
        return *refused;
    }
    auto const entry = record_of(key_hash, payload);
    return engine_->append(std::span(&entry, 1), level);
}

result<std::uint64_t> store::batch_write(std::span<key_value const> entries,
                                         std::optional<durability> level) {
    if (auto const refused = first_refusal_of(entries)) {
        return *refused;
    }
    return engine_->append(records_of(entries), level);
}

result<std::uint64_t> store::batch_write_hashed(std::span<hashed_value const> entries,
                                                null_payloads nulls,
                                                std::optional<durability> level) {
    std::vector<record> records;
    records.reserve(entries.size());
    for (auto const& entry : entries) {
        if (nulls == null_payloads::delete_the_key && is_tombstone(entry.payload)) {
            records.push_back(tombstone_of(entry.key_hash));
            continue;
        }
        if (auto const refused = refusal_of(entry.payload)) {
            return *refused;
        }
        records.push_back(record_of(entry.key_hash, entry.payload));
    }
    return engine_->append(records, level);
}

result<std::uint64_t> store::write_stream(bytes_view key, payload_source const& source,
                                          std::optional<durability> level) {
    return write_stream_hashed(hash_key(key), source, level);
}

result<std::uint64_t> store::write_stream_hashed(std::uint64_t key_hash,
                                                 payload_source const& source,
                                                 std::optional<durability> level) {
    return engine_->append_stream(key_hash, source, level);
}

result<std::uint64_t> store::remove(bytes_view key, std::optional<durability> level) {
    auto const hash = hash_key(key);
    return engine_->remove(std::span(&hash, 1), level);
}

result<std::uint64_t> store::batch_remove(std::span<bytes_view const> keys,
                                          std::optional<durability> level) {
    return engine_->remove(hashes_of(keys), level);
}

result<std::uint64_t> store::batch_remove_hashed(std::span<std::uint64_t const> key_hashes,
                                                 std::optional<durability> level) {
    return engine_->remove(key_hashes, level);
}

void store::do_all(std::span<write_job> jobs, std::optional<durability> level) {
    recycled_vector<write_call> calls;
    recycled_vector<write_job*> asked;
    // The calls point into these, which never move.
    recycled_vector<recycled_vector<record>> records;
    recycled_vector<recycled_vector<std::uint64_t>> removed;
    calls.reserve(jobs.size());
    asked.reserve(jobs.size());
    records.reserve(jobs.size());
    removed.reserve(jobs.size());
    for (auto& job : jobs) {
        auto const refused = first_refusal_of(job.entries);
        if (refused) {
            job.done = *refused;
            continue;
        }
        asked.push_back(&job);
        records.push_back(records_of(job.entries));
        removed.push_back(hashes_of(job.removed));
        calls.push_back({records.back(), removed.back(), level.value_or(engine_->level())});
    }
    engine_->do_all(calls);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        asked[i]->done = calls[i].done;
    }
}

result<std::uint64_t> store::rename(bytes_view old_key, bytes_view new_key,
                                    std::optional<durability> level) {
    if (std::ranges::equal(old_key, new_key)) {
        return store_error::same_key;
    }
    return engine_->rename(hash_key(old_key), hash_key(new_key), level);
}

result<std::uint64_t> store::copy(bytes_view key, store& target,
                                  std::optional<durability> level) const {
    // No second store can have this file, so the same one is the same object.
    if (&target == this) {
        return store_error::same_storage;
    }
    auto const hash = hash_key(key);
    auto const found = engine_->read(hash);
    if (!found) {
        return store_error::key_not_found;
    }
    if (is_all_zero(found->bytes)) {
        return store_error::null_stream;
    }
    return target.write_hashed(hash, found->bytes, level);
}

result<std::uint64_t> store::transfer(bytes_view key, store& target,
                                      std::optional<durability> level) {
    if (auto const copied = copy(key, target, level); !copied) {
        return copied;
    }
    return remove(key, level);
}

std::string store::published_text(error_code why, bytes_view key) const {
    if (why == store_error::same_storage) {
        return "Cannot copy entry to the same storage (" + in_quotes(path().string()) +
               "). Use `rename` instead.";
    }
    if (why == store_error::key_not_found) {
        return "Key not found: " + in_quotes(as_text(key));
    }
    return why.message();
}

result<void> store::compact() {
    return engine_->compact();
}

std::uint64_t store::compaction_savings() const {
    std::uint64_t needed = 0;
    auto const file = engine_->file_size();
    for (auto& live : engine_->shares_of_entries(1)) {
        while (auto const entry = live.next()) {
            needed += entry->size_in_file();
        }
    }
    return file > needed ? file - needed : 0;
}

std::optional<value> store::read(bytes_view key) const {
    return engine_->read(inline_hash_key(key));
}

std::vector<std::optional<value>> store::batch_read(std::span<bytes_view const> keys) const {
    std::vector<std::optional<value>> found(keys.size());
    static_cast<void>(batch_read(keys, found, 0));
    return found;
}

pin store::batch_read(std::span<bytes_view const> keys, std::span<std::optional<value>> values,
                      std::size_t own_pin_min) const {
    TRUNKLINE_ASSERT(keys.size() == values.size());
    return engine_->batch_read(hashes_of(keys), values, own_pin_min);
}

bool store::exists(bytes_view key) const {
    return engine_->exists(hash_key(key));
}

std::optional<value> store::read_hashed(std::uint64_t key_hash) const {
    return engine_->read(key_hash);
}

result<std::vector<std::optional<value>>> store::batch_read_hashed(
    std::span<std::uint64_t const> key_hashes,
    std::optional<std::span<bytes_view const>> keys) const {
    if (keys && keys->size() != key_hashes.size()) {
        return store_error::mismatched_lengths;
    }
    std::vector<std::optional<value>> found(key_hashes.size());
    static_cast<void>(engine_->batch_read(key_hashes, found, 0));
    for (std::size_t i = 0; keys && i < found.size(); ++i) {
        if (hash_key((*keys)[i]) != key_hashes[i]) {
            found[i].reset();
        }
    }
    return found;
}

bool store::exists_hashed(std::uint64_t key_hash) const {
    return engine_->exists(key_hash);
}

std::optional<entry_handle> store::read_entry(bytes_view key) const {
    return engine_->read_entry(hash_key(key));
}

std::optional<trailer> store::read_metadata(bytes_view key) const {
    auto const found = read_entry(key);
    return found ? std::optional(found->metadata()) : std::nullopt;
}

std::optional<entry_handle> store::last_entry() const {
    return engine_->last_entry();
}

entry_cursor store::entries() const {
    return engine_->entries();
}

std::vector<share_cursor> store::shares_of_entries(std::size_t shares) const {
    return engine_->shares_of_entries(shares);
}

std::uint64_t store::size() const noexcept {
    return engine_->size();
}

bool store::empty() const noexcept {
    return size() == 0;
}

std::uint64_t store::file_size() const noexcept {
    return engine_->file_size();
}

std::uint64_t store::index_bytes() const noexcept {
    return engine_->index_bytes();
}

result<void> store::sync() {
    return engine_->sync();
}

durability store::level() const noexcept {
    return engine_->level();
}

std::size_t store::waiting_writes() const {
    return engine_->waiting_writes();
}

std::filesystem::path const& store::path() const noexcept {
    return engine_->path();
}

}  // namespace trunkline::store
