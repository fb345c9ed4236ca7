#include <trunkline/store/writer.hpp>

#include <trunkline/store/entry.hpp>
#include <trunkline/store/payload_stream.hpp>

namespace trunkline::store {

result<std::uint64_t> writer::tail_after(std::span<record const> entries,
                                         std::uint64_t tail) const noexcept {
    for (auto const& entry : entries) {
        auto const pad = entry.tombstone ? 0 : pad_size(tail, alignment_);
        auto const room = file_size_max - tail;
        if (entry.payload.size() > room || pad + trailer_size > room - entry.payload.size()) {
            return store_error::too_large;
        }
        tail += pad + entry.payload.size() + trailer_size;
    }
    return tail;
}

result<void> writer::append(std::span<record const> entries, arrival how) {
    if (failed_) {
        return store_error::read_only;
    }
    undo unless_decided(*this);
    auto const appended = append_all(entries, how);
    unless_decided.dismiss();
    if (!appended) {
        failed_ = true;
        // Should the cut fail as well, the next open finds the same tail: what lies behind it is
        // no sound entry, or a whole one that nobody was told about.
        static_cast<void>(file_->resize(tail_));
        return appended.error();
    }
    tail_ = appender_.tail();
    return {};
}

// Sound entries may stand behind one that a loss of power tore, and then nothing tells about it
// when the file is opened. So nothing becomes valid before everything below it is on the disk.
result<void> writer::append_all(std::span<record const> entries, arrival how) {
    bool const synced = how == arrival::synced;
    bool const held_back =
        synced ? unsynced_ || entries.size() > 1 : how == arrival::whole && entries.size() > 1;
    unsynced_ = unsynced_ || !synced;
    appender_.begin(*file_, tail_, held_back);
    for (auto const& entry : entries) {
        if (auto const added = appender_.add(entry); !added) {
            return added;
        }
    }
    auto done = appender_.flush();
    if (done && held_back && synced) {
        done = sync_file();
    }
    if (done && held_back) {
        done = appender_.commit();
    }
    return done && synced ? sync_file() : done;
}

result<void> writer::sync_file() {
    auto const synced = file_->sync();
    unsynced_ = unsynced_ && !synced;
    return synced;
}

result<std::uint64_t> writer::stage(std::uint64_t key_hash, payload_source const& source,
                                    bool synced) {
    if (failed_) {
        return store_error::read_only;
    }
    if (synced && unsynced_) {
        if (auto const before = sync(); !before) {
            return before.error();
        }
    }
    unsynced_ = true;
    payload_stream stream(*file_, tail_, alignment_);
    undo unless_kept(*this);
    auto const staged = stream.write(key_hash, source);
    failed_ = failed_ || stream.disk_failed();
    if (staged && synced) {
        if (auto const done = sync(); !done) {
            return done.error();
        }
    }
    if (staged || !stream.touched_file()) {
        unless_kept.dismiss();
    }
    return staged;
}

void writer::drop_staged() noexcept {
    unsynced_ = true;
    // What could not be taken back would be in the way of the next entry.
    failed_ = !file_->resize(tail_) || failed_;
}

result<void> writer::sync() {
    if (failed_) {
        return store_error::read_only;
    }
    auto const synced = sync_file();
    failed_ = !synced;
    return synced;
}

}  // namespace trunkline::store
