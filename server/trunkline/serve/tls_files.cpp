#include <trunkline/serve/tls_files.hpp>

#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/x509err.h>

#include <algorithm>

namespace trunkline::server {
namespace {

bool is_mismatch(error_code why) noexcept {
    auto const packed = static_cast<unsigned long>(why.value());
    return why.category() == boost::asio::error::get_ssl_category() &&
           ERR_GET_LIB(packed) == ERR_LIB_X509 &&
           ERR_GET_REASON(packed) == X509_R_KEY_VALUES_MISMATCH;
}

}  // namespace

std::string explain_tls(std::span<tls_file const> files, std::filesystem::path const& at_fault,
                        error_code why) {
    auto const found = std::ranges::find(files, at_fault.string(), &tls_file::path);
    if (found == files.end()) {
        return "TLS cannot be set up: " + why.message();
    }
    std::string const named = std::string(found->flag) + " " + found->path;
    if (is_mismatch(why)) {
        return named +
               " is not the key of the first certificate of --tls-cert; give the two that "
               "belong together";
    }
    if (why.category() == boost::system::system_category() ||
        why.category() == boost::system::generic_category()) {
        return named + " cannot be read: " + why.message() + "; name a file with " +
               std::string(found->content);
    }
    return named + " does not hold " + std::string(found->content) + ": " + why.message();
}

std::string check_pair(std::string_view certificates, std::string_view key) {
    if (certificates.empty() == key.empty()) {
        return {};
    }
    std::string const given = certificates.empty() ? "--tls-key" : "--tls-cert";
    std::string const other = certificates.empty() ? "--tls-cert" : "--tls-key";
    return given + " needs " + other + "; give both, or neither";
}

}  // namespace trunkline::server
