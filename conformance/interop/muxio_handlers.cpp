#include <interop/muxio_handlers.hpp>

#include <interop/muxio_service.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/peer/handler.hpp>
#include <trunkline/peer/stream_handler.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace trunkline::interop {
namespace {

void require(bool added) {
    if (!added) {
        throw std::logic_error("two handlers of one method");
    }
}

template <class Message>
void say(rpc::responder& to, Message message) {
    auto encoded = bitcode::encode(std::move(message));
    to.part(encoded.slices());
}

/// Each stream of the service. A part that cannot be decoded ends the answer at once, which the
/// caller notices.
class served_stream : public rpc::call_stream {
public:
    served_stream(rpc::responder to, sightings& seen) : to_(std::move(to)), seen_(seen) {}

    void on_part(bytes_view bytes) final {
        auto decoded = bitcode::decode<part>(bytes);
        if (!decoded) {
            to_.end();
            return;
        }
        take(std::move(**decoded));
    }
    void on_end() override { to_.end(); }
    void on_cancelled(error_code) final { ++seen_.cancelled; }

protected:
    [[nodiscard]] rpc::responder& to() noexcept { return to_; }

private:
    virtual void take(part) {}

    rpc::responder to_;
    sightings& seen_;
};

class collected final : public served_stream {
public:
    using served_stream::served_stream;

    void on_end() override {
        say(to(), all_);
        to().end();
    }

private:
    void take(part next) override { all_.add(next); }

    tally all_;
};

class mirror final : public served_stream {
public:
    using served_stream::served_stream;

private:
    void take(part next) override { say(to(), mirrored(std::move(next))); }
};

void add_streams(rpc::dispatcher& methods, sightings& seen) {
    require(methods.add_stream(method::count, [&seen](rpc::request const& call, rpc::responder to) {
        auto const wanted = bitcode::decode<number>(call.arguments);
        auto const count = wanted ? (**wanted).value : 0;
        for (std::uint64_t place = 0; place < count; ++place) {
            say(to, part_of(place, count));
        }
        return std::make_unique<served_stream>(std::move(to), seen);
    }));
    require(methods.add_stream(method::collect, [&seen](rpc::request const&, rpc::responder to) {
        return std::make_unique<collected>(std::move(to), seen);
    }));
    require(methods.add_stream(method::mirror, [&seen](rpc::request const&, rpc::responder to) {
        return std::make_unique<mirror>(std::move(to), seen);
    }));
    // Its caller never ends its request, so this one lasts until it is cancelled.
    require(methods.add_stream(method::run_on, [&seen](rpc::request const&, rpc::responder to) {
        for (std::uint64_t place = 0; place < run_on_parts; ++place) {
            say(to, part_of(place, 0));
        }
        return std::make_unique<served_stream>(std::move(to), seen);
    }));
}

boost::asio::awaitable<void> flows(stream_reader<typed::raw>& from, stream_writer<typed::raw>& to,
                                   call_context) {
    for (;;) {
        auto const next = co_await from.async_read(boost::asio::use_awaitable);
        if (!next || !*next) {
            co_return;
        }
        auto const written = co_await to.async_write(**next, boost::asio::use_awaitable);
        if (!written) {
            co_return;
        }
    }
}

boost::asio::awaitable<void> turns_around(stream_reader<blob>& from, stream_writer<blob>& to,
                                          call_context) {
    for (;;) {
        auto const next = co_await from.async_read(boost::asio::use_awaitable);
        if (!next || !*next) {
            co_return;
        }
        byte_string const& body = (**next)->body;
        blob back{{body.rbegin(), body.rend()}};
        auto const written = co_await to.async_write(std::move(back), boost::asio::use_awaitable);
        if (!written) {
            co_return;
        }
    }
}

}  // namespace

void add_service(rpc::dispatcher& methods, sightings& seen) {
    using refusal = call_result<words>;
    require(add_handler(methods, method::echo, [](blob const& what) { return what; }));
    require(add_handler(methods, method::sum, [](terms const& of) {
        return number{std::accumulate(of.values.begin(), of.values.end(), std::uint64_t{0})};
    }));
    require(add_handler(methods, method::refuse, [](words const& why) -> refusal {
        return call_failure{call_error::refused, why.said};
    }));
    require(add_handler(methods, method::fail, [](words const& why) -> refusal {
        return call_failure{call_error::system_failure, why.said};
    }));
    require(add_handler(methods, method::hide, [](words const& why) -> refusal {
        return call_failure{call_error::unknown_method, why.said};
    }));
    require(add_handler(methods, method::abilities,
                        [](number const&) { return number{takes_streams | takes_cancels}; }));
    require(add_handler(methods, method::cancelled,
                        [&seen](number const&) { return number{seen.cancelled}; }));
    require(add_handler(methods, method::news, [&seen](words const&) { ++seen.news; }));
    require(
        add_handler(methods, method::heard, [&seen](number const&) { return number{seen.news}; }));
    require(add_handler(methods, method::flow, flows));
    require(add_handler(methods, method::records, turns_around));
    add_streams(methods, seen);
}

}  // namespace trunkline::interop
