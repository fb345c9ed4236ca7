#include <trunkline/tls/protocol_name.hpp>

#include <openssl/ssl.h>

#include <array>

namespace trunkline::tls {
namespace {

// With its length before it, as it travels.
constexpr std::array<unsigned char, 9> http{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

int choose(SSL* end, unsigned char const** chosen, unsigned char* size,
           unsigned char const* offered, unsigned int offered_size, void* /*unused*/) {
    if (SSL_get_app_data(end) == nullptr) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    unsigned char* found = nullptr;
    int const how =
        SSL_select_next_proto(&found, size, http.data(), http.size(), offered, offered_size);
    *chosen = found;
    return how == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void name_protocol(ssl_st& end, spoken inside) {
    if (inside == spoken::http) {
        // What a server chooses; what a client offers. Without memory for it, it offers nothing.
        SSL_set_app_data(&end, const_cast<unsigned char*>(http.data()));
        SSL_set_alpn_protos(&end, http.data(), http.size());
    }
}

void choose_protocols(ssl_ctx_st& shared) {
    SSL_CTX_set_alpn_select_cb(&shared, choose, nullptr);
}

}  // namespace trunkline::tls
