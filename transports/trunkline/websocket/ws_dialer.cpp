#include <trunkline/websocket/ws_dialer.hpp>

#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_connect.hpp>
#include <trunkline/websocket/opener.hpp>

#include <boost/asio/error.hpp>

#include <utility>

namespace trunkline::websocket {

class ws_dialer::attempt {
public:
    attempt(ws_dialer& owner, dialed done) : owner_(owner), done_(std::move(done)) {}

    /// `self`: where the owner keeps it.
    void start(std::list<attempt>::iterator self, std::string_view text) {
        self_ = self;
        auto const timeout = owner_.shared_.options().handshake_timeout;
        timer_ = owner_.loop_.after(timeout, [this] {
            finish(make_error_code(transport::transport_error::handshake_timeout));
        });
        auto url = parse_ws_url(text);
        if (!url) {
            fail_soon(url.error());
            return;
        }
        url_ = std::move(*url);
        auto addresses = transport::socket_address::resolve(url_.host, url_.port);
        if (!addresses) {
            fail_soon(addresses.error());
            return;
        }
        connect_ =
            transport::connect_socket(owner_.loop_, std::move(*addresses),
                                      [this](result<std::unique_ptr<transport::byte_stream>> link) {
                                          on_connected(std::move(link));
                                      });
    }

    void finish(result<std::unique_ptr<transport::connection>> made) {
        dialed const done = std::move(done_);
        owner_.attempts_.erase(self_);  // and with it this object
        done(std::move(made));
    }

private:
    void fail_soon(error_code error) {
        timer_ = owner_.loop_.after(transport::runtime::duration::zero(),
                                    [this, error] { finish(error); });
    }

    void on_connected(result<std::unique_ptr<transport::byte_stream>> link) {
        if (!link) {
            finish(link.error());
            return;
        }
        opener_ = std::make_unique<opener>(
            owner_.shared_, url_, std::move(*link),
            [this](result<std::unique_ptr<connection>> made) { on_opened(std::move(made)); });
    }

    void on_opened(result<std::unique_ptr<connection>> made) {
        if (made) {
            finish(std::unique_ptr<transport::connection>(std::move(*made)));
        } else {
            finish(made.error());
        }
    }

    ws_dialer& owner_;
    dialed done_;
    ws_url url_;
    std::unique_ptr<transport::timer> timer_;
    std::unique_ptr<transport::pending_connect> connect_;
    std::unique_ptr<opener> opener_;
    std::list<attempt>::iterator self_;
};

ws_dialer::ws_dialer(context& shared, transport::asio_runtime& loop)
    : shared_(shared), loop_(loop) {}

ws_dialer::~ws_dialer() {
    while (!attempts_.empty()) {
        attempts_.front().finish(make_error_code(boost::asio::error::operation_aborted));
    }
}

void ws_dialer::dial(std::string_view url, dialed done) {
    auto const made = attempts_.emplace(attempts_.end(), *this, std::move(done));
    made->start(made, url);
}

}  // namespace trunkline::websocket
