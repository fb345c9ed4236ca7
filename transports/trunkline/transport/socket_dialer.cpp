#include <trunkline/transport/socket_dialer.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/socket_connect.hpp>
#include <trunkline/transport/stream_connection.hpp>

#include <boost/asio/error.hpp>

#include <utility>

namespace trunkline::transport {

class socket_dialer::attempt {
public:
    attempt(socket_dialer& owner, dialed done) : owner_(owner), done_(std::move(done)) {}

    /// `self`: where the owner keeps it.
    void start(std::list<attempt>::iterator self, std::string_view url) {
        self_ = self;
        auto plan = owner_.plan_(url);
        if (!plan) {
            timer_ = owner_.loop_.after(runtime::duration::zero(),
                                        [this, why = plan.error()] { finish(why); });
            return;
        }
        open_ = std::move(plan->open);
        timer_ = owner_.loop_.after(owner_.timeout_, [this] {
            finish(make_error_code(transport_error::handshake_timeout));
        });
        connect_ = connect_socket(
            owner_.loop_, std::move(plan->addresses),
            [this](result<std::unique_ptr<byte_stream>> made) { on_connected(std::move(made)); });
    }

    void finish(result<std::unique_ptr<connection>> made) {
        dialed const done = std::move(done_);
        owner_.attempts_.erase(self_);  // and with it this object
        done(std::move(made));
    }

private:
    void on_connected(result<std::unique_ptr<byte_stream>> made) {
        if (!made) {
            finish(made.error());
            return;
        }
        auto link = owner_.filter_ ? owner_.filter_(std::move(*made)) : std::move(*made);
        if (link == nullptr) {
            finish(make_error_code(transport_error::handshake_refused));
            return;
        }
        if (!open_) {
            finish(
                std::unique_ptr<connection>(std::make_unique<stream_connection>(std::move(link))));
            return;
        }
        auto opening = open_(std::move(link), [this](result<std::unique_ptr<connection>> opened) {
            finish(std::move(opened));
        });
        if (!opening) {
            finish(opening.error());
            return;
        }
        opening_ = std::move(*opening);
    }

    socket_dialer& owner_;
    dialed done_;
    std::unique_ptr<timer> timer_;
    std::unique_ptr<pending_connect> connect_;
    decltype(dial_plan::open) open_;
    std::unique_ptr<pending_connection> opening_;
    std::list<attempt>::iterator self_;
};

socket_dialer::socket_dialer(asio_runtime& loop, planner plan, runtime::duration timeout,
                             stream_filter filter)
    : loop_(loop), plan_(std::move(plan)), timeout_(timeout), filter_(std::move(filter)) {}

socket_dialer::socket_dialer(asio_runtime& loop, resolver resolve, runtime::duration timeout,
                             stream_filter filter)
    : socket_dialer(
          loop,
          [resolve](std::string_view url) -> result<dial_plan> {
              auto addresses = resolve(url);
              if (!addresses) {
                  return addresses.error();
              }
              return dial_plan{std::move(*addresses)};
          },
          timeout, std::move(filter)) {}

socket_dialer::~socket_dialer() {
    while (!attempts_.empty()) {
        attempts_.front().finish(make_error_code(boost::asio::error::operation_aborted));
    }
}

void socket_dialer::dial(std::string_view url, dialed done) {
    auto const made = attempts_.emplace(attempts_.end(), *this, std::move(done));
    made->start(made, url);
}

}  // namespace trunkline::transport
