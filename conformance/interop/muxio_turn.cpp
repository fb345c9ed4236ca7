#include <interop/muxio_turn.hpp>

#include <interop/muxio_parts.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>

#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <future>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

namespace trunkline::interop {
namespace {

constexpr std::size_t piece_size = 777;
constexpr std::size_t flow_piece_size = 50'000;
constexpr std::uint64_t news_told = 20;

void require(bool holds, std::string const& what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

template <class Response>
Response value_of(call_result<received<Response>> answer) {
    if (!answer) {
        throw std::runtime_error("a call failed: " + answer.error().error.message() + ": " +
                                 answer.error().message);
    }
    return std::move(**answer);
}

/// False at the end of a stream.
template <class Part>
bool part_in(call_result<std::optional<Part>> const& next) {
    if (!next) {
        throw std::runtime_error("a stream failed: " + next.error().error.message());
    }
    return next->has_value();
}

class player {
public:
    explicit player(turn const& what) : on_(what.on), seed_(what.seed), what_(what) {}

    std::vector<std::string> play() {
        whole_calls();
        at_once();
        failures();
        events();
        whole_call_in_parts();
        auto const abilities = value_of(on_.call(method::abilities, {})).value;
        bool const cancels = (abilities & takes_cancels) != 0;
        if (cancels) {
            request_cancelled();
        }
        if ((abilities & takes_streams) != 0) {
            answer_in_parts();
            request_in_parts();
            parts_both_ways();
            bytes_both_ways();
            records_both_ways();
            if (cancels) {
                cancelled();
            }
        }
        return std::move(lines_);
    }

private:
    void note(std::string const& kind, std::uint64_t count, std::string const& unit) {
        lines_.push_back(kind + "|" + std::to_string(count) + " " + unit);
    }

    void echo(std::size_t size, std::uint64_t seed) {
        auto const body = any_bytes(size, seed);
        require(value_of(on_.call(method::echo, {body})).body == body,
                "echo of " + std::to_string(size) + " bytes");
    }

    void whole_calls() {
        std::uint64_t calls = 0;
        for (std::size_t const size : {0, 1, 2, 65, 1000, 65'504, 65'505, 65'519, 65'520, 65'535,
                                       65'536, 65'537, 131'072, 300'000}) {
            echo(size, seed_ + size);
            ++calls;
        }
        for (std::uint64_t const count : {0, 1, 7, 20'000}) {
            terms asked;
            for (std::uint64_t n = 0; n < count; ++n) {
                asked.values.push_back(n * seed_ + 1);
            }
            auto const sum =
                std::accumulate(asked.values.begin(), asked.values.end(), std::uint64_t{0});
            require(value_of(on_.call(method::sum, asked)).value == sum, "sum");
            ++calls;
        }
        note("whole calls", calls, "calls");
    }

    void at_once() {
        std::vector<std::future<call_result<received<blob>>>> waiting;
        for (std::uint64_t n = 0; n < calls_at_once; ++n) {
            waiting.push_back(on_.async_call(method::echo, {any_bytes(n * 997, seed_ + n)},
                                             boost::asio::use_future));
        }
        for (std::uint64_t n = 0; n < calls_at_once; ++n) {
            require(value_of(waiting[n].get()).body == any_bytes(n * 997, seed_ + n),
                    "one call of many");
        }
        note("calls at the same time", calls_at_once, "calls");
    }

    template <class Method>
    void fails(Method const& method, call_error wanted, std::string const& text) {
        auto const answer = on_.call(method, {"because"});
        require(!answer.has_value() && answer.error().error == wanted,
                std::string(method.name) + ": not the failure that it should be");
        require(answer.error().message == text,
                std::string(method.name) + ": says " + answer.error().message);
    }

    void failures() {
        fails(method::refuse, call_error::refused, "because");
        fails(method::fail, call_error::system_failure, "because");
        fails(method::hide, call_error::unknown_method, "because");
        fails(method::missing, call_error::unknown_method, "");
        note("failures with status 1, 2, 3 and an unknown method", 4, "calls");
    }

    void events() {
        auto const heard = [this] { return value_of(on_.call(method::heard, {})).value; };
        auto const before = heard();
        for (std::uint64_t n = 0; n < news_told; ++n) {
            what_.tell({"news " + std::to_string(n)});
        }
        require(heard() == before + news_told, "news were lost");
        note("events; answers to them are dropped", news_told, "events");
    }

    void answer_in_parts() {
        parts_call call(on_, method::count, bitcode::encode(number{stream_parts}).to_vector());
        call.end();
        for (std::uint64_t place = 0; place < stream_parts; ++place) {
            require(call.hear_part() == part_of(place, stream_parts), "a part of an answer");
        }
        require(!call.hear(), "more parts than asked for");
        note("answer in parts", stream_parts, "parts");
    }

    void request_in_parts() {
        parts_call call(on_, method::collect, {});
        tally all;
        for (std::uint64_t place = 0; place < stream_parts; ++place) {
            auto const next = part_of(place, seed_);
            all.add(next);
            call.say(next);
        }
        call.end();
        require(call.hear_tally() == all, "the tally of a request in parts");
        require(!call.hear(), "more than a tally");
        note("request in parts", stream_parts, "parts");
    }

    void parts_both_ways() {
        parts_call call(on_, method::mirror, {});
        std::uint64_t heard = 0;
        for (std::uint64_t place = 0; place < stream_parts; ++place) {
            call.say(part_of(place, seed_));
            // Some in turns, some many at a time.
            if (place % 50 < 25 || place % 50 == 49) {
                for (; heard <= place; ++heard) {
                    require(call.hear_part() == mirrored(part_of(heard, seed_)),
                            "a part that was mirrored");
                }
            }
        }
        call.end();
        require(!call.hear(), "a part that nobody sent");
        note("parts both ways", 2 * stream_parts, "parts");
    }

    /// With the library's own streams, which wait where the peer does not read.
    void bytes_both_ways() {
        auto const sent = any_bytes(flow_size, seed_);
        auto call = on_.open(method::flow);
        auto writing = std::async(std::launch::async, [&] {
            for (auto rest = std::span(sent); !rest.empty();) {
                auto const piece = rest.first(std::min(rest.size(), flow_piece_size));
                require(call.to.write(piece).has_value(), "bytes that could not be written");
                rest = rest.subspan(piece.size());
            }
            call.to.finish();
        });
        byte_string came;
        for (auto next = call.from.read(); part_in(next); next = call.from.read()) {
            came.insert(came.end(), (*next)->begin(), (*next)->end());
        }
        writing.get();
        require(came == sent, "bytes both ways");
        note("bytes both ways, typed::raw", 2 * flow_size, "bytes");
    }

    void records_both_ways() {
        auto const body_of = [this](std::uint64_t n) {
            return any_bytes(n * 331 % 90'000, seed_ + n);
        };
        auto call = on_.open(method::records);
        auto writing = std::async(std::launch::async, [&] {
            for (std::uint64_t n = 0; n < records_sent; ++n) {
                require(call.to.write({body_of(n)}).has_value(), "a message was not written");
            }
            call.to.finish();
        });
        std::uint64_t heard = 0;
        for (auto next = call.from.read(); part_in(next); next = call.from.read()) {
            auto body = body_of(heard++);
            std::ranges::reverse(body);
            require((**next)->body == body, "a message that came back");
        }
        writing.get();
        require(heard == records_sent, "messages both ways");
        note("messages both ways, records", 2 * records_sent, "messages");
    }

    /// A handler of whole calls does not see the parts.
    void whole_call_in_parts() {
        auto const body = any_bytes(200'000, seed_);
        auto const sent = bitcode::encode(blob{body}).to_vector();
        parts_call call(on_, method::echo.id, {});
        for (auto rest = std::span(sent); !rest.empty();) {
            auto const piece = rest.first(std::min(rest.size(), piece_size));
            call.say({piece.begin(), piece.end()});
            rest = rest.subspan(piece.size());
        }
        call.end();
        byte_string answer;
        while (auto const piece = call.hear()) {
            answer.insert(answer.end(), piece->begin(), piece->end());
        }
        auto const decoded = bitcode::decode<blob>(answer);
        require(decoded && (**decoded).body == body, "a whole call in pieces");
        note("whole call, sent and answered in pieces", 1, "call");
    }

    void request_cancelled() {
        for (std::uint64_t n = 0; n < cancelled_calls; ++n) {
            parts_call call(on_, method::echo.id, {});
            call.say(any_bytes(n * 100, n));
            call.cancel();
            echo(50, n);
        }
        note("request cancelled before its end, next call answered", cancelled_calls, "calls");
    }

    /// Each leaves the connection as usable as before, also while the peer goes on answering.
    void cancelled() {
        auto const told = [this] { return on_.call(method::cancelled, {}); };
        auto const before = told();  // nothing when the peer is a published one
        for (std::uint64_t n = 0; n < cancelled_calls; ++n) {
            parts_call call(on_, method::mirror, {});
            for (std::uint64_t place = 0; place <= n; ++place) {
                call.say(part_of(place, seed_));
                (void)call.hear_part();
            }
            call.cancel();
            echo(100, n);
        }
        parts_call call(on_, method::run_on, {});
        (void)call.hear_part();
        call.cancel();
        for (std::uint64_t n = 0; n < calls_at_once; ++n) {
            echo(100, n);
        }
        auto const calls = cancelled_calls + 1;
        if (!before) {
            note("cancelled in the middle, next calls answered; its handler is not told", calls,
                 "calls");
            return;
        }
        require(value_of(told()).value == (**before).value + calls, "handlers that were not told");
        note("cancelled in the middle, next calls answered; its handler is told", calls, "calls");
    }

    peer on_;
    std::uint64_t seed_;
    turn const& what_;
    std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> play(turn const& what) {
    return player(what).play();
}

}  // namespace trunkline::interop
