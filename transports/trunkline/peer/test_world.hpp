// For tests: a server and its clients over every transport, and somebody who waits for events.
#pragma once

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/memory/hub.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/peer/rpc_server.hpp>
#include <trunkline/tls/test_certificates.hpp>

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace trunkline::testing {

struct text {
    std::string value;
    static constexpr auto fields() { return std::tuple(&text::value); }
};
struct number {
    std::uint64_t value = 0;
    static constexpr auto fields() { return std::tuple(&number::value); }
};
struct blob {
    std::vector<std::byte> bytes;
    static constexpr auto fields() { return std::tuple(&blob::bytes); }
};

struct nothing {
    static constexpr auto fields() { return std::tuple(); }
};

inline constexpr typed::method<text, text> echo{"echo"};
inline constexpr typed::method<blob, blob> mirror{"mirror"};
inline constexpr typed::method<number, number> add_one{"add one"};
inline constexpr typed::method<text, text> never{"never"};
inline constexpr typed::event<text> news{"news"};

/// What answers `echo`.
inline text echoed(text const& said) {
    return said;
}

/// What a peer says to a greeting, or why it said nothing.
inline std::string answer_of(rpc_client const& client) {
    auto const answer = client.call(echo, {"hello"});
    return answer ? (*answer)->value : answer.error().error.message();
}

/// Does not answer; ends when it is cancelled.
inline boost::asio::awaitable<text> waits(received<text>, call_context) {
    boost::asio::steady_timer forever(co_await boost::asio::this_coro::executor,
                                      boost::asio::steady_timer::time_point::max());
    co_await forever.async_wait(boost::asio::use_awaitable);
    co_return text{};
}

/// Long enough for any loaded machine; a test that waits so long has failed.
inline constexpr std::chrono::seconds patience{60};

/// A list that one thread fills and another one waits for.
template <class Value>
class seen {
public:
    void add(Value value) {
        std::lock_guard const lock(mutex_);
        values_.push_back(std::move(value));
        changed_.notify_all();
    }
    /// The first `count`, or fewer when they do not come.
    [[nodiscard]] std::vector<Value> wait_for(std::size_t count) {
        return wait_until([&] { return values_.size() >= count; });
    }
    /// Up to the first one that is `last`, by a function of it.
    template <class IsLast>
    [[nodiscard]] std::vector<Value> wait_for_last(IsLast last) {
        return wait_until([&] { return !values_.empty() && last(values_.back()); });
    }

private:
    template <class Condition>
    std::vector<Value> wait_until(Condition holds) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, holds);
        return values_;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Value> values_;
};

struct state_change {
    transport::connection_state state;
    error_code why;
};

/// Every transport, by its name in over_transports.
inline std::array<std::string, 7> const every_transport{"memory", "websocket", "deflate", "tcp",
                                                        "unix",   "tls",       "wss"};

/// A server that clients know, and its clients, for "tls:" and "wss:".
struct trusted_parties {
    scratch_folder folder;
    tls::test_authority authority{folder.path()};
    tls::context serving = tls::context::for_server({.own = authority.issue("server")}).value();
    tls::context asking = tls::context::for_client({.authorities = authority.file()}).value();
};
inline trusted_parties const& parties() {
    static trusted_parties const all;
    return all;
}

/// One of them. A server has the endpoint of its transport, so a test has one server at a time.
class over_transports : public ::testing::TestWithParam<std::string> {
protected:
    [[nodiscard]] bool is_memory() const { return GetParam() == "memory"; }
    [[nodiscard]] bool is_compressed() const { return GetParam() == "deflate"; }

    /// Whether clients ask for the extension: the tests run once without and once with it.
    [[nodiscard]] static bool is_extended() {
        return std::getenv("TRUNKLINE_TEST_EXTENSION") != nullptr;
    }

    [[nodiscard]] rpc_server::builder a_server() {
        rpc_server::builder made;
        made.listen(url()).over(names_).certificates(parties().serving);
        if (is_compressed()) {
            made.deflate();
        }
        return made;
    }
    [[nodiscard]] std::string url() const {
        if (GetParam() == "tcp" || GetParam() == "tls") {
            return GetParam() + "://127.0.0.1:0";
        }
        if (GetParam() == "unix") {
            return "unix:" + (folder_ / "s.sock").string();
        }
        if (GetParam() == "wss") {
            return "wss://127.0.0.1:0/ws";
        }
        return is_memory() ? "memory:peer" : "ws://127.0.0.1:0/ws";
    }
    /// Where nobody listens.
    [[nodiscard]] std::string nowhere() const {
        if (GetParam() == "tcp" || GetParam() == "tls") {
            return GetParam() + "://127.0.0.1:1";
        }
        if (GetParam() == "unix") {
            return "unix:" + (folder_ / "nobody").string();
        }
        if (GetParam() == "wss") {
            return "wss://127.0.0.1:1/ws";
        }
        return is_memory() ? "memory:nobody" : "ws://127.0.0.1:1/ws";
    }
    [[nodiscard]] rpc_client::builder a_client(rpc_server const& of) {
        rpc_client::builder made(of.endpoints().front());
        made.over(names_).trust(parties().asking).extension(is_extended());
        if (is_compressed()) {
            made.deflate();
        }
        return made;
    }

    scratch_folder folder_;
    memory::hub names_;
};

}  // namespace trunkline::testing
