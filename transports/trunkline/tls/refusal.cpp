#include <trunkline/tls/refusal.hpp>

#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>

namespace trunkline::tls {
namespace {

class refused_certificates final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "trunkline.tls.verify"; }
    [[nodiscard]] std::string message(int value) const override {
        return std::string("The certificate of the peer is refused: ") +
               X509_verify_cert_error_string(value) + ".";
    }
};

}  // namespace

boost::system::error_category const& verify_category() noexcept {
    static refused_certificates const category;
    return category;
}

bool is_refusal(error_code why) noexcept {
    if (why.category() == verify_category()) {
        return true;
    }
    if (why.category() != boost::asio::error::get_ssl_category()) {
        return false;
    }
    // OpenSSL makes the reason of an alert that has come of its number.
    switch (ERR_GET_REASON(static_cast<unsigned long>(why.value())) - SSL_AD_REASON_OFFSET) {
        case SSL_AD_HANDSHAKE_FAILURE:  // before TLS 1.3 also: no certificate, and one is needed
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
        case SSL_AD_DECRYPT_ERROR:  // also a certificate whose signature is not what it says
        case SSL_AD_PROTOCOL_VERSION:
        case SSL_AD_INSUFFICIENT_SECURITY:
        case SSL_AD_UNRECOGNIZED_NAME:
        case SSL_AD_CERTIFICATE_REQUIRED:
        case SSL_AD_NO_APPLICATION_PROTOCOL:
            return true;
        default:
            return false;
    }
}

}  // namespace trunkline::tls
