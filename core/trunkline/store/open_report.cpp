#include <trunkline/store/open_report.hpp>

#include <trunkline/store/error.hpp>

namespace trunkline::store {
namespace {

std::string count(std::uint64_t number, char const* one, char const* many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

std::string folder_of(std::filesystem::path const& path) {
    return path.has_parent_path() ? path.parent_path().string() : ".";
}

// What the store itself found wrong.
std::string explain_content(open_report const& report, store_error why) {
    auto const name = report.path.string();
    switch (why) {
        case store_error::not_a_store:
            return name + " is not a store: its " + count(report.size_found, "byte", "bytes") +
                   " hold no valid entry. It was not changed; name another file, or move it away "
                   "to begin a new store.";
        case store_error::locked:
            return name + " is in use by another program" +
                   (report.read_only ? " that may write to it" : "") +
                   "; stop that program, or name another file.";
        case store_error::not_a_file:
            return name + " is not a regular file; name a file, not a folder or a device.";
        case store_error::wrong_alignment:
            return name + " was written with alignment " + std::to_string(report.alignment_found) +
                   ". It was not changed; open it with that alignment, or without naming one.";
        case store_error::unsupported_alignment:
            return "the alignment of a store is 64, 16 or 1; choose one of these for " + name + ".";
        case store_error::damaged:
            return name +
                   " holds an entry that does not match its checksum. It was not changed; "
                   "check it as a whole to see which, or open it without checking all.";
        case store_error::too_large:
            return name + " is larger than a store can be, 2^48 bytes; name another file.";
        default:
            return "cannot open " + name + ": " + make_error_code(why).message();
    }
}

}  // namespace

std::string open_report::to_text() const {
    auto const name = path.string();
    if (tail_kept < size_found) {
        return "recovered " + name + ": kept " + std::to_string(tail_kept) + " of " +
               count(size_found, "byte", "bytes") + " (" + count(entries_kept, "entry", "entries") +
               ", " + count(live_keys, "key", "keys") + "), " +
               count(size_found - tail_kept, "byte", "bytes") +
               (read_only ? " passed over" : " cut and saved in " + cut_file.string());
    }
    return (created ? "created " : "opened ") + name + ": " + count(live_keys, "key", "keys") +
           ", " + count(tail_kept, "byte", "bytes");
}

std::string open_report::explain(error_code why) const {
    if (why.category() == make_error_code(store_error::locked).category()) {
        return explain_content(*this, static_cast<store_error>(why.value()));
    }
    auto const name = path.string();
    std::error_code ignored;
    if (why == boost::system::errc::no_such_file_or_directory) {
        if (!std::filesystem::exists(folder_of(path), ignored)) {
            return "cannot open " + name + ": the folder " + folder_of(path) +
                   " does not exist; make it first (folders are not made for you).";
        }
        return "cannot open " + name + ": there is no such file; check the name.";
    }
    if (why == boost::system::errc::not_a_directory) {
        return "cannot open " + name +
               ": a part of its path is a file, not a folder; check the "
               "path.";
    }
    if (why == boost::system::errc::permission_denied ||
        why == boost::system::errc::read_only_file_system) {
        return "cannot open " + name + " for reading" + (read_only ? "" : " and writing") + ": " +
               why.message() + "; change its permissions, or name another file.";
    }
    if (why == boost::system::errc::no_space_on_device) {
        return "cannot recover " + name +
               ": there is no room to save what has to be cut; make "
               "room in " +
               folder_of(path) + " and open it again.";
    }
    return "cannot open " + name + ": " + why.message() + ".";
}

}  // namespace trunkline::store
