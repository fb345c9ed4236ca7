#include <trunkline/serving/explain.hpp>

#include <trunkline/transport/endpoint_url.hpp>
#include <trunkline/transport/error.hpp>

namespace trunkline::server {
namespace {

using boost::system::errc::errc_t;
using transport::transport_error;

/// Of an endpoint that was given as a URL.
std::string explain_url(std::string const& url, error_code why) {
    bool const is_unix = url.starts_with("unix:");
    std::string const other = is_unix ? "path or name" : "port";
    if (why == errc_t::address_in_use) {
        return url + " is in use by a program that runs; stop it, or choose another " + other +
               " with --listen";
    }
    if (why == transport_error::not_a_socket) {
        return "cannot listen on " + url +
               ": there is a file that is no socket; move it away, or choose another path with "
               "--listen";
    }
    if (why == errc_t::permission_denied) {
        return "no permission to listen on " + url + "; choose another " + other + " with --listen";
    }
    return "cannot listen on " + url + ": " + why.message();
}

}  // namespace

std::string explain_listen(std::string_view endpoint, error_code why) {
    std::string const name(endpoint);
    if (auto const url = transport::parse_endpoint(endpoint); url) {
        return explain_url(name, why);
    }
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
