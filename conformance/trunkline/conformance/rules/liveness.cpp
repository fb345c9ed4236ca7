// Liveness: the family LIV. One side is a peer, the other one says what no peer of ours would say.
#include <trunkline/conformance/bare_link.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/extension/kinds.hpp>
#include <trunkline/frame/decoder.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/header.hpp>
#include <trunkline/rpc/method_id.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/sweeper.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;
using transport::connection_state;
using transport::transport_error;

constexpr typed::method<number, blob> as_many{"as many"};

struct frame_seen {
    std::uint8_t kind = 0;
    std::string payload;
    bool is_whole = false;
};

std::string text_of(bytes_view bytes) {
    return std::string(as_text(bytes));
}

// Says frames over a connection, and tells them apart that come.
// A connection to a server. Its dialer lives as long.
class dialled {
public:
    dialled(world& at, rpc_server const& to) : by_(at.place().network().make_dialer(at.loop())) {
        at.let_pass(1ms);  // it listens a turn after it was started
        link_.emplace(value_of(dial_bare(at, *by_, to.endpoints().front()), "dialling"));
    }

    [[nodiscard]] bare_link& get() noexcept { return *link_; }
    [[nodiscard]] bare_link const& get() const noexcept { return *link_; }

private:
    std::unique_ptr<transport::dialer> by_;
    std::optional<bare_link> link_;
};

class talker {
public:
    // Over a new connection.
    talker(world& at, rpc_server const& to) : at_(at), link_(at, to) {
        cutter_.give_extension_frames();
    }

    [[nodiscard]] bare_link& link() noexcept { return link_.get(); }

    void say(std::string_view what) {
        expect(at_.comes_true([&] { return link_.get().unsaid() == 0; }), "a link takes nothing");
        link_.get().say(what);
    }
    void say(extension::kind what, std::string_view payload) {
        say(framed(static_cast<std::uint8_t>(what), 0, 0, payload));
    }

    // In two frames, as published clients call.
    void call(std::uint32_t id, std::uint64_t method, std::string_view arguments) {
        auto const head =
            rpc::encode_header({0, id, method, static_cast<std::uint16_t>(arguments.size())});
        say(framed(0, id, 0, text_of(head) + std::string(arguments)));
        say(framed(2, id, 1, {}));
    }
    template <class Request, class Response, class Answer>
    void call(std::uint32_t id, typed::method<Request, Response, Answer> const& of,
              Request arguments) {
        call(id, of.id, text_of(bitcode::encode(std::move(arguments)).to_vector()));
    }

    // Calls, and waits for the answer.
    void expect_answer(std::uint32_t id) {
        call(id, add_one, {id});
        expect(at_.comes_true([&] { return ended(id); }), "a call was not answered");
    }

    // As a client asks for it by a call.
    void extend() {
        call(1, rpc::method_id(extension::hello_method), "\x01");
        expect(at_.comes_true([&] { return ended(1); }), "the extension was not agreed to");
    }

    [[nodiscard]] std::vector<std::string> pongs() {
        std::vector<std::string> all;
        for (auto const& each : heard()) {
            if (each.is_whole && each.kind == static_cast<std::uint8_t>(extension::kind::pong)) {
                all.push_back(each.payload);
            }
        }
        return all;
    }
    // Whether so many answers have come, each on a stream of its own.
    [[nodiscard]] bool ended(std::size_t answers) {
        return static_cast<std::size_t>(std::ranges::count(heard(), 2, &frame_seen::kind)) >=
               answers;
    }

    static std::string framed(std::uint8_t kind, std::uint32_t stream, std::uint32_t sequence,
                              std::string_view payload) {
        std::array<std::byte, frame::header_size_max> head;
        auto const size = frame::encode_header(
            {static_cast<std::uint32_t>(payload.size()), stream, sequence, kind, 0},
            frame::layout::b, head);
        return text_of(bytes_view(head).first(size)) + std::string(payload);
    }

private:
    [[nodiscard]] std::vector<frame_seen> const& heard() {
        bytes_view rest = as_bytes(link_.get().heard()).subspan(cut_);
        cut_ = link_.get().heard().size();
        while (auto const part = value_of(cutter_.next(rest), "reading frames")) {
            if (part->begins) {
                heard_.push_back({part->head.kind_byte, {}, false});
            }
            heard_.back().payload += as_text(part->bytes);
            heard_.back().is_whole = part->ends;
        }
        return heard_;
    }

    world& at_;
    dialled link_;
    frame::decoder cutter_{frame::layout::b, 16 * mib};
    std::size_t cut_ = 0;  // bytes of what was heard
    std::vector<frame_seen> heard_;
};

// A server, how its connections ended, and when.
class watched_server {
public:
    explicit watched_server(world& at, connection_limits const& limits = {}) {
        auto made = at.a_server();
        made.handle(add_one, [](number const& given) { return number{given.value + 1}; })
            .handle(as_many, [&at](number const& size) { return blob{at.noise(size.value)}; })
            .limits(limits)
            .on_state([this, &at](auto const&, connection_state now, error_code why) {
                if (now == connection_state::error || now == connection_state::disconnected) {
                    ++ended_;
                    why_ = why;
                    when_ = at.loop().now();
                }
            });
        server_.emplace(start(at, made));
    }

    [[nodiscard]] rpc_server const& get() const noexcept { return *server_; }
    [[nodiscard]] std::size_t ended() const noexcept { return ended_; }
    [[nodiscard]] error_code why() const noexcept { return why_; }
    [[nodiscard]] transport::runtime::time_point when() const noexcept { return when_; }

private:
    std::size_t ended_ = 0;
    error_code why_;
    transport::runtime::time_point when_;
    std::optional<rpc_server> server_;
};

void pings_come_back_in_order(world& at) {
    watched_server const server(at);
    talker one(at, server.get());
    one.extend();
    std::vector<std::string> const said{"one", "two", "", std::string(63, 'p')};
    one.call(2, as_many, {at.amount("bytes")});
    for (auto const& each : said) {
        one.say(extension::kind::ping, each);
    }
    expect(at.comes_true([&] { return one.ended(2); }), "the data did not arrive");
    expect(at.comes_true([&] { return one.pongs().size() >= said.size(); }),
           "a ping was not answered");
    expect(one.pongs() == said, "pings came back in another order, or with other bytes");
}

void a_pong_of_its_own_is_harmless(world& at) {
    watched_server const server(at);
    talker one(at, server.get());
    one.extend();
    for (std::size_t const size : {0U, 8U, 9U, 63U}) {
        one.say(extension::kind::pong, std::string(size, '\0'));
    }
    one.expect_answer(2);
    expect(one.pongs().empty(), "a pong was answered");
    expect(server.ended() == 0, "a pong nobody asked for ended the connection");
}

void oversized_pings_are_not_answered(world& at) {
    watched_server const server(at);
    talker one(at, server.get());
    one.extend();
    for (std::size_t const size :
         {extension::ping_size_max + 1, extension::control_size_max, std::size_t{10'000}}) {
        one.say(extension::kind::ping, std::string(size, 'x'));
    }
    one.say(extension::kind::credit, "abc");
    one.expect_answer(2);
    one.say(extension::kind::ping, "fits");
    expect(at.comes_true([&] { return !one.pongs().empty(); }), "a ping was not answered");
    expect(one.pongs() == std::vector<std::string>{"fits"}, "an oversized ping was answered");
    expect(server.ended() == 0, "one oversized ping ended the connection");
}

void a_flood_of_pings_is_not_read(world& at) {
    watched_server const server(at);
    talker one(at, server.get());
    one.extend();
    one.link().hold(true);
    std::string flood;
    std::size_t count = 0;
    for (; flood.size() < 2 * mib; ++count) {  // of what cannot be compressed
        flood += talker::framed(static_cast<std::uint8_t>(extension::kind::ping), 0, 0,
                                text_of(at.noise(extension::ping_size_max)));
    }
    one.say(flood);
    at.let_pass(10s);
    expect(one.link().unsaid() > 1 * mib, "pings are read whose answers nobody takes");
    one.link().hold(false);
    expect(at.comes_true([&] { return one.link().unsaid() == 0; }), "reading never goes on");
    one.expect_answer(2);
    expect(one.pongs().size() == count, "pings were answered too often, or never");
}

// A connection of a peer that looks after it, to a server or from a client, and how it ended.
class looked_after {
public:
    looked_after(world& at, connection_limits const& limits) {
        auto const note = [this, &at](connection_state now, error_code told) {
            if (now == connection_state::error || now == connection_state::disconnected) {
                when = at.loop().now();
                why = told;
            }
        };
        if (at.options().role == initiator::client) {
            listening_.emplace(at);
            auto made = at.a_client(listening_->url());
            client_.emplace(value_of(made.limits(limits).on_state(note).connect(), "connecting"));
            expect(at.comes_true([&] { return listening_->accepted() == 1; }), "nobody came");
            taken_ = listening_->take();
            return;
        }
        auto made = at.a_server();
        made.limits(limits).on_state(
            [note](auto const&, connection_state now, error_code told) { note(now, told); });
        server_.emplace(start(at, made));
        dialled_.emplace(at, *server_);
    }

    [[nodiscard]] bare_link& far() noexcept { return taken_ ? *taken_ : dialled_->get(); }

    std::optional<transport::runtime::time_point> when;
    error_code why;

private:
    std::optional<bare_listener> listening_;
    std::unique_ptr<bare_link> taken_;
    std::optional<dialled> dialled_;
    std::optional<rpc_server> server_;
    std::optional<rpc_client> client_;
};

void an_unanswered_ping_ends_it(world& at) {
    bool const is_virtual = at.options().virtual_time;
    connection_limits limits;
    limits.ping_after = is_virtual ? 5000ms : 20ms;
    limits.silence_timeout = is_virtual ? 15000ms : 500ms;
    looked_after one(at, limits);
    at.let_pass(10min);
    expect(!one.when, "a connection was ended whose pings are answered");
    one.far().hold(true);
    auto const begun = at.loop().now();
    expect(at.comes_true([&] { return one.when.has_value(); }), "an unanswered ping costs nothing");
    expect(one.why == transport_error::silent_peer, "it is not told why it ended");
    // Its last answer was to a ping of before.
    auto const lasted = *one.when - begun;
    auto const tick = transport::sweeper::tick;
    expect(lasted >= limits.silence_timeout - limits.ping_after - tick,
           "it was ended before its time");
    expect(!is_virtual || lasted <= limits.silence_timeout + tick, "it was ended behind its time");
}

// Bytes that come far apart, in the middle of a frame: the peer lives.
void expect_every_byte_to_count(world& at) {
    watched_server const server(at);
    talker one(at, server.get());
    one.expect_answer(1);
    one.link().hold(true);
    auto const head = rpc::encode_header({0, 2, add_one.id, 0});
    std::string const begun = talker::framed(0, 2, 0, text_of(head) + std::string(100, 'x'));
    std::size_t const bytes = at.amount("bytes apart");
    for (std::size_t i = 0; i < bytes; ++i) {
        at.let_pass(14'900ms);
        expect(server.ended() == 0, "a peer was given up that goes on sending");
        one.say(begun.substr(i, 1));
    }
    auto const last = at.loop().now();
    expect(at.comes_true([&] { return server.ended() == 1; }), "a silent peer was never given up");
    expect(server.why() == transport_error::silent_peer, "it is not told why it ended");
    auto const lasted = server.when() - last;
    expect(lasted >= 15s, "a peer was given up before its time");
    expect(lasted <= 15s + 2 * transport::sweeper::tick, "a peer was given up behind its time");
}

// What the server sends in each round is one answer and no more: as much as in a short one, where
// no ping of any clock is due.
void expect_no_ping_on_a_busy_link(world& at, faults& links) {
    watched_server const server(at);
    talker one(at, server.get());
    std::uint64_t of_short_round = 0;
    for (std::uint32_t round = 1; round <= 20; ++round) {
        bool const is_short = round <= 2;  // the first may say more than its answer
        auto const before = links.carried(false);
        one.expect_answer(round);
        at.let_pass(is_short ? 10ms : 4'900ms);
        auto const sent = links.carried(false) - before;
        expect(is_short || sent == of_short_round, "a busy link was pinged");
        of_short_round = sent;
    }
    auto const before = links.carried(false);
    at.let_pass(1s);
    expect(!at.about().has.probe || links.carried(false) > before, "a silent link was not pinged");
}

void every_byte_is_a_sign_of_life(world& at) {
    expect_every_byte_to_count(at);
    if (faults* const links = at.place().disturb(); links != nullptr) {
        expect_no_ping_on_a_busy_link(at, *links);
    }
}

using round_trip = call_result<std::chrono::microseconds>;

// As long as the link is held up, where it can be.
void expect_held_up_round_trip(world& at, peer const& of, faults& links) {
    constexpr auto held = 250ms;
    auto const measured = std::make_shared<std::optional<round_trip>>();
    links.stall(true, true);
    auto const begun = at.loop().now();
    of.async_ping({}, [measured](round_trip took) { *measured = std::move(took); });
    at.let_pass(held);
    expect(!*measured, "a ping passed a link that was held up");
    links.stall(true, false);
    expect(at.comes_true([&] { return measured->has_value(); }), "a ping was not answered");
    auto const took = value_of(**measured, "a ping");
    expect(took >= held, "a round trip is said to be shorter than it was");
    expect(took <= at.loop().now() - begun, "a round trip is said to be longer than it was");
}

void the_round_trip_is_measured(world& at) {
    auto pair = pairing(at).extended().connect();
    for (peer const& of : {pair.caller(), pair.callee()}) {
        auto const begun = at.loop().now();
        auto const took = value_of(of.ping(), "a ping");
        auto const passed = at.loop().now() - begun;
        // Over sockets it takes some time.
        expect(at.options().virtual_time ? took >= 0us : took > 0us, "a round trip takes no time");
        expect(took <= passed, "a round trip is said to be longer than it was");
        if (faults* const links = at.place().disturb(); links != nullptr) {
            expect_held_up_round_trip(at, of, *links);
        }
    }
    auto base = pairing(at).connect();
    auto const refused = base.client().ping();
    expect(!refused && refused.error().error == rpc::rpc_error::not_extended,
           "somebody was pinged who had not agreed to it");
}

constexpr std::array rules{
    rule{"LIV-01",
         level::must,
         "A ping is answered with the same payload, in order, also while data is flowing.",
         "What pongs wait behind.",
         needs::one_role,
         pings_come_back_in_order,
         {"data enough to wait behind", {{"bytes", 128 * kib, 8 * mib}}}},
    rule{"LIV-02", level::must,
         "An unanswered ping closes the connection within the stated time, and not before.",
         "Whether probe() makes the peer answer, and what counts as heard.", needs::probe,
         an_unanswered_ping_ends_it},
    rule{"LIV-03", level::must, "An answer that was not asked for is harmless.",
         "What becomes of a pong that belongs to no ping.", needs::one_role,
         a_pong_of_its_own_is_harmless},
    rule{"LIV-04", level::must, "Oversized control messages are refused.",
         "Which size is checked before a ping is answered.", needs::one_role,
         oversized_pings_are_not_answered},
    rule{"LIV-05", level::must,
         "A ping flood is answered at a bounded rate or ends the connection.",
         "Whether reading stops while answers to pings wait.",
         needs::one_role | needs::one_shape | needs::virtual_time, a_flood_of_pings_is_not_read},
    rule{"LIV-06",
         level::must,
         "Any received byte counts as life; pings are not sent on a busy link.",
         "Whether wire_bytes of a read counts every byte.",
         needs::one_role | needs::virtual_time,
         every_byte_is_a_sign_of_life,
         {"a quarter of an hour", {{"bytes apart", 20, 60}}}},
    rule{"LIV-07", level::must, "The round trip is measured, and told to who asks.",
         "From when to when a ping is timed.", needs::nothing, the_round_trip_is_measured},
};

}  // namespace

std::span<rule const> liveness_rules() {
    return rules;
}

}  // namespace trunkline::conformance
