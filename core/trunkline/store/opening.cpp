#include <trunkline/store/opening.hpp>

#include <trunkline/store/alignment.hpp>
#include <trunkline/store/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace trunkline::store {
namespace {

result<std::unique_ptr<file>> open_or_create(disk& where, std::filesystem::path const& path,
                                             bool create, bool& created) {
    for (;;) {
        auto found = where.open(path, open_mode::existing);
        if (found || !create || found.error() != boost::system::errc::no_such_file_or_directory) {
            return found;
        }
        auto made = where.open(path, open_mode::create_new);
        if (made || made.error() != boost::system::errc::file_exists) {
            created = made.has_value();
            return made;
        }
        // Somebody else made it in between.
    }
}

// The file at `path` when it holds exactly `content`, else null.
std::unique_ptr<file> find_copy(disk& where, std::filesystem::path const& path,
                                bytes_view content) {
    auto found = where.open(path, open_mode::existing);
    if (!found) {
        return nullptr;
    }
    auto const size = (*found)->size();
    if (!size || *size != content.size()) {
        return nullptr;
    }
    auto const bytes = (*found)->map(*size);
    bool const same = bytes && std::ranges::equal(bytes_view(bytes->data(), *size), content);
    return same ? std::move(*found) : nullptr;
}

result<void> write_durably(disk& where, file& to, std::filesystem::path const& path,
                           bytes_view content) {
    if (auto const wrote = write_all(to, 0, std::span(&content, 1)); !wrote) {
        return wrote;
    }
    if (auto const synced = to.sync(); !synced) {
        return synced;
    }
    return where.sync_folder_of(path);
}

// Saves `cut`, the bytes of the store behind `tail`, in a side file, and gives its name. A side
// file of the same name that holds the same bytes is one from an open that was interrupted, perhaps
// before they were on the disk, or because the disk failed. So they are written once more: a system
// may take pages that it could not write for clean.
result<std::filesystem::path> save_cut(disk& where, std::filesystem::path const& path,
                                       std::uint64_t tail, bytes_view cut) {
    auto const plain =
        path.native() + ".cut-" + std::to_string(tail) + "-" + std::to_string(cut.size());
    for (unsigned attempt = 1;; ++attempt) {
        std::filesystem::path const side =
            attempt == 1 ? plain : plain + "." + std::to_string(attempt);
        auto made = where.open(side, open_mode::create_side);
        if (!made && made.error() != boost::system::errc::file_exists) {
            return made.error();
        }
        auto const to = made ? std::move(*made) : find_copy(where, side, cut);
        if (to == nullptr) {
            continue;
        }
        if (auto const saved = write_durably(where, *to, side, cut); !saved) {
            return saved.error();
        }
        return side;
    }
}

// Checks every entry of the history, from the newest.
bool all_checksums_right(bytes_view file, recovered const& found, std::uint32_t alignment) {
    history entries(file, found.tail, alignment);
    while (auto const entry = entries.next()) {
        if (!has_right_checksum(file, *entry)) {
            return false;
        }
    }
    return true;
}

result<void> cut_to(disk& where, std::filesystem::path const& path, opened_file& opened,
                    bytes_view content, open_report& report) {
    auto const saved = save_cut(where, path, opened.tail, content.subspan(opened.tail));
    if (!saved) {
        return saved.error();
    }
    report.cut_file = *saved;
    if (auto const cut = opened.handle->resize(opened.tail); !cut) {
        return cut;
    }
    return opened.handle->sync();
}

}  // namespace

result<opened_file> open_store_file(disk& where, std::filesystem::path const& path,
                                    open_options const& options, open_report& report) {
    report.path = path;
    report.read_only = options.read_only;
    if (options.alignment && !is_supported_alignment(*options.alignment)) {
        return store_error::unsupported_alignment;
    }
    auto handle = options.read_only ? where.open(path, open_mode::inspect)
                                    : open_or_create(where, path, options.create, report.created);
    if (!handle) {
        return handle.error();
    }
    auto const size = (*handle)->size();
    if (!size) {
        return size.error();
    }
    report.size_found = *size;
    if (*size > file_size_max) {
        return store_error::too_large;
    }
    auto bytes = (*handle)->map(*size);
    if (!bytes) {
        return bytes.error();
    }
    bytes_view const content(bytes->data(), *size);
    auto const found = recover_aligned(content, options.alignment);
    if (!found) {
        return found.error();
    }
    report.alignment_found = found->alignment;
    if (options.alignment.value_or(found->alignment) != found->alignment) {
        return store_error::wrong_alignment;
    }
    if (found->found.tail == 0 && !content.empty()) {
        return store_error::not_a_store;
    }
    if (options.verify_all && !all_checksums_right(content, found->found, found->alignment)) {
        return store_error::damaged;
    }
    opened_file opened{std::move(*handle),   std::move(*bytes), found->found.tail,
                       found->found.entries, found->alignment,  options.read_only};
    if (opened.tail < content.size() && !options.read_only) {
        if (auto const cut = cut_to(where, path, opened, content, report); !cut) {
            return cut.error();
        }
    }
    report.tail_kept = opened.tail;
    report.entries_kept = opened.entries;
    return opened;
}

}  // namespace trunkline::store
