#include <trunkline/tls/tls_stream.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/tls/described.hpp>
#include <trunkline/tls/protocol_name.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

namespace trunkline::tls {
namespace {

using transport::io_result;
using transport::io_status;

constexpr std::size_t record_size = 16 * kib;        // payload of the largest record
constexpr std::size_t taken_per_write = 64 * kib;    // about what a socket takes at once
constexpr std::size_t replies_size_max = 128 * kib;  // that a peer makes us queue by what it sends

// What one call encrypts; the rest that the link did not take moves to its stream.
thread_local std::vector<std::byte> encrypted;

error_code no_memory() noexcept {
    return make_error_code(boost::system::errc::not_enough_memory);
}

struct ssl_deleter {
    void operator()(SSL* what) const noexcept { SSL_free(what); }
};

class openssl_stream final : public tls_stream, private transport::readiness_sink {
public:
    openssl_stream(transport::runtime& loop, std::unique_ptr<transport::byte_stream> below)
        : loop_(loop), below_(std::move(below)) {}
    ~openssl_stream() override {
        if (ssl_ != nullptr) {
            close(false);
        }
    }
    openssl_stream(openssl_stream const&) = delete;
    openssl_stream& operator=(openssl_stream const&) = delete;

    [[nodiscard]] error_code start(context const& shared, std::string const* host, spoken inside) {
        ssl_.reset(SSL_new(shared.native().get()));
        BIO* const link = ssl_ ? BIO_new(link_method()) : nullptr;
        if (link == nullptr) {
            return no_memory();
        }
        BIO_set_data(link, this);
        BIO_set_init(link, 1);
        SSL_set_bio(ssl_.get(), link, link);
        name_protocol(*ssl_, inside);
        if (host == nullptr) {
            SSL_set_accept_state(ssl_.get());
            return {};
        }
        if (!expect(*host)) {
            return no_memory();
        }
        SSL_set_connect_state(ssl_.get());
        shake_hands();
        return {};
    }

    [[nodiscard]] io_result establish() override {
        shake_hands();
        if (error_code const why = not_writing()) {
            return failed(why);
        }
        return {
            .status = shaking() ? io_status::would_block : io_status::ok, .size = 0, .error = {}};
    }

    [[nodiscard]] io_result read(mutable_bytes into) override {
        std::size_t size = 0;
        more_ = false;
        while (size < into.size() && !error_ && !ended_) {
            std::size_t got = 0;
            ERR_clear_error();
            int const done = SSL_read_ex(ssl_.get(), into.data() + size, into.size() - size, &got);
            if (done != 1) {
                if (!waits(done)) {
                    break;
                }
                return finish_read(size);
            }
            size += got;
        }
        more_ = size > 0;
        return finish_read(size);
    }

    [[nodiscard]] io_result write(std::span<bytes_view const> pieces) override {
        shake_hands();
        std::size_t const held = unsent_.size();
        if (held > 0) {
            send();
        }
        if (error_code const why = not_writing()) {
            return failed(why);
        }
        if (shaking() || !unsent_.empty()) {
            bool const moved = unsent_.size() < held;
            return {
                .status = moved ? io_status::ok : io_status::would_block, .size = 0, .error = {}};
        }
        std::size_t const size = encrypt(pieces);
        send();
        // Part of it may have arrived, also where the link has failed since: the next call says so.
        bool const taken = size > 0 || !error_;
        return taken ? io_result{.status = io_status::ok, .size = size, .error = {}}
                     : failed(error_);
    }

    [[nodiscard]] bool holds_unsent() const noexcept override { return !unsent_.empty(); }

    void shutdown_write() override {
        ends_ = true;
        send();
    }

    void close(bool abort) override {
        if (!abort) {
            say_goodbye();
            send();
        }
        sink_ = nullptr;
        notice_.reset();
        error_ = error_ ? error_ : make_error_code(boost::system::errc::bad_file_descriptor);
        unsent_.clear();
        below_->close(abort);
    }

    void watch(transport::readiness_sink* sink, bool read_interest, bool write_interest) override {
        sink_ = sink;
        for_read_ = read_interest;
        for_write_ = write_interest;
        watch_below();
    }

    void acknowledge_now() override { below_->acknowledge_now(); }
    void hold_back(bool on) override { below_->hold_back(on); }
    [[nodiscard]] std::string peer() const override { return below_->peer(); }
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const override {
        return below_->credentials();
    }
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const override {
        bool const verified = SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE &&
                              SSL_get_verify_result(ssl_.get()) == X509_V_OK;
        X509 const* const shown = SSL_get0_peer_certificate(ssl_.get());
        return verified && shown != nullptr ? std::optional(described(*shown)) : std::nullopt;
    }
    [[nodiscard]] transport::file_descriptor release() override { return {}; }

private:
    // --- the link below, as OpenSSL sees it

    static BIO_METHOD* link_method() {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* const made =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "byte_stream");
            if (made != nullptr) {
                BIO_meth_set_read_ex(made, &openssl_stream::read_link);
                BIO_meth_set_write_ex(made, &openssl_stream::write_link);
                BIO_meth_set_ctrl(made, &openssl_stream::control_link);
            }
            return made;
        }();
        return method;
    }

    static int read_link(BIO* link, char* to, std::size_t size, std::size_t* got) {
        auto& self = *static_cast<openssl_stream*>(BIO_get_data(link));
        io_result const read = self.below_->read({reinterpret_cast<std::byte*>(to), size});
        BIO_clear_retry_flags(link);
        *got = read.size;
        if (read.status == io_status::would_block) {
            BIO_set_retry_read(link);
        } else if (read.status == io_status::end) {
            self.link_ended_ = true;
        } else if (read.status == io_status::error) {
            self.link_error_ = read.error;
        }
        return read.status == io_status::ok ? 1 : 0;
    }

    static int write_link(BIO* link, char const* from, std::size_t size, std::size_t* took) {
        auto const* const bytes = reinterpret_cast<std::byte const*>(from);
        encrypted.insert(encrypted.end(), bytes, bytes + size);
        BIO_clear_retry_flags(link);
        *took = size;
        return 1;
    }

    static long control_link(BIO* link, int what, long, void*) {
        if (what == BIO_CTRL_EOF) {
            return static_cast<openssl_stream*>(BIO_get_data(link))->link_ended_ ? 1 : 0;
        }
        return what == BIO_CTRL_FLUSH ? 1 : 0;
    }

    // --- the handshake

    // Names are sent, so that one address can serve many; addresses are not (RFC 6066, section 3).
    bool expect(std::string const& host) {
        error_code not_an_address;
        boost::asio::ip::make_address(host, not_an_address);
        if (!not_an_address) {
            return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1;
        }
        // Names of its owner are none of a host (RFC 9525, section 6.3).
        SSL_set_hostflags(
            ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
        return SSL_set1_host(ssl_.get(), host.c_str()) == 1 &&
               SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1;
    }

    [[nodiscard]] bool shaking() const noexcept {
        return !not_writing() && !ended_ && SSL_is_init_finished(ssl_.get()) == 0;
    }

    void shake_hands() {
        if (shaking()) {
            ERR_clear_error();
            int const done = SSL_do_handshake(ssl_.get());
            more_ = done == 1;
            if (done != 1) {
                static_cast<void>(waits(done));
            }
            send();
        }
    }

    // --- results

    // True where the peer has to send something first; else the stream has ended, and how is noted.
    bool waits(int done) {
        switch (SSL_get_error(ssl_.get(), done)) {
            case SSL_ERROR_WANT_READ:
            case SSL_ERROR_WANT_WRITE:
                return true;
            case SSL_ERROR_ZERO_RETURN:
                if (SSL_is_init_finished(ssl_.get()) == 0) {  // anybody may have said that
                    error_ = make_error_code(boost::asio::ssl::error::stream_truncated);
                } else {
                    ended_ = true;
                }
                return false;
            default:
                error_ = why();
                return false;
        }
    }

    // What OpenSSL says first may be a step on the way to the verdict on a certificate.
    [[nodiscard]] error_code why() const {
        unsigned long const reason = ERR_peek_error();
        long const verdict = SSL_get_verify_result(ssl_.get());
        bool const verifies = SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE;
        if (link_error_) {
            return link_error_;
        }
        if (verifies && verdict != X509_V_OK) {
            return {static_cast<int>(verdict), verify_category()};
        }
        if (link_ended_ || reason == 0) {
            return make_error_code(boost::asio::ssl::error::stream_truncated);
        }
        return {static_cast<int>(reason), boost::asio::error::get_ssl_category()};
    }

    [[nodiscard]] error_code not_writing() const noexcept { return error_ ? error_ : write_error_; }

    [[nodiscard]] static io_result failed(error_code why) noexcept {
        return {.status = io_status::error, .size = 0, .error = why};
    }

    // What came before an end or an error is told first.
    io_result finish_read(std::size_t size) {
        send();
        if (unsent_.size() > replies_size_max) {
            error_ = make_error_code(boost::system::errc::no_buffer_space);
        }
        watch_below();
        if (size > 0) {
            return {.status = io_status::ok, .size = size, .error = {}};
        }
        if (error_) {
            return failed(error_);
        }
        return {.status = ended_ ? io_status::end : io_status::would_block, .size = 0, .error = {}};
    }

    // --- sending

    // Small pieces share a record. Never waits: what OpenSSL writes is kept.
    std::size_t encrypt(std::span<bytes_view const> pieces) {
        std::array<std::byte, record_size> joined;
        std::size_t filled = 0;
        std::size_t taken = 0;
        for (bytes_view piece : pieces) {
            while (!piece.empty() && taken < taken_per_write && !error_) {
                std::size_t const size = std::min(piece.size(), joined.size() - filled);
                if (size == joined.size()) {
                    put_record(piece.first(size));
                } else {
                    std::memcpy(joined.data() + filled, piece.data(), size);
                    filled += size;
                }
                if (filled == joined.size()) {
                    put_record(joined);
                    filled = 0;
                }
                piece = piece.subspan(size);
                taken += size;
            }
        }
        if (filled > 0) {
            put_record(bytes_view(joined).first(filled));
        }
        return taken;
    }

    void put_record(bytes_view payload) {
        std::size_t took = 0;
        ERR_clear_error();
        int const done = SSL_write_ex(ssl_.get(), payload.data(), payload.size(), &took);
        if (done != 1) {
            error_ = why();
        }
    }

    void say_goodbye() {
        if (!error_ && !shaking() && (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) == 0) {
            ERR_clear_error();
            SSL_shutdown(ssl_.get());
        }
    }

    // What is encrypted goes to the link, in order, and what that does not take is kept. The end
    // that was asked for comes last, and not before the handshake is over.
    void send() {
        if (ends_ && !shaking()) {
            say_goodbye();
        }
        if (unsent_.empty()) {
            encrypted.erase(encrypted.begin(),
                            encrypted.begin() + static_cast<long>(pass_on(encrypted)));
            unsent_.assign(encrypted.begin(), encrypted.end());
        } else {
            unsent_.insert(unsent_.end(), encrypted.begin(), encrypted.end());
            unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<long>(pass_on(unsent_)));
        }
        encrypted.clear();
        if (unsent_.empty()) {
            std::vector<std::byte>().swap(unsent_);
            if (ends_ && !shaking()) {
                ends_ = false;
                below_->shutdown_write();
            }
        }
        watch_below();
    }

    std::size_t pass_on(bytes_view bytes) {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            bytes_view const rest = bytes.subspan(sent);
            io_result const took = below_->write({&rest, 1});
            if (took.status == io_status::error) {
                write_error_ = took.error;
                return bytes.size();  // nobody will have it
            }
            if (took.status != io_status::ok) {
                break;
            }
            sent += took.size;
        }
        return sent;
    }

    // --- readiness

    // Who waits for the end of a handshake waits for the peer, whatever it wants to do then.
    void watch_below() {
        bool const asked = sink_ != nullptr;
        bool const waiting = shaking();
        bool const read_interest = asked && (for_read_ || ((for_write_ || ends_) && waiting));
        bool const write_interest = asked && (!unsent_.empty() || (for_write_ && !waiting));
        below_->watch(asked ? this : nullptr, read_interest, write_interest);
        notify_later();
    }

    // The link does not know of what was read from it and not yet asked for.
    void notify_later() {
        bool const here = error_ || ended_ || (more_ && SSL_has_pending(ssl_.get()) == 1);
        if (sink_ == nullptr || !for_read_ || !here) {
            notice_.reset();
        } else if (notice_ == nullptr) {
            notice_ = loop_.after(transport::runtime::duration::zero(), [this] {
                notice_.reset();
                notify_later();
                sink_->on_ready(true, false);
            });
        }
    }

    void on_ready(bool readable, bool writable) override {
        bool const waited = shaking();
        shake_hands();
        if (writable && !for_write_) {
            send();  // else who wants to write does that, and sees how it goes
        }
        if (shaking() || sink_ == nullptr) {
            return;
        }
        bool const tell_read = for_read_ && (readable || waited);
        bool const tell_write = for_write_ && (writable || waited);
        if (tell_read || tell_write) {
            sink_->on_ready(tell_read, tell_write);
        }
    }

    transport::runtime& loop_;
    std::unique_ptr<transport::byte_stream> below_;
    std::unique_ptr<SSL, ssl_deleter> ssl_;
    std::vector<std::byte> unsent_;
    transport::readiness_sink* sink_ = nullptr;
    std::unique_ptr<transport::timer> notice_;
    error_code link_error_;   // of reading
    error_code write_error_;  // the link takes nothing more; what it still gives is read
    error_code error_;        // of both directions
    bool link_ended_ = false;
    bool ended_ = false;  // as the peer has said
    bool ends_ = false;   // our direction, once all is sent
    bool more_ = false;   // there may be bytes in OpenSSL: behind a handshake, or a full buffer
    bool for_read_ = false;
    bool for_write_ = false;
};

result<std::unique_ptr<tls_stream>> make_stream(transport::runtime& loop,
                                                std::unique_ptr<transport::byte_stream> below,
                                                context const& shared, std::string const* host,
                                                spoken inside) {
    auto made = std::make_unique<openssl_stream>(loop, std::move(below));
    if (error_code const failed = made->start(shared, host, inside)) {
        return failed;
    }
    return std::unique_ptr<tls_stream>(std::move(made));
}

}  // namespace

result<std::unique_ptr<tls_stream>> make_client_stream(
    transport::runtime& loop, std::unique_ptr<transport::byte_stream> below, context const& shared,
    std::string const& host, spoken inside) {
    return make_stream(loop, std::move(below), shared, &host, inside);
}

result<std::unique_ptr<tls_stream>> make_server_stream(
    transport::runtime& loop, std::unique_ptr<transport::byte_stream> below, context const& shared,
    spoken inside) {
    return make_stream(loop, std::move(below), shared, nullptr, inside);
}

}  // namespace trunkline::tls
