// Calls of every kind at once, for rules about what becomes of them when something happens.
#pragma once

#include <trunkline/conformance/messages.hpp>
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/running.hpp>
#include <trunkline/conformance/world.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstddef>
#include <list>
#include <memory>
#include <utility>
#include <vector>

namespace trunkline::conformance {

/// Whole calls, parts down, parts up and parts both ways. Handlers may outlive it.
class mixed_calls {
public:
    /// Each stream has so many parts of that size, in bytes.
    mixed_calls(std::size_t part_size, std::size_t parts)
        : served_(std::make_shared<served>(part_size, parts)) {}

    /// The handlers of all of them, for the builder of a side.
    template <class Builder>
    void serve(Builder& by) const {
        by.handle(echo, same)
            .handle(blobs, [to = served_](received<number> parts, stream_writer<blob>& out,
                                          call_context) { return give(to, parts->value, out); })
            .handle(sizes, [to = served_](stream_reader<blob>& from,
                                          call_context) { return count(to, from); })
            .handle(loop_back, [to = served_](stream_reader<blob>& from, stream_writer<blob>& out,
                                              call_context) { return give_back(to, from, out); });
    }

    /// One of each kind.
    void begin(world& at, peer const& by) { all_.emplace_back(at, by, *served_); }

    /// Handlers that run now.
    [[nodiscard]] std::size_t serving() const noexcept { return served_->here.count(); }

    [[nodiscard]] bool have_ended() const {
        return std::ranges::all_of(all_, [](begun const& each) { return each.has_ended(); });
    }

    /// Why those have failed that did. After their ends.
    [[nodiscard]] std::vector<error_code> failures() const {
        std::vector<error_code> found;
        for (begun const& each : all_) {
            for (error_code const why : {each.whole.error(), each.down.failure(), each.counted->why,
                                         each.back.failure()}) {
                if (why) {
                    found.push_back(why);
                }
            }
        }
        return found;
    }

    /// Throws rule_broken unless each of them has ended once, and what was given as whole, to
    /// handlers as well, is whole.
    void expect_sound() const {
        for (begun const& each : all_) {
            expect(each.has_ended(), "a call never ended");
            expect(each.whole.ends() == 1 && each.counted->ends == 1, "a call ended twice");
            expect(each.up.failures() <= 1 && each.forth.failures() <= 1,
                   "a writer was told twice");
            expect(each.whole.error() || each.whole.said() == "x",
                   "an answer is not what was said");
            expect(each.counted->why || each.counted->size == served_->size(),
                   "an upload is answered as whole, and is not");
            for (drain const& parts : {std::cref(each.down), std::cref(each.back)}) {
                expect(parts.is_intact(), "a part is not what was sent");
                expect(parts.failure() || parts.read_size() == served_->size(),
                       "a stream ended as whole, and is not");
            }
        }
        expect(!served_->torn, "a handler was given a part of a stream as all of it");
    }

private:
    struct served {
        served(std::size_t size_of_part, std::size_t count)
            : part_size(size_of_part), parts(count) {}
        [[nodiscard]] std::size_t size() const noexcept { return part_size * parts; }

        std::size_t part_size;
        std::size_t parts;
        bool torn = false;
        running here = {};
    };
    using shared = std::shared_ptr<served>;

    struct counting {
        std::size_t ends = 0;
        std::size_t size = 0;
        error_code why;
    };

    struct begun {
        begun(world& at, peer const& by, served const& how)
            : begun(at, by, how, by.open(sizes), by.open(loop_back)) {}
        begun(world& at, peer const& by, served const& how, upload<blob, number> sent,
              conversation<blob, blob> talk)
            : whole(at, by, echo),
              down(by.open(blobs, {how.parts})),
              up(std::move(sent.to), how.part_size, how.parts),
              answer(std::move(sent.answer)),
              forth(std::move(talk.to), how.part_size, how.parts),
              back(std::move(talk.from)) {
            answer.async_get([to = counted](pending_answer<number>::outcome told) {
                ++to->ends;
                to->why = told ? error_code() : told.error().error;
                to->size = told ? (*told)->value : 0;
            });
        }

        [[nodiscard]] bool has_ended() const noexcept {
            return whole.has_ended() && down.has_ended() && up.has_ended() && counted->ends != 0 &&
                   forth.has_ended() && back.has_ended();
        }

        begun_call whole;
        drain down;
        pump up;
        std::shared_ptr<counting> counted = std::make_shared<counting>();
        pending_answer<number> answer;
        pump forth;
        drain back;
    };

    template <class Outcome>
    using later = boost::asio::awaitable<call_result<Outcome>>;

    static later<void> give(shared how, std::size_t parts, stream_writer<blob>& to) {
        runs const here(how->here);
        for (std::size_t i = 0; i < parts; ++i) {
            blob const part = part_of(i, how->part_size);
            auto const wrote = co_await to.async_write(part, boost::asio::use_awaitable);
            if (!wrote) {
                co_return wrote.error();
            }
        }
        co_return call_result<void>();
    }

    static later<number> count(shared how, stream_reader<blob>& from) {
        runs const here(how->here);
        for (std::size_t size = 0;;) {
            auto const next = co_await from.async_read(boost::asio::use_awaitable);
            if (!next) {
                co_return next.error();
            }
            if (!*next) {
                how->torn = how->torn || size != how->size();
                co_return number{size};
            }
            size += (**next)->bytes.size();
        }
    }

    static later<void> give_back(shared how, stream_reader<blob>& from, stream_writer<blob>& to) {
        runs const here(how->here);
        for (std::size_t size = 0;;) {
            auto const next = co_await from.async_read(boost::asio::use_awaitable);
            if (!next) {
                co_return next.error();
            }
            if (!*next) {
                how->torn = how->torn || size != how->size();
                co_return call_result<void>();
            }
            blob const part{(**next)->bytes};
            size += part.bytes.size();
            auto const wrote = co_await to.async_write(part, boost::asio::use_awaitable);
            if (!wrote) {
                co_return wrote.error();
            }
        }
    }

    shared served_;
    std::list<begun> all_;
};

}  // namespace trunkline::conformance
