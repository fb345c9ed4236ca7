// What is sent is what arrives: the family INT, as far as bytes and messages go.
#include <trunkline/conformance/gate.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using boost::asio::awaitable;
using boost::asio::use_awaitable;
using byte_string = std::vector<std::byte>;

// Bytes that belong to somebody else.
struct view {
    bytes_view bytes;
    static constexpr auto fields() { return std::tuple(&view::bytes); }
};

constexpr typed::method<view, blob> keep{"keep"};
constexpr typed::two_way_stream<typed::raw, typed::raw> pour{"pour"};
constexpr typed::server_stream<number, view> views{"views"};

blob same(blob const& given) {
    return given;
}

void append(byte_string& to, bytes_view bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

// The piece of `whole` that comes as number `i`, in sizes that fit nothing.
bytes_view uneven_piece(bytes_view whole, std::size_t at, std::size_t i) {
    constexpr std::array<std::size_t, 7> sizes{1, 4097, 13, 70'001, 2, 16'384, 999};
    return whole.subspan(at, std::min(sizes[i % sizes.size()], whole.size() - at));
}

awaitable<void> pour_back(stream_reader<typed::raw>& from, stream_writer<typed::raw>& to) {
    byte_string all;
    for (;;) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        append(all, **part);
    }
    std::size_t i = 3;
    for (std::size_t at = 0; at < all.size();) {
        auto const piece = uneven_piece(all, at, i++);
        auto const written = co_await to.async_write(piece, use_awaitable);
        written.value();
        at += piece.size();
    }
}

// Sends `bytes` through the other side, which gives them back.
byte_string poured(peer const& through, bytes_view bytes) {
    auto stream = through.open(pour);
    std::size_t i = 0;
    for (std::size_t at = 0; at < bytes.size();) {
        auto const piece = uneven_piece(bytes, at, i++);
        static_cast<void>(value_of(stream.to.write(piece), "a write"));
        at += piece.size();
    }
    stream.to.finish();
    byte_string got;
    for (;;) {
        auto const part = stream.from.read();
        if (!value_of(part, "a read")) {
            return got;
        }
        append(got, **part);
    }
}

sides pouring(world& at) {
    return pairing(at)
        .handle(pour, [](stream_reader<typed::raw>& from, stream_writer<typed::raw>& to,
                         call_context) { return pour_back(from, to); })
        .connect();
}

void bytes_arrive_as_they_were_written(world& at) {
    auto pair = pouring(at);
    auto const bytes = at.noise(at.amount("bytes") + 17);
    expect(poured(pair.caller(), bytes) == bytes, "what came back is not what was written");
}

awaitable<void> give_parts(stream_writer<blob>& to, std::vector<std::size_t> sizes) {
    for (std::size_t const size : sizes) {
        blob part{byte_string(size, std::byte{0x5a})};
        auto const written = co_await to.async_write(std::move(part), use_awaitable);
        written.value();
    }
}

awaitable<number> count_parts(stream_reader<blob>& from) {
    number counted;
    for (;;) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            co_return counted;
        }
        counted.value += (**part)->bytes.empty() ? 1 : 1'000;
    }
}

void nothing_is_something(world& at) {
    auto pair = pairing(at)
                    .handle(mirror, same)
                    .handle(blobs, [](received<number>, stream_writer<blob>& to,
                                      call_context) { return give_parts(to, {0, 0, 3, 0, 0}); })
                    .handle(sizes, [](stream_reader<blob>& from,
                                      call_context) { return count_parts(from); })
                    .connect();
    auto const answer = value_of(pair.caller().call(mirror, {}), "an empty call");
    expect(answer->bytes.empty(), "an empty call is answered with bytes");

    auto down = pair.caller().open(blobs, {0});
    std::string came;
    for (;;) {
        auto const part = down.read();
        if (!value_of(part, "a read")) {
            break;
        }
        came += std::to_string((**part)->bytes.size()) + " ";
    }
    expect(came == "0 0 3 0 0 ", "parts of 0, 0, 3, 0 and 0 bytes arrived as " + came);

    auto up = pair.caller().open(sizes);
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(value_of(up.to.write({}), "an empty write"));
    }
    up.to.finish();
    auto const counted = value_of(up.answer.get(), "the answer to empty parts");
    expect(counted->value == 5, "not five empty parts arrived");

    auto none = pair.caller().open(sizes);
    none.to.finish();
    expect(value_of(none.answer.get(), "the answer to no parts")->value == 0,
           "parts arrived that nobody has sent");
}

void every_size_goes_there_and_back(world& at) {
    auto pair = pairing(at).handle(mirror, same).connect();
    std::vector<std::size_t> all{
        0, 1, chunk_size - 1, chunk_size, chunk_size + 1, 2 * chunk_size, 1 * mib};
    // From where head, count and bytes fill a chunk to where they do not.
    for (std::size_t size = chunk_size - 24; size < chunk_size - 1; ++size) {
        all.push_back(size);
    }
    all.resize(at.amount("sizes"));
    for (std::size_t const size : all) {
        auto const sent = at.noise(size);
        auto const answer =
            value_of(pair.caller().call(mirror, {sent}), std::to_string(size) + " bytes");
        expect(answer->bytes == sent, std::to_string(size) + " bytes came back as others");
    }
}

// Bytes that a careless reader would take for something else.
std::vector<byte_string> tempting_bytes() {
    std::vector<byte_string> all;
    byte_string every(256);
    for (std::size_t i = 0; i < every.size(); ++i) {
        every[i] = static_cast<std::byte>(i);
    }
    all.push_back(every);
    all.emplace_back(5'000);
    all.emplace_back(5'000, std::byte{0xff});
    auto const from = [](std::string_view text) {
        auto const bytes = as_bytes(text);
        return byte_string(bytes.begin(), bytes.end());
    };
    using namespace std::string_view_literals;
    // An empty End and a Cancel of the first streams, with headers of 13 and of 21 bytes.
    all.push_back(from("\0\0\0\0\1\0\0\0\1\0\0\0\2\0\0\0\0\1\0\0\0\1\0\0\0\3"sv));
    all.push_back(from("\0\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0\0\0\x65\6\0"sv));
    // A close and a ping of WebSocket, a record of TLS, a request of HTTP.
    all.push_back(from("\x88\x02\x03\xe8\x89\x00"sv));
    all.push_back(from("\x15\x03\x03\x00\x02\x01\x00"sv));
    all.push_back(from("GET /ws HTTP/1.1\r\n\r\n"sv));
    return all;
}

void bytes_mean_nothing(world& at) {
    auto pair = pairing(at)
                    .handle(mirror, same)
                    .handle(pour, [](stream_reader<typed::raw>& from, stream_writer<typed::raw>& to,
                                     call_context) { return pour_back(from, to); })
                    .connect();
    byte_string all;
    for (byte_string const& each : tempting_bytes()) {
        auto const answer = value_of(pair.caller().call(mirror, {each}), "a call");
        expect(answer->bytes == each, "bytes came back as others");
        append(all, each);
    }
    expect(poured(pair.caller(), all) == all, "bytes of a stream came back as others");
}

awaitable<blob> keep_until_told(gate& held, received<view> given) {
    co_await held.pass();
    co_return blob{byte_string(given->bytes.begin(), given->bytes.end())};
}

void what_was_written_may_be_overwritten(world& at) {
    gate held;
    auto pair =
        pairing(at)
            .handle(keep, [&](received<view> given,
                              call_context) { return keep_until_told(held, std::move(given)); })
            .handle(pour, [](stream_reader<typed::raw>& from, stream_writer<typed::raw>& to,
                             call_context) { return pour_back(from, to); })
            .connect();
    constexpr std::size_t size = 5'000;
    constexpr std::size_t times = 8;
    byte_string buffer(size);
    std::vector<byte_string> answers(times);
    std::size_t answered = 0;
    for (std::size_t i = 0; i < times; ++i) {
        std::ranges::fill(buffer, static_cast<std::byte>(i));
        pair.caller().async_call(keep, {buffer}, [&, i](call_result<received<blob>> answer) {
            ++answered;
            answers[i] = answer ? (*answer)->bytes : byte_string();
        });
    }
    std::ranges::fill(buffer, std::byte{0xee});
    expect(at.comes_true([&] { return held.arrived() == times; }), "not all calls arrived");
    held.open_all();
    expect(at.comes_true([&] { return answered == times; }), "not all calls were answered");
    for (std::size_t i = 0; i < times; ++i) {
        expect(answers[i] == byte_string(size, static_cast<std::byte>(i)),
               "a call shows what its buffer had later");
    }

    auto stream = pair.caller().open(pour);
    byte_string written;
    for (std::size_t i = 0; i < times; ++i) {
        std::ranges::fill(buffer, static_cast<std::byte>(i));
        append(written, buffer);
        static_cast<void>(value_of(stream.to.write(buffer), "a write"));
        std::ranges::fill(buffer, std::byte{0xee});
    }
    stream.to.finish();
    byte_string got;
    for (;;) {
        auto const part = stream.from.read();
        if (!value_of(part, "a read")) {
            break;
        }
        append(got, **part);
    }
    expect(got == written, "a stream shows what its buffer had later");
}

// Part number i is of i+1 bytes i, over and over from 0 to 9.
awaitable<void> give_views(stream_writer<view>& to, std::uint64_t parts) {
    for (std::uint64_t i = 0; i < parts; ++i) {
        byte_string const bytes(1'000 * (i % 10 + 1), static_cast<std::byte>(i));
        auto const written = co_await to.async_write(view{bytes}, use_awaitable);
        written.value();
    }
}

void what_was_read_stays_as_it_was(world& at) {
    auto pair = pairing(at)
                    .handle(views, [](received<number> parts, stream_writer<view>& to,
                                      call_context) { return give_views(to, parts->value); })
                    .connect();
    constexpr std::uint64_t parts = 40;
    auto stream = pair.caller().open(views, {parts});
    std::vector<received<view>> kept;
    while (kept.size() < parts) {
        if (kept.size() % 4 == 1) {  // a read that is given up takes nothing with it
            boost::asio::cancellation_signal stop;
            bool ended = false;
            stream.async_read(boost::asio::bind_cancellation_slot(stop.slot(), [&](auto part) {
                ended = true;
                if (part && *part) {
                    kept.push_back(std::move(**part));
                }
            }));
            stop.emit(boost::asio::cancellation_type::all);
            expect(at.comes_true([&] { return ended; }), "a read that was given up did not end");
        }
        auto part = stream.read();
        if (!value_of(part, "a read")) {
            break;
        }
        kept.push_back(std::move(**part));
    }
    expect(kept.size() == parts, "parts are missing");
    for (std::size_t i = 0; i < kept.size(); ++i) {
        byte_string const due(1'000 * (i % 10 + 1), static_cast<std::byte>(i));
        expect(std::ranges::equal(kept[i]->bytes, due), "what was read has changed since");
    }
}

constexpr std::array rules{
    rule{"INT-01",
         level::must,
         "Random bytes written in uneven pieces arrive byte for byte, then a clean end.",
         "What becomes of a write of which the link takes a part, and of a read that ends within a "
         "frame.",
         needs::nothing,
         bytes_arrive_as_they_were_written,
         {"more than all windows", {{"bytes", 48 * kib, 1 * mib}}}},
    rule{"INT-02", level::must,
         "Requests, answers and parts of streams without any bytes are delivered as such, not "
         "dropped and not merged.",
         "Whether a message of no bytes is taken for none.", needs::nothing, nothing_is_something},
    rule{"INT-03",
         level::must,
         "Messages of every size around a chunk's go there and back.",
         "How a message is cut at chunk_size, and joined again.",
         needs::nothing,
         every_size_goes_there_and_back,
         {"every size around a chunk's", {{"sizes", 5, 30}}}},
    rule{"INT-06", level::must,
         "Bytes mean nothing: all 256 values, look-alikes of headers and zeroes arrive as they "
         "are.",
         "Whether anything but lengths decides where a message ends.", needs::nothing,
         bytes_mean_nothing},
    rule{"INT-09", level::must,
         "The caller may use its buffer again as soon as the write or call says so; the peer never "
         "sees what comes there later.",
         "Who keeps a view of a buffer past the end of a write.", needs::nothing,
         what_was_written_may_be_overwritten},
    rule{"INT-10", level::must,
         "What has been read is not written to after the read has ended or was given up.",
         "Who reads into a buffer that somebody else has views of.", needs::nothing,
         what_was_read_stays_as_it_was},
};

}  // namespace

std::span<rule const> integrity_rules() {
    return rules;
}

}  // namespace trunkline::conformance
