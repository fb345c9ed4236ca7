#include <trunkline/store/compaction.hpp>

#include <trunkline/store/appender.hpp>
#include <trunkline/store/error.hpp>

#include <string>

namespace trunkline::store {
namespace {

struct side_file {
    std::filesystem::path path;
    std::unique_ptr<file> handle;
};

// A fresh file beside the store. What an interrupted compaction left behind is not touched.
result<side_file> make_side_file(disk& where, std::filesystem::path const& path) {
    for (unsigned attempt = 1;; ++attempt) {
        std::filesystem::path side = path.native() + ".compact-" + std::to_string(attempt);
        auto made = where.open(side, open_mode::create_side);
        if (made) {
            return side_file{std::move(side), std::move(*made)};
        }
        if (made.error() != boost::system::errc::file_exists) {
            return made.error();
        }
    }
}

result<void> copy_entries(entry_cursor& live, appender& to, opened_file& made) {
    to.begin(*made.handle, 0);
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
        ++made.entries;
    }
    made.tail = to.tail();
    return to.flush();
}

result<void> fill(entry_cursor& live, opened_file& made) {
    appender to(made.alignment);
    if (auto const copied = copy_entries(live, to, made); !copied) {
        return copied;
    }
    if (auto const synced = made.handle->sync(); !synced) {
        return synced;
    }
    auto bytes = made.handle->map(made.tail);
    if (!bytes) {
        return bytes.error();
    }
    made.bytes = std::move(*bytes);
    return {};
}

}  // namespace

result<opened_file> compact_file(disk& where, std::filesystem::path const& path, entry_cursor live,
                                 std::uint32_t alignment) {
    auto side = make_side_file(where, path);
    if (!side) {
        return side.error();
    }
    opened_file made;
    made.handle = std::move(side->handle);
    made.alignment = alignment;
    auto filled = fill(live, made);
    if (filled) {
        filled = where.replace(side->path, path);
    }
    if (!filled) {
        static_cast<void>(where.remove(side->path));
        return filled.error();
    }
    return made;
}

}  // namespace trunkline::store
