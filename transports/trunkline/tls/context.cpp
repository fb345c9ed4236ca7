#include <trunkline/tls/context.hpp>

#include <trunkline/tls/protocol_name.hpp>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/verify_mode.hpp>

#include <boost/system/system_error.hpp>

#include <openssl/ssl.h>

#include <functional>
#include <mutex>
#include <string>

namespace trunkline::tls {
namespace {

namespace ssl = boost::asio::ssl;

// Calls that load files, until one fails.
class loading {
public:
    explicit loading(std::filesystem::path* at_fault) noexcept : at_fault_(at_fault) {}

    template <class Load>
    loading& file(std::filesystem::path const& path, Load load) {
        if (!error_) {
            load(path.string(), error_);
            if (error_ && at_fault_ != nullptr) {
                *at_fault_ = path;
            }
        }
        return *this;
    }

    [[nodiscard]] error_code error() const noexcept { return error_; }

private:
    std::filesystem::path* at_fault_;
    error_code error_;
};

std::shared_ptr<ssl::context> make(ssl::context::method of) {
    auto made = std::make_shared<ssl::context>(of);
    SSL_CTX* const native = made->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(native, 0);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    // An idle stream holds no buffer; a busy one reads records whole, not header and body apart.
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(native, 1);
    // Nobody is there who could be asked for a passphrase.
    error_code ignored;
    made->set_password_callback([](std::size_t, ssl::context::password_purpose) { return ""; },
                                ignored);
    return made;
}

void load_identity(loading& to, ssl::context& into, identity const& own) {
    to.file(own.certificates, [&](std::string const& path, error_code& error) {
        into.use_certificate_chain_file(path, error);
    });
    to.file(own.key, [&](std::string const& path, error_code& error) {
        into.use_private_key_file(path, ssl::context::pem, error);
    });
}

// Those who may vouch for clients are named to them, so that one with several certificates can
// choose (RFC 8446, section 4.2.4).
void name_authorities(loading& to, ssl::context& into, std::filesystem::path const& file) {
    to.file(file, [&](std::string const& path, error_code& error) {
        STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(path.c_str());
        if (names == nullptr) {
            error = make_error_code(boost::system::errc::bad_message);
            return;
        }
        SSL_CTX_set_client_CA_list(into.native_handle(), names);
    });
}

void load_authorities(loading& to, ssl::context& into, std::filesystem::path const& file) {
    to.file(file, [&](std::string const& path, error_code& error) {
        into.load_verify_file(path, error);
    });
}

using native_context = std::shared_ptr<ssl_ctx_st>;

// OpenSSL's own, which lives as long as the wrapper.
native_context native_of(std::shared_ptr<ssl::context> const& made) {
    return {made, made->native_handle()};
}

result<native_context> load(client_options const& options, std::filesystem::path* at_fault) {
    auto const made = make(ssl::context::tls_client);
    loading files(at_fault);
    if (options.authorities) {
        load_authorities(files, *made, *options.authorities);
    } else {
        SSL_CTX_set_default_verify_paths(made->native_handle());
    }
    if (options.own) {
        load_identity(files, *made, *options.own);
    }
    if (files.error()) {
        return files.error();
    }
    error_code ignored;
    made->set_verify_mode(options.verify ? ssl::verify_peer : ssl::verify_none, ignored);
    return native_of(made);
}

result<native_context> load(server_options const& options, std::filesystem::path* at_fault) {
    auto const made = make(ssl::context::tls_server);
    loading files(at_fault);
    choose_protocols(*made->native_handle());
    load_identity(files, *made, options.own);
    if (options.client_authorities) {
        load_authorities(files, *made, *options.client_authorities);
        name_authorities(files, *made, *options.client_authorities);
        error_code ignored;
        made->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, ignored);
    }
    if (files.error()) {
        return files.error();
    }
    return native_of(made);
}

}  // namespace

// The files, and what was made of them last.
class context::files {
public:
    using loader = std::function<result<native_context>(std::filesystem::path* at_fault)>;
    explicit files(loader from) : load_(std::move(from)) {}

    result<void> load(std::filesystem::path* at_fault) {
        try {
            auto made = load_(at_fault);
            if (!made) {
                return made.error();
            }
            std::lock_guard const lock(mutex_);
            now_.swap(*made);
            return {};
        } catch (boost::system::system_error const& fault) {
            return fault.code();  // OpenSSL itself does not start
        }
    }

    [[nodiscard]] native_context now() const {
        std::lock_guard const lock(mutex_);
        return now_;
    }

private:
    loader load_;
    mutable std::mutex mutex_;
    native_context now_;
};

result<context> context::made_of(std::shared_ptr<files> shared, std::filesystem::path* at_fault) {
    if (auto const loaded = shared->load(at_fault); !loaded) {
        return loaded.error();
    }
    return context(std::move(shared));
}

result<context> context::for_client(client_options const& options,
                                    std::filesystem::path* at_fault) {
    return made_of(
        std::make_shared<files>([options](std::filesystem::path* at) { return load(options, at); }),
        at_fault);
}

result<context> context::for_server(server_options const& options,
                                    std::filesystem::path* at_fault) {
    return made_of(
        std::make_shared<files>([options](std::filesystem::path* at) { return load(options, at); }),
        at_fault);
}

result<void> context::reload(std::filesystem::path* at_fault) const {
    return shared_->load(at_fault);
}

std::shared_ptr<ssl_ctx_st> context::native() const {
    return shared_->now();
}

}  // namespace trunkline::tls
