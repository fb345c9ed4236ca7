#include <trunkline/store/compaction.hpp>

#include <trunkline/store/appender.hpp>
#include <trunkline/store/error.hpp>

#include <string>
#include <utility>

namespace trunkline::store {

compaction::~compaction() {
    if (side_) {
        static_cast<void>(where_.remove(*side_));
    }
}

// A fresh file beside the store. What an interrupted compaction left behind is not touched.
result<void> compaction::make_side_file() {
    for (unsigned attempt = 1;; ++attempt) {
        std::filesystem::path side = path_.native() + ".compact-" + std::to_string(attempt);
        auto opened = where_.open(side, open_mode::create_side);
        if (opened) {
            side_ = std::move(side);
            made_.handle = std::move(*opened);
            return {};
        }
        if (opened.error() != boost::system::errc::file_exists) {
            return opened.error();
        }
    }
}

result<void> compaction::copy_entries(entry_cursor& live) {
    appender to(made_.alignment);
    to.begin(*made_.handle, 0);
    while (auto const entry = live.next()) {
        if (!entry->has_right_checksum()) {
            return store_error::damaged;
        }
        // The appender may look at the payload until it is flushed, which the cursor's mapping
        // outlives.
        if (auto const added =
                to.add({entry->key_hash(), entry->bytes(), entry->checksum(), false});
            !added) {
            return added;
        }
        ++made_.entries;
    }
    made_.tail = to.tail();
    return to.flush();
}

result<void> compaction::write(entry_cursor live, std::uint32_t alignment) {
    if (auto const made = make_side_file(); !made) {
        return made;
    }
    made_.alignment = alignment;
    if (auto const copied = copy_entries(live); !copied) {
        return copied;
    }
    if (auto const synced = made_.handle->sync(); !synced) {
        return synced;
    }
    auto bytes = made_.handle->map(made_.tail);
    if (!bytes) {
        return bytes.error();
    }
    made_.bytes = std::move(*bytes);
    return {};
}

result<void> compaction::take_place() {
    auto const replaced = where_.replace(*side_, path_);
    if (replaced) {
        side_.reset();
    }
    return replaced;
}

}  // namespace trunkline::store
