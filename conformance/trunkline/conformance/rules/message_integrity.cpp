// Messages keep their order, their borders and their streams: the rest of the family INT.
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;
using byte_string = std::vector<std::byte>;

constexpr typed::two_way_stream<number, number> count{"count"};
constexpr typed::client_stream<blob, blob> gather{"gather"};

awaitable<void> count_back(stream_reader<number>& from, stream_writer<number>& to, bool& in_order) {
    for (std::uint64_t due = 0;; ++due) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        in_order = in_order && (**part)->value == due;
        auto const written = co_await to.async_write(number{due}, use_awaitable);
        written.value();
    }
}

void messages_keep_their_order(world& at) {
    bool in_order = true;
    auto pair = pairing(at)
                    .handle(count, [&](stream_reader<number>& from, stream_writer<number>& to,
                                       call_context) { return count_back(from, to, in_order); })
                    .connect();
    auto const messages = at.amount("messages");
    auto stream = pair.caller().open(count);
    constexpr std::uint64_t ahead = 100;
    for (std::uint64_t i = 0; i < messages + ahead; ++i) {
        if (i < messages) {
            static_cast<void>(value_of(stream.to.write({i}), "a write"));
        } else if (i == messages) {
            stream.to.finish();
        }
        if (i >= ahead) {
            auto const part = stream.from.read();
            expect(value_of(part, "a read").has_value(), "messages are missing");
            expect((**part)->value == i - ahead, "messages came back in another order");
        }
    }
    expect(in_order, "messages arrived in another order");
    expect(!value_of(stream.from.read(), "the end"), "there are more messages than were sent");
}

awaitable<void> loop_parts(stream_reader<blob>& from, stream_writer<blob>& to) {
    for (;;) {
        auto part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        blob back = std::move(***part);
        auto const written = co_await to.async_write(std::move(back), use_awaitable);
        written.value();
    }
}

void messages_keep_their_borders(world& at) {
    auto pair = pairing(at)
                    .handle(loop_back, [](stream_reader<blob>& from, stream_writer<blob>& to,
                                          call_context) { return loop_parts(from, to); })
                    .connect();
    auto stream = pair.caller().open(loop_back);
    std::vector<std::size_t> all{0, 1, 2, 0, 4'095, 4'096, 5, chunk_size + 1, 0, 3};
    std::vector<byte_string> sent;
    // Some go out together, so that a reader may find several in one piece.
    for (std::size_t i = 0; i < all.size(); i += 5) {
        for (std::size_t j = i; j < i + 5; ++j) {
            sent.push_back(at.noise(all[j]));
            static_cast<void>(value_of(stream.to.write({sent[j]}), "a write"));
        }
        for (std::size_t j = i; j < i + 5; ++j) {
            auto const part = stream.from.read();
            expect(value_of(part, "a read").has_value(), "messages are missing");
            expect((**part)->bytes == sent[j], "a message came back in other borders");
        }
    }
    stream.to.finish();
    expect(!value_of(stream.from.read(), "the end"), "there are more messages than were sent");
}

using lists = std::vector<std::vector<byte_string>>;

// The first byte of the first message says which list it is.
awaitable<blob> take_list(stream_reader<blob>& from, lists& got) {
    std::vector<byte_string> list;
    byte_string all;
    for (;;) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        byte_string const& message = (**part)->bytes;
        all.insert(all.end(), message.begin(), message.end());
        list.push_back(message);
    }
    if (!list.empty() && !list.front().empty()) {
        got.at(static_cast<std::size_t>(list.front().front())) = std::move(list);
    }
    co_return blob{std::move(all)};
}

sides taking_lists(world& at, lists& got) {
    return pairing(at)
        .handle(gather,
                [&got](stream_reader<blob>& from, call_context) { return take_list(from, got); })
        .connect();
}

void random_messages_arrive_as_they_were(world& at) {
    auto& random = at.random();
    for (std::size_t round = 0; round < at.amount("rounds"); ++round) {
        std::size_t const streams = 2 + random() % 14;
        lists sent(streams);
        lists got(streams);
        auto pair = taking_lists(at, got);
        std::vector<upload<blob, blob>> open;
        std::vector<std::size_t> left;  // messages of each that are still to be written
        std::vector<std::size_t> live;
        for (std::size_t i = 0; i < streams; ++i) {
            open.push_back(pair.caller().open(gather));
            left.push_back(1 + random() % 12);
            live.push_back(i);
        }
        while (!live.empty()) {
            std::size_t const pick = random() % live.size();
            std::size_t const which = live[pick];
            bool const large = random() % 32 == 0;
            auto message = at.noise(random() % (large ? 2 * chunk_size : 1'500));
            if (sent[which].empty()) {
                message.insert(message.begin(), static_cast<std::byte>(which));
            }
            static_cast<void>(value_of(open[which].to.write({message}), "a write"));
            sent[which].push_back(std::move(message));
            if (--left[which] == 0) {
                open[which].to.finish();
                live.erase(live.begin() + static_cast<std::ptrdiff_t>(pick));
            }
        }
        for (auto& each : open) {
            static_cast<void>(value_of(each.answer.get(), "the answer to a list"));
        }
        expect(got == sent, "a list of messages arrived as another one");
    }
}

void many_streams_arrive_whole(world& at) {
    std::size_t const streams = at.amount("streams");
    std::size_t const pieces = at.amount("parts each");
    std::size_t const size = at.amount("bytes a part");
    lists got(256);
    auto pair = taking_lists(at, got);
    std::vector<upload<blob, blob>> open;
    std::vector<byte_string> sent;
    for (std::size_t i = 0; i < streams; ++i) {
        open.push_back(pair.caller().open(gather));
        sent.push_back(at.noise(pieces * size));
    }
    for (std::size_t piece = 0; piece < pieces; ++piece) {
        for (std::size_t i = 0; i < streams; ++i) {
            auto const part = bytes_view(sent[i]).subspan(piece * size, size);
            static_cast<void>(
                value_of(open[i].to.write({byte_string(part.begin(), part.end())}), "a write"));
        }
    }
    for (std::size_t i = 0; i < streams; ++i) {
        open[i].to.finish();
        auto const answer = value_of(open[i].answer.get(), "the answer of a stream");
        expect(answer->bytes == sent[i], "a stream has bytes that are not its own");
    }
}

constexpr typed::method<text, text> refusing{"refusing"};

// Keys that come again, binary and empty ones and values, in no order of their own.
call_metadata odd_metadata(world& at, std::string_view of) {
    call_metadata made{{"of", of}, {"z", "1"}, {"a", "2"}, {"z", "0"}, {"empty", ""}, {"z", "1"}};
    byte_string every(256);
    for (std::size_t i = 0; i < every.size(); ++i) {
        every[i] = static_cast<std::byte>(i);
    }
    made.add("every", every).add("", "no key").add(std::string_view("\0\xff", 2), "binary key");
    for (std::size_t i = 0; i < 20; ++i) {
        made.add("noise", at.noise(at.random()() % 300));
    }
    return made;
}

// What handlers are to give back, and what came to them.
struct metadata_seen {
    call_metadata back;
    std::vector<call_metadata> came;
};

awaitable<call_result<void>> says_beside(received<number> parts, stream_writer<blob>& to,
                                         call_context context, metadata_seen& seen) {
    seen.came.push_back(context.metadata);
    if (parts->value == 0) {
        co_return call_failure{call_error::refused, "none", {}, seen.back};
    }
    to.send_with(seen.back);
    blob part{byte_string(100)};
    auto const written = co_await to.async_write(std::move(part), use_awaitable);
    co_return written;
}

awaitable<with_metadata<number>> counts_beside(stream_reader<blob>& from, call_context context,
                                               metadata_seen& seen) {
    seen.came.push_back(context.metadata);
    number parts;
    for (;;) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        ++parts.value;
    }
    with_metadata<number> answer{parts, seen.back};
    co_return answer;
}

pairing& with_handlers(pairing& made, metadata_seen& seen) {
    return made
        .handle(echo,
                [&](text const& said, call_context context) {
                    seen.came.push_back(context.metadata);
                    return with_metadata<text>{said, seen.back};
                })
        .handle(refusing,
                [&](text const&, call_context context) -> call_result<text> {
                    seen.came.push_back(context.metadata);
                    return call_failure{call_error::refused, "no", {}, seen.back};
                })
        .handle(blobs,
                [&](received<number> parts, stream_writer<blob>& to, call_context context) {
                    return says_beside(std::move(parts), to, std::move(context), seen);
                })
        .handle(sizes, [&](stream_reader<blob>& from, call_context context) {
            return counts_beside(from, std::move(context), seen);
        });
}

void metadata_arrives_as_it_is(world& at) {
    metadata_seen seen{odd_metadata(at, "answer"), {}};
    pairing made(at);
    auto pair = with_handlers(made.extended(), seen).connect();
    call_options const options{.metadata = odd_metadata(at, "request")};
    auto const answer = pair.caller().call(echo, {"x"}, options);
    expect(value_of(answer, "a call")->value == "x", "a call was answered wrongly");
    expect(answer->metadata() == seen.back, "an answer has other metadata");
    auto const refused = pair.caller().call(refusing, {"x"}, options);
    expect(!refused && refused.error().error == call_error::refused, "a call was not refused");
    expect(refused.error().metadata == seen.back, "a refusal has other metadata");
    auto down = pair.caller().open(blobs, {1}, options);
    expect(value_of(down.read(), "a part").has_value(), "there is no part");
    expect(!value_of(down.read(), "the end"), "there is a part too many");
    expect(down.metadata() == seen.back, "the answer of a stream has other metadata");
    auto none = pair.caller().open(blobs, {0}, options);
    auto const failed = none.read();
    expect(!failed && failed.error().error == call_error::refused, "a stream was not refused");
    expect(failed.error().metadata == seen.back, "the refusal of a stream has other metadata");
    auto up = pair.caller().open(sizes, options);
    static_cast<void>(value_of(up.to.write({byte_string(100)}), "a write"));
    up.to.finish();
    auto const total = up.answer.get();
    expect(value_of(total, "an upload")->value == 1, "an upload was answered wrongly");
    expect(total->metadata() == seen.back, "the answer to an upload has other metadata");
    expect(seen.came == std::vector(5, options.metadata), "handlers were given other metadata");
}

void metadata_is_not_left_out(world& at) {
    metadata_seen seen{{{"key", "value"}}, {}};
    pairing made(at);
    auto pair = with_handlers(made, seen).connect();
    auto const refused = pair.caller().call(echo, {"x"}, {.metadata = {{"key", "value"}}});
    expect(!refused && refused.error().error == rpc::rpc_error::not_extended,
           "metadata is left out where it was not agreed on");
    expect(refused.error().progress == call_progress::not_sent, "the call says it was sent");
    auto const plain = pair.caller().call(echo, {"x"});
    expect(value_of(plain, "a call without")->value == "x", "a call was answered wrongly");
    expect(plain->metadata().empty(), "metadata came that was not agreed on");
    expect(seen.came.size() == 1 && seen.came.front().empty(), "a handler was given metadata");
}

void metadata_arrives_where_it_was_agreed_on(world& at) {
    metadata_arrives_as_it_is(at);
    metadata_is_not_left_out(at);
}

constexpr std::array rules{
    rule{"INT-05",
         level::must,
         "The messages of one stream arrive in the order sent, none lost and none twice.",
         "Whether anything is written past what waits for the link.",
         needs::nothing,
         messages_keep_their_order,
         {"ids and counters that grow", {{"messages", 500, 100'000}}}},
    rule{"INT-07", level::must, "The borders of messages are kept from end to end.",
         "How messages find their ends in a stream of bytes.", needs::nothing,
         messages_keep_their_borders},
    rule{"INT-08",
         level::repeated,
         "Random lists of messages of random sizes, written in a random order, arrive as they were "
         "sent.",
         "Run the seed alone; then which stream's bytes have come to another one.",
         needs::nothing,
         random_messages_arrive_as_they_were,
         {"more lists of each seed", {{"rounds", 1, 30}}}},
    rule{"INT-11",
         level::must,
         "Many streams, interleaved on one connection, each arrive whole.",
         "How frames find the stream that they belong to.",
         needs::nothing,
         many_streams_arrive_whole,
         {"64 MiB in all",
          {{"streams", 24, 512}, {"parts each", 3, 8}, {"bytes a part", 1 * kib, 16 * kib}}}},
    rule{"INT-12", level::must,
         "Metadata arrives unchanged and in order, on requests, answers and errors: keys that come "
         "again, binary and empty ones.",
         "How the fields of a header are written and read.", needs::nothing,
         metadata_arrives_where_it_was_agreed_on},
};

}  // namespace

std::span<rule const> message_integrity_rules() {
    return rules;
}

}  // namespace trunkline::conformance
