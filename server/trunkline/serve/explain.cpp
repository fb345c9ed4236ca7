#include <trunkline/serve/explain.hpp>

#include <trunkline/store/error.hpp>

namespace trunkline::server {
namespace {

using boost::system::errc::errc_t;
using store::store_error;

std::filesystem::path folder_of(std::filesystem::path const& path) {
    auto const folder = path.parent_path();
    return folder.empty() ? std::filesystem::path(".") : folder;
}

}  // namespace

std::string explain_open(std::filesystem::path const& path, error_code why) {
    std::string const name = path.string();
    std::string const folder = folder_of(path).string();
    if (why == store_error::not_a_store) {
        return name +
               " is not a store and was left as it is; choose another file, or a new name to "
               "begin a store";
    }
    if (why == store_error::locked) {
        return name +
               " is locked by another program that writes to it; stop that program or choose "
               "another file";
    }
    if (why == store_error::not_a_file || why == errc_t::is_a_directory) {
        return name + " is not a plain file; name a file, such as " + name + "/store.bin";
    }
    if (why == errc_t::no_such_file_or_directory) {
        return "the folder " + folder + " does not exist; make it or choose another place for " +
               path.filename().string();
    }
    if (why == errc_t::not_a_directory) {
        return folder + " is not a folder; choose another place for " + path.filename().string();
    }
    if (why == errc_t::permission_denied || why == errc_t::operation_not_permitted) {
        return "no permission to read and write " + name +
               "; change its owner or mode, or choose another file";
    }
    if (why == errc_t::read_only_file_system) {
        return name + " is on a read-only file system; choose another place";
    }
    if (why == errc_t::no_space_on_device) {
        return "no space left for " + name + "; make room or choose another place";
    }
    return "cannot open " + name + ": " + why.message();
}

std::string explain_listen(std::string_view endpoint, error_code why) {
    std::string const name(endpoint);
    if (why == errc_t::address_in_use) {
        return name +
               " is in use by another program; stop it, or choose another port with --port "
               "(0 picks a free one)";
    }
    if (why == errc_t::address_not_available) {
        return "cannot listen on " + name +
               ": this machine has no such address; choose one of its "
               "own with --host";
    }
    if (why == errc_t::permission_denied) {
        return "no permission to listen on " + name + "; choose a port above 1023 with --port";
    }
    return "cannot listen on " + name + ": " + why.message();
}

}  // namespace trunkline::server
