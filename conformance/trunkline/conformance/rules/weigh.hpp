// A call in parts that are plain bytes, answered by how many have come.
#pragma once

#include <trunkline/conformance/messages.hpp>
#include <trunkline/peer/stream_reader.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace trunkline::conformance {

inline constexpr typed::client_stream<typed::raw, number> weigh{"weigh"};

/// The bytes of all parts together; throws what a part fails with.
inline boost::asio::awaitable<number> weigh_all(stream_reader<typed::raw>& from) {
    number size;
    for (;;) {
        auto const part = co_await from.async_read(boost::asio::use_awaitable);
        if (!part.value()) {
            break;
        }
        size.value += (**part).size();
    }
    co_return size;
}

}  // namespace trunkline::conformance
