// Peers that speak something else: EST-13.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/rpc/error.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::connection_state;

// How others begin to speak.
constexpr std::array<std::string_view, 5> openings{
    "GET /index.html HTTP/1.1\r\nHost: here\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n",
    "EHLO mail.test\r\n", "*1\r\n$4\r\nPING\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"};

// What is read of a stranger before he is refused, and while the refusal is on its way: a turn of
// the loop, and what a link holds.
constexpr std::size_t read_size_max = connection_limits{}.input_per_turn_max + 64 * kib;

// Who is refused need not end, too: then nobody waits long for him.
connection_limits in_a_hurry() {
    connection_limits made;
    made.close_timeout = 20ms;
    return made;
}

// Talks without an end, and without listening.
void expect_hung_up(world& at, bare_link& stranger, std::string_view opening, bool dialled) {
    auto const begun = at.loop().now();
    faults* const links = at.place().disturb();
    std::uint64_t const before = links == nullptr ? 0 : links->carried(dialled);
    stranger.say(opening);
    for (int i = 0; i < 100 && !stranger.has_ended(); ++i) {
        expect(at.comes_true([&] { return stranger.has_ended() || stranger.unsaid() == 0; }),
               "who speaks another protocol is neither read nor refused");
        if (!stranger.has_ended()) {
            stranger.say(std::string(16 * kib, 'x'));
        }
    }
    expect(at.comes_true([&] { return stranger.has_ended(); }),
           "who speaks another protocol is not refused");
    expect(at.loop().now() - begun <= connection_limits{}.handshake_timeout + budget,
           "who speaks another protocol is refused late");
    // What comes after is read and dropped until the other side has seen the end.
    expect(links == nullptr || links->carried(dialled) - before <= read_size_max,
           std::to_string(links == nullptr ? 0 : links->carried(dialled) - before) +
               " bytes are read of who speaks another protocol: " + std::string(opening));
}

void a_server_refuses_strangers(world& at) {
    std::vector<error_code> ends;
    std::size_t calls = 0;
    auto builder = at.a_server();
    builder.handle(echo, [&](text const& given) {
        ++calls;
        return same(given);
    });
    builder.limits(in_a_hurry());
    builder.on_state([&](peer const&, connection_state state, error_code why) {
        if (is_end(state)) {
            ends.push_back(why);
        }
    });
    auto const server = start(at, builder);
    auto const url = server.endpoints().front();
    auto const raw = at.place().raw_dialer();
    auto const spoken = at.place().network().make_dialer(at.loop());
    for (std::string_view const opening : openings) {
        if (raw != nullptr) {
            bare_link stranger(value_of(dial_bare(at, *raw, url), "a dial"));
            expect_hung_up(at, stranger, opening, true);
        }
        // Behind the handshake of the transport, where there is one.
        std::size_t const before = ends.size();
        bare_link stranger(value_of(dial_bare(at, *spoken, url), "a dial"));
        expect_hung_up(at, stranger, opening, true);
        expect(at.comes_true([&] { return ends.size() > before; }), "no end is told");
        expect(ends.back() == rpc::rpc_error::frame_too_large,
               "another protocol is told as: " + ends.back().message());
    }
    expect(calls == 0, "a handler was called");
    auto const client = value_of(at.a_client(url).connect(), "connecting beside strangers");
    expect(value_of(client.call(echo, {"x"}), "a call beside strangers")->value == "x",
           "a call beside strangers was answered wrongly");
}

void a_client_refuses_strangers(world& at) {
    for (std::string_view const opening : openings) {
        bare_listener door(at);
        auto builder = at.a_client(door.url());
        builder.extension().limits(in_a_hurry());
        std::optional<result<rpc_client>> ended;
        builder.async_connect([&](result<rpc_client> made) { ended.emplace(std::move(made)); });
        expect(at.comes_true([&] { return door.accepted() == 1; }), "nobody was accepted");
        auto const stranger = door.take();
        expect_hung_up(at, *stranger, opening, false);
        expect(at.comes_true([&] { return ended.has_value(); }), "a connect never ended");
        expect(!*ended, "a client has connected to who speaks another protocol");
        expect(ended->error() == rpc::rpc_error::frame_too_large,
               "another protocol is told as: " + ended->error().message());
    }
}

void another_protocol_is_refused(world& at) {
    a_server_refuses_strangers(at);
    a_client_refuses_strangers(at);
}

constexpr std::array rules{
    rule{"EST-13", level::must,
         "Who speaks another protocol is refused within the time of the handshake, with a bounded "
         "number of bytes read, and told so.",
         "What is decided from the first bytes, and what is read after that.", needs::one_role,
         another_protocol_is_refused},
};

}  // namespace

std::span<rule const> stranger_rules() {
    return rules;
}

}  // namespace trunkline::conformance
