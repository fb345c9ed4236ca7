// For tests: an authority made on the spot, and what it vouches for.
#pragma once

#include <trunkline/tls/context.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace trunkline::tls {

/// What a certificate of a test is to say.
struct certificate_wish {
    std::string names = "DNS:server.test,IP:127.0.0.1";  ///< as OpenSSL's subjectAltName
    long days_left = 1;                                  ///< negative: it has run out
};

/// Writes PEM files into a folder that lives longer.
class test_authority {
public:
    explicit test_authority(std::filesystem::path folder)
        : folder_(std::move(folder)), key_(EVP_EC_gen("P-256")), own_(make(key_.get(), {}, true)) {
        write(file(), own_.get(), nullptr);
    }

    /// Its own certificate.
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "authority.pem"; }

    /// A new key, with a certificate that it signs.
    [[nodiscard]] identity issue(std::string const& name, certificate_wish const& wish = {}) const {
        key_pointer const key(EVP_EC_gen("P-256"));
        certificate_pointer const made = make(key.get(), wish, false);
        identity files{folder_ / (name + ".pem"), folder_ / (name + ".key")};
        write(files.certificates, made.get(), nullptr);
        write(files.key, nullptr, key.get());
        return files;
    }

private:
    struct deleter {
        void operator()(EVP_PKEY* what) const noexcept { EVP_PKEY_free(what); }
        void operator()(X509* what) const noexcept { X509_free(what); }
        void operator()(std::FILE* what) const noexcept { std::fclose(what); }
    };
    using key_pointer = std::unique_ptr<EVP_PKEY, deleter>;
    using certificate_pointer = std::unique_ptr<X509, deleter>;

    certificate_pointer make(EVP_PKEY* key, certificate_wish const& wish, bool authority) const {
        constexpr long day = 24 * 3600;
        certificate_pointer made(X509_new());
        X509_set_version(made.get(), 2);
        ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial_);
        X509_gmtime_adj(X509_getm_notBefore(made.get()), -30 * day);
        X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.days_left * day);
        X509_set_pubkey(made.get(), key);
        X509_NAME* const subject = X509_get_subject_name(made.get());
        char const* const title = authority ? "authority of a test" : "peer of a test";
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<unsigned char const*>(title), -1, -1, 0);
        X509_set_issuer_name(made.get(), authority ? subject : X509_get_subject_name(own_.get()));
        extend(made.get(), NID_basic_constraints, authority ? "critical,CA:TRUE" : "CA:FALSE");
        if (!authority) {
            extend(made.get(), NID_subject_alt_name, wish.names.c_str());
        }
        X509_sign(made.get(), key_.get(), EVP_sha256());
        return made;
    }

    static void extend(X509* what, int extension, char const* value) {
        X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, nullptr, extension, value);
        X509_add_ext(what, made, -1);
        X509_EXTENSION_free(made);
    }

    static void write(std::filesystem::path const& path, X509* certificate, EVP_PKEY* key) {
        std::unique_ptr<std::FILE, deleter> const file(std::fopen(path.c_str(), "w"));
        if (certificate != nullptr) {
            PEM_write_X509(file.get(), certificate);
        }
        if (key != nullptr) {
            PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
        }
    }

    std::filesystem::path folder_;
    mutable long serial_ = 0;
    key_pointer key_;
    certificate_pointer own_;
};

}  // namespace trunkline::tls
