#include <trunkline/serve/explain.hpp>

namespace trunkline::server {
namespace {

using boost::system::errc::errc_t;
}  // namespace

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
