// Content that is large, and content that is compressed: INT-04 and INT-13.
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/memory_peak.hpp>
#include <trunkline/conformance/sides.hpp>

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

constexpr typed::two_way_stream<typed::raw, typed::raw> give_back{"give back"};

awaitable<void> collect_and_give_back(stream_reader<typed::raw>& from,
                                      stream_writer<typed::raw>& to, std::size_t size) {
    byte_string all;
    all.reserve(size);
    for (;;) {
        auto const part = co_await from.async_read(use_awaitable);
        if (!part.value()) {
            break;
        }
        all.insert(all.end(), (**part).begin(), (**part).end());
    }
    auto const written = co_await to.async_write(all, use_awaitable);
    written.value();
}

// Those of one message, wide enough for `size`.
session_limits limits_for(std::size_t size) {
    session_limits made;
    made.held_size_max += size;
    made.message_size_max = std::max(made.message_size_max, size);
    return made;
}

void a_large_message_goes_there_and_back(world& at) {
    constexpr std::size_t beside = 8 * mib;  // of each side
    std::size_t const size = at.amount("bytes");
    auto const sent = at.noise(size);
    for (bool const extended : {false, true}) {
        memory_peak const memory;
        pairing made(at);
        auto const with_room = [size](auto& builder) { builder.limits(limits_for(size)); };
        made.on_caller(with_room).on_callee(with_room);
        if (extended) {
            made.extended();
        }
        auto pair = made.handle(give_back,
                                [&](stream_reader<typed::raw>& from, stream_writer<typed::raw>& to,
                                    call_context) { return collect_and_give_back(from, to, size); })
                        .connect();
        auto stream = pair.caller().open(give_back);
        stream.to.async_write(sent, [](call_result<void> const& written) {
            static_cast<void>(value_of(written, "writing a large message"));
        });
        stream.to.finish();
        std::size_t got = 0;
        for (;;) {
            auto const part = stream.from.read();
            if (!value_of(part, "reading a large message")) {
                break;
            }
            bytes_view const bytes = **part;
            expect(got + bytes.size() <= size &&
                       std::ranges::equal(bytes, bytes_view(sent).subspan(got, bytes.size())),
                   "a large message came back as another one");
            got += bytes.size();
        }
        expect(got == size, "a large message did not come back whole");
        // That of the side which calls was there before.
        expect(memory.growth() <= size + 2 * beside, std::to_string(memory.growth() / mib) +
                                                         " MiB were taken for a message of " +
                                                         std::to_string(size / mib));
    }
}

blob same(blob const& given) {
    return given;
}

// Text as programs send it: mostly what was there before.
byte_string repetitive(world& at, std::size_t size) {
    constexpr std::string_view words = "{\"name\":\"value\",\"list\":[1,2,3]},";
    byte_string made;
    while (made.size() < size) {
        auto const all = as_bytes(words);
        made.insert(made.end(), all.begin(), all.end());
        made.push_back(static_cast<std::byte>(at.random()()));
    }
    made.resize(size);
    return made;
}

void compressed_content_is_the_same(world& at) {
    faults& links = at.disturb();
    auto pair = pairing(at).handle(mirror, same).connect();
    std::uint64_t noise = 0;
    std::uint64_t text = 0;
    std::uint64_t const before = links.carried(true) + links.carried(false);
    for (std::size_t const size : {0UL, 1UL, 100UL, 5'000UL, at.amount("bytes at most")}) {
        for (bool const is_noise : {true, false}) {
            blob const given{is_noise ? at.noise(size) : repetitive(at, size)};
            auto const back = pair.caller().call(mirror, given);
            expect(value_of(back, "a call")->bytes == given.bytes,
                   "what was compressed came back as something else");
            (is_noise ? noise : text) += 2 * size;
        }
    }
    std::uint64_t const carried = links.carried(true) + links.carried(false) - before;
    expect(carried < noise + text * 3 / 4, "nothing was compressed");
}

constexpr std::array rules{
    rule{"INT-04",
         level::must,
         "A large message, carried as the parts of a stream, goes there and back with no more than "
         "8 MiB beside it on each side.",
         "What is copied, and what waits where.",
         needs::one_shape,
         a_large_message_goes_there_and_back,
         {"far beyond all buffers", {{"bytes", 2 * mib, 64 * mib}}}},
    rule{"INT-13",
         level::must,
         "Compressed content arrives as what it was.",
         "What is compressed, and where a message ends in what was compressed.",
         needs::compression,
         compressed_content_is_the_same,
         {"several chunks", {{"bytes at most", 20'000, 3 * chunk_size + 1}}}},
};

}  // namespace

std::span<rule const> content_rules() {
    return rules;
}

}  // namespace trunkline::conformance
