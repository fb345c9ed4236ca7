#include <trunkline/tls/described.hpp>

#include <openssl/bio.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

namespace trunkline::tls {
namespace {

struct deleter {
    void operator()(BIO* what) const noexcept { BIO_free(what); }
    void operator()(GENERAL_NAMES* what) const noexcept { GENERAL_NAMES_free(what); }
};

std::string subject_of(X509 const& certificate) {
    std::unique_ptr<BIO, deleter> const text(BIO_new(BIO_s_mem()));
    // Letters beyond ASCII as UTF-8, not as numbers.
    unsigned long const form = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
    if (text == nullptr ||
        X509_NAME_print_ex(text.get(), X509_get_subject_name(&certificate), 0, form) < 0) {
        return {};
    }
    char* at = nullptr;
    long const size = BIO_get_mem_data(text.get(), &at);
    return {at, static_cast<std::size_t>(size)};
}

std::string_view kind_of(GENERAL_NAME const& name) noexcept {
    switch (name.type) {
        case GEN_DNS:
            return "DNS:";
        case GEN_URI:
            return "URI:";
        case GEN_EMAIL:
            return "email:";
        default:
            return {};
    }
}

// Each by itself: joined, one name could look like two.
std::vector<std::string> names_of(X509 const& certificate) {
    std::vector<std::string> found;
    std::unique_ptr<GENERAL_NAMES, deleter> const names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        GENERAL_NAME const& each = *sk_GENERAL_NAME_value(names.get(), i);
        if (std::string_view const kind = kind_of(each); !kind.empty()) {
            auto const* const bytes = ASN1_STRING_get0_data(each.d.ia5);
            found.emplace_back(kind).append(
                reinterpret_cast<char const*>(bytes),
                static_cast<std::size_t>(ASN1_STRING_length(each.d.ia5)));
        }
    }
    return found;
}

}  // namespace

transport::peer_certificate described(x509_st const& certificate) {
    return {subject_of(certificate), names_of(certificate)};
}

}  // namespace trunkline::tls
