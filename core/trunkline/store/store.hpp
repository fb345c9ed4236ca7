// An append-only, memory-mapped file of binary keys and values (FORMAT.md). One writer at a time,
// any number of reading threads, reads without a lock and without a copy.
#pragma once

#include <trunkline/base/result.hpp>
#include <trunkline/base/slice.hpp>
#include <trunkline/store/durability.hpp>
#include <trunkline/store/entry_cursor.hpp>
#include <trunkline/store/entry_handle.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/open_report.hpp>
#include <trunkline/store/writer.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace trunkline::store {

class disk;
class engine;

/// One value as it lies in the file. The bytes stay valid as long as `keep_alive`, also after
/// overwrites, deletes, growth of the file and destruction of the store.
using value = slice;

/// One entry of a batch; views, valid until the call returns.
struct key_value {
    bytes_view key;      ///< any bytes
    bytes_view payload;  ///< at least one byte, and not a single zero byte
};

/// A value for a key that the caller has hashed (digest.hpp).
struct hashed_value {
    std::uint64_t key_hash = 0;  ///< XXH3 of the key
    bytes_view payload;          ///< at least one byte, and not a single zero byte
};

/// What a single zero byte means in a batch of hashed values: a mistake, or a deletion.
enum class null_payloads : std::uint8_t { refused, delete_the_key };

/// One of several writes that are given to the store at once.
struct write_job {
    std::span<key_value const> entries;            ///< to be written as batch_write() does,
    std::span<bytes_view const> removed;           ///< or keys to be deleted as batch_remove() does
    result<std::uint64_t> done{std::uint64_t{0}};  ///< what that call would have given
};

/// How a store is opened.
struct open_options {
    /// 64, 16 or 1 bytes (FORMAT.md, "Alignment"). Without one the file tells; a file that says
    /// nothing, as a new one, gets 64. A file that speaks for another one fails with
    /// wrong_alignment and is not changed.
    std::optional<std::uint32_t> alignment = {};
    bool create = true;  ///< make the file when it is absent (parent folders are never made)
    /// For reading only: the file is neither made nor changed nor cut, only its longest history is
    /// seen, and writing calls fail with read_only. Any number of readers share the file; while one
    /// of them has it no writer gets it, and the other way round.
    bool read_only = false;
    bool verify_all = false;            ///< check every checksum on open, not only the last
    durability level = durability::os;  ///< of writes that do not say
    disk* on = nullptr;  ///< where the file lives (file.hpp); null: the file system of this machine
};

/// Reads are safe from any thread at any time. Writes are safe from any thread; they take turns,
/// and those that meet are written together. Every writing call returns the new tail offset in
/// bytes (the size of the file), as FORMAT.md "Tail" says, once it has survived what its durability
/// level says: that of the call or else that of the store. A call that finds nothing to write waits
/// for nothing. Where memory is short a call fails with not_enough_memory or with std::bad_alloc;
/// it has then done nothing, and the store goes on.
class store {
public:
    /// Opens or creates. Takes the writer lock of the file, or the shared one for reading only;
    /// fails with locked when another holder does not allow that.
    /// Recovers as FORMAT.md "Recovery" says; `report`, when given, is filled on success and on
    /// failure. A non-empty file without one valid entry fails with not_a_store and is not changed.
    [[nodiscard]] static result<std::unique_ptr<store>> open(std::filesystem::path const& path,
                                                             open_options const& options = {},
                                                             open_report* report = nullptr);

    ~store();
    store(store const&) = delete;
    store& operator=(store const&) = delete;

    /// Fails with empty_payload or null_payload (FORMAT.md, "Refusals"), or with an error of the
    /// system.
    [[nodiscard]] result<std::uint64_t> write(bytes_view key, bytes_view payload,
                                              std::optional<durability> level = {});

    /// All or nothing with respect to refusals; in order, the last of equal keys wins. Empty: the
    /// current tail.
    [[nodiscard]] result<std::uint64_t> batch_write(std::span<key_value const> entries,
                                                    std::optional<durability> level = {});

    /// Writes a value whose bytes `source` gives in pieces; its size is not known before. Other
    /// writes wait meanwhile. Nothing is left behind when the source fails (its error is given) or
    /// throws (which it may; its exception goes on to the caller), or when there is no byte
    /// (empty_payload) or no byte but zeros (null_stream).
    [[nodiscard]] result<std::uint64_t> write_stream(bytes_view key, payload_source const& source,
                                                     std::optional<durability> level = {});

    /// As write(), batch_write() and write_stream() for keys that the caller has hashed. A hash is
    /// stored as given.
    [[nodiscard]] result<std::uint64_t> write_hashed(std::uint64_t key_hash, bytes_view payload,
                                                     std::optional<durability> level = {});
    /// As batch_write(), with hashes of keys that the caller has computed.
    [[nodiscard]] result<std::uint64_t> batch_write_hashed(
        std::span<hashed_value const> entries, null_payloads nulls = null_payloads::refused,
        std::optional<durability> level = {});
    /// As write_stream(), with the hash of a key.
    [[nodiscard]] result<std::uint64_t> write_stream_hashed(std::uint64_t key_hash,
                                                            payload_source const& source,
                                                            std::optional<durability> level = {});

    /// Appends a tombstone when the key is live; otherwise writes nothing and returns the current
    /// tail.
    [[nodiscard]] result<std::uint64_t> remove(bytes_view key,
                                               std::optional<durability> level = {});

    /// One tombstone for each key that is live when the call begins, in order, as one write; a key
    /// given twice gets two. Without a live key writes nothing and gives the current tail.
    [[nodiscard]] result<std::uint64_t> batch_remove(std::span<bytes_view const> keys,
                                                     std::optional<durability> level = {});
    /// As batch_remove(), with hashes of keys.
    [[nodiscard]] result<std::uint64_t> batch_remove_hashed(
        std::span<std::uint64_t const> key_hashes, std::optional<durability> level = {});

    /// Does each of `jobs` as if a thread of its own had called for it, and waits for all of them.
    /// An answer says what became of that one job.
    void do_all(std::span<write_job> jobs, std::optional<durability> level = {});

    /// Gives the value of `old_key` to `new_key`, over what that had, and deletes the old key, as
    /// one write. Fails with same_key, old_key_not_found, or null_stream when the value is zero
    /// bytes alone.
    [[nodiscard]] result<std::uint64_t> rename(bytes_view old_key, bytes_view new_key,
                                               std::optional<durability> level = {});

    /// Writes the value of `key` into `target`, over what that had, and gives the tail of the
    /// target. Fails with same_storage, key_not_found or null_stream; published_text() has the line
    /// for the first two.
    [[nodiscard]] result<std::uint64_t> copy(bytes_view key, store& target,
                                             std::optional<durability> level = {}) const;

    /// copy(), then remove() here: gives the tail of this store.
    [[nodiscard]] result<std::uint64_t> transfer(bytes_view key, store& target,
                                                 std::optional<durability> level = {});

    /// What the published programs say when copy() or transfer() of `key` fails with `why`.
    [[nodiscard]] std::string published_text(error_code why, bytes_view key) const;

    /// Replaces the file by one with the live entries alone, the newest first (FORMAT.md,
    /// "Compaction"). Reads go on; writes wait. Values and cursors that are held keep the old
    /// file's bytes. Fails with damaged when a live value fails its checksum. After a failure the
    /// file is the old one and the store goes on with it; but when the new file has the name and
    /// only the folder could not be synced, the store shows the new one, for reading only: which of
    /// the two, with the same values, has the name after a loss of power is not known.
    [[nodiscard]] result<void> compact();

    /// How many bytes compact() would save at most: the size of the file without the live values
    /// and their trailers. Pads count as savings, as published. Looks at every live entry.
    [[nodiscard]] std::uint64_t compaction_savings() const;

    /// The newest value, or nothing when the key was never written or is deleted.
    [[nodiscard]] std::optional<value> read(bytes_view key) const;

    /// One result per key, in order, all from one snapshot. Starts over when one of the keys is
    /// written meanwhile; at the eighth time it holds back the publication of writes for its own
    /// duration. Never waits for a disk, a stream or a compaction.
    [[nodiscard]] std::vector<std::optional<value>> batch_read(
        std::span<bytes_view const> keys) const;

    /// The same into memory of the caller: one value for each key. What was there is let go of.
    /// Values of fewer than `own_pin_min` bytes have no pin of their own: all of them are kept by
    /// the one that is given, as to let go of each costs more than to copy so little.
    [[nodiscard]] pin batch_read(std::span<bytes_view const> keys,
                                 std::span<std::optional<value>> values,
                                 std::size_t own_pin_min) const;

    /// Whether the key has a value.
    [[nodiscard]] bool exists(bytes_view key) const;

    /// As read(), batch_read() and exists() for hashed keys. With `keys`, one for each hash, what
    /// does not belong together is absent; another number of keys fails with mismatched_lengths.
    [[nodiscard]] std::optional<value> read_hashed(std::uint64_t key_hash) const;
    /// As batch_read(), with hashes of keys.
    [[nodiscard]] result<std::vector<std::optional<value>>> batch_read_hashed(
        std::span<std::uint64_t const> key_hashes,
        std::optional<std::span<bytes_view const>> keys = {}) const;
    /// As exists(), with the hash of a key.
    [[nodiscard]] bool exists_hashed(std::uint64_t key_hash) const;

    /// As read(), with place and trailer.
    [[nodiscard]] std::optional<entry_handle> read_entry(bytes_view key) const;

    /// The trailer of the newest value.
    [[nodiscard]] std::optional<trailer> read_metadata(bytes_view key) const;

    /// The entry that ends at the tail, also when it is a tombstone (whose payload is one zero
    /// byte); nothing in an empty store.
    [[nodiscard]] std::optional<entry_handle> last_entry() const;

    /// The live entries, the newest first.
    [[nodiscard]] entry_cursor entries() const;

    /// The live entries in so many shares, for threads that divide the work. `shares` > 0.
    [[nodiscard]] std::vector<share_cursor> shares_of_entries(std::size_t shares) const;

    /// Live keys.
    [[nodiscard]] std::uint64_t size() const noexcept;
    /// Whether no key has a value.
    [[nodiscard]] bool empty() const noexcept;

    /// Bytes of the file.
    [[nodiscard]] std::uint64_t file_size() const noexcept;

    /// Memory of the index, in bytes (FORMAT.md, "Limits").
    [[nodiscard]] std::uint64_t index_bytes() const noexcept;

    /// Hands everything written to the disk (fdatasync).
    [[nodiscard]] result<void> sync();

    /// Of writes that do not say.
    [[nodiscard]] durability level() const noexcept;

    /// Writes that wait for their turn just now.
    [[nodiscard]] std::size_t waiting_writes() const;

    /// Of the file, as it was given.
    [[nodiscard]] std::filesystem::path const& path() const noexcept;

private:
    explicit store(std::unique_ptr<engine> made) noexcept;
    std::unique_ptr<engine> engine_;
};

}  // namespace trunkline::store
