#include <interop/muxio_parts.hpp>

#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/peer/line_access.hpp>
#include <trunkline/rpc/error.hpp>

#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

namespace trunkline::interop {
namespace {

constexpr std::chrono::seconds patience{60};

using step_function = std::function<result<void>(rpc::endpoint&)>;

/// One step on the thread of the connection.
class step final : public peers::task {
public:
    explicit step(step_function what) : what_(std::move(what)) {}

    void run(peers::line& on) override {
        auto* const endpoint = on.endpoint();
        outcome_.set_value(endpoint == nullptr ? result<void>(rpc::rpc_error::not_connected)
                                               : what_(*endpoint));
    }
    void drop(error_code why) override { outcome_.set_value(why); }

    [[nodiscard]] std::future<result<void>> outcome() { return outcome_.get_future(); }

private:
    step_function what_;
    std::promise<result<void>> outcome_;
};

result<void> take(peer const& on, step_function what) {
    auto const work = std::make_shared<step>(std::move(what));
    auto outcome = work->outcome();
    peers::line_access::line_of(on)->submit(work);
    return outcome.get();
}

template <class Message>
Message decoded(std::optional<byte_string> const& bytes) {
    if (!bytes) {
        throw std::runtime_error("an answer ended too early");
    }
    auto read = bitcode::decode<Message>(*bytes);
    if (!read) {
        throw std::runtime_error("a frame that is not one part: " + read.error().message());
    }
    return std::move(**read);
}

}  // namespace

parts_call::parts_call(peer on, std::uint64_t method, byte_string const& metadata)
    : on_(std::move(on)) {
    attempt([&](rpc::endpoint& endpoint) -> result<void> {
        auto const opened = endpoint.open(method, metadata, *this);
        if (!opened) {
            return opened.error();
        }
        request_id_ = *opened;
        return {};
    });
}

parts_call::~parts_call() {
    (void)take(on_, [this](rpc::endpoint& endpoint) -> result<void> {
        endpoint.cancel(request_id_);  // nothing when it has ended
        return {};
    });
}

void parts_call::say(byte_string bytes) {
    attempt([&](rpc::endpoint& endpoint) {
        std::array<slice, 1> pieces{slice{bytes, {}}};
        return endpoint.write(request_id_, pieces);
    });
}

void parts_call::say(part const& next) {
    say(bitcode::encode(next).to_vector());
}

void parts_call::end() {
    // A peer that answers before the request has ended has ended the request, too.
    attempt([this](rpc::endpoint& endpoint) {
        return ended_ ? result<void>() : endpoint.end(request_id_);
    });
}

void parts_call::cancel() {
    attempt([this](rpc::endpoint& endpoint) -> result<void> {
        endpoint.cancel(request_id_);
        close({});
        return {};
    });
}

void parts_call::attempt(std::function<result<void>(rpc::endpoint&)> const& what) {
    auto const outcome = take(on_, what);
    if (!outcome) {
        std::lock_guard const lock(mutex_);
        throw std::runtime_error("a call in parts: " + outcome.error().message() +
                                 (ended_ ? "; its answer has ended" : ""));
    }
}

std::optional<byte_string> parts_call::hear() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return ended_ || !heard_.empty(); })) {
        throw std::runtime_error("no further part came");
    }
    if (!heard_.empty()) {
        auto next = std::move(heard_.front());
        heard_.pop_front();
        return next;
    }
    if (!failed_.empty()) {
        throw std::runtime_error(failed_);
    }
    return std::nullopt;
}

bool parts_call::fails() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [this] { return ended_; })) {
        throw std::runtime_error("an answer does not end");
    }
    return !failed_.empty();
}

part parts_call::hear_part() {
    return decoded<part>(hear());
}

tally parts_call::hear_tally() {
    return decoded<tally>(hear());
}

void parts_call::on_part(bytes_view bytes) {
    std::lock_guard const lock(mutex_);
    heard_.emplace_back(bytes.begin(), bytes.end());
    changed_.notify_all();
}

void parts_call::on_end() {
    close({});
}

void parts_call::on_failed(error_code error, rpc::status, bytes_view body) {
    close("an answer in parts failed: " + error.message() + std::string(as_text(body)));
}

void parts_call::close(std::string why) {
    std::lock_guard const lock(mutex_);
    ended_ = true;
    failed_ = std::move(why);
    changed_.notify_all();
}

}  // namespace trunkline::interop
