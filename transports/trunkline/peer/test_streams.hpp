// For tests: streamed methods, and coroutines that serve them.
#pragma once

#include <trunkline/peer/test_world.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::testing {

inline constexpr typed::server_stream<number, number> count_to{"count to"};
inline constexpr typed::client_stream<number, number> sum{"sum"};
inline constexpr typed::two_way_stream<number, number> doubled{"doubled"};
inline constexpr typed::server_stream<number, blob> blobs{"blobs"};
inline constexpr typed::client_stream<blob, number> sizes{"sizes"};
inline constexpr std::size_t part_size = 10'000;  ///< bytes of one blob, where that matters
inline constexpr typed::two_way_stream<blob, blob> mirrored{"mirrored"};
inline constexpr typed::two_way_stream<typed::raw, typed::raw> raw_echo{"raw echo"};

using boost::asio::awaitable;
using boost::asio::use_awaitable;

/// 1 to the number asked for.
inline awaitable<call_result<void>> counts(received<number> last, stream_writer<number>& to,
                                           call_context) {
    for (std::uint64_t i = 1; i <= last->value; ++i) {
        number const next{i};
        auto const written = co_await to.async_write(next, use_awaitable);
        if (!written) {
            co_return written;
        }
    }
    co_return call_result<void>();
}

/// The sum of what `measure` says of each part.
template <class Part, class Measure>
awaitable<call_result<number>> sum_of(stream_reader<Part>& from, Measure measure) {
    number total;
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            co_return total;
        }
        total.value += measure(***next);
    }
}

inline awaitable<call_result<number>> adds(stream_reader<number>& from, call_context) {
    return sum_of(from, [](number const& part) { return part.value; });
}

/// The bytes of all parts together.
inline awaitable<call_result<number>> sizes_up(stream_reader<blob>& from, call_context) {
    return sum_of(from, [](blob const& part) { return part.bytes.size(); });
}

inline awaitable<call_result<void>> doubles(stream_reader<number>& from, stream_writer<number>& to,
                                            call_context) {
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next) {
            co_return next.error();
        }
        if (!*next) {
            co_return call_result<void>();
        }
        number const twice{2 * (**next)->value};
        auto const written = co_await to.async_write(twice, use_awaitable);
        if (!written) {
            co_return written;
        }
    }
}

inline awaitable<void> mirrors(stream_reader<blob>& from, stream_writer<blob>& to, call_context) {
    for (;;) {
        auto next = co_await from.async_read(use_awaitable);
        if (!next || !*next) {
            co_return;
        }
        blob back{(**next)->bytes};
        auto const written = co_await to.async_write(std::move(back), use_awaitable);
        if (!written) {
            co_return;
        }
    }
}

inline awaitable<void> echoes_raw(stream_reader<typed::raw>& from, stream_writer<typed::raw>& to,
                                  call_context) {
    for (;;) {
        auto const next = co_await from.async_read(use_awaitable);
        if (!next || !*next) {
            co_return;
        }
        auto const written = co_await to.async_write(**next, use_awaitable);
        if (!written) {
            co_return;
        }
    }
}

/// All that a stream of numbers gives, until its end.
[[nodiscard]] inline call_result<std::vector<std::uint64_t>> read_all(stream_reader<number>& from) {
    std::vector<std::uint64_t> got;
    for (;;) {
        auto const next = from.read();
        if (!next) {
            return next.error();
        }
        if (!*next) {
            return got;
        }
        got.push_back((**next)->value);
    }
}

[[nodiscard]] inline std::vector<std::uint64_t> one_to(std::uint64_t last) {
    std::vector<std::uint64_t> all;
    for (std::uint64_t i = 1; i <= last; ++i) {
        all.push_back(i);
    }
    return all;
}

[[nodiscard]] inline std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
    }
    return bytes;
}

}  // namespace trunkline::testing
