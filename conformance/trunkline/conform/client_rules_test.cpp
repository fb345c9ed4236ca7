// The rules about clients: ours passes them all, and each fails for a client that breaks it.
#include <trunkline/conform/client_rules.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/host.hpp>
#include <trunkline/conform/played_server.hpp>
#include <trunkline/conform/rules/families.hpp>
#include <trunkline/conform/web_talk.hpp>
#include <trunkline/conformance/judge.hpp>
#include <trunkline/conformance/messages.hpp>
#include <trunkline/peer/rpc_client.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conform {
namespace {

using namespace std::chrono_literals;
using conformance::outcome;
using conformance::rule;
using conformance::world;
using websocket::opcode;

// A client that has been told the begin of its work; stays as long as what is given back.
using client = std::function<std::shared_ptr<void>(world&)>;

std::vector<guest_book> said_by(bool over_websocket, client const& who) {
    auto const place = piped_door(over_websocket);
    world at(place, {});
    reception desk(at);
    EXPECT_FALSE(desk.fault());
    auto const it = who(at);
    return desk.finish(1s, 1s);
}

conformance::verdict judged(std::string_view id, bool over_websocket, client const& who) {
    auto const what = std::ranges::find(client_rules(), id, &rule::id);
    return judge(*what, guests(over_websocket ? "ws" : "tcp", said_by(over_websocket, who)), {});
}

std::shared_ptr<void> ours(world& at) {
    auto const made = std::make_shared<rpc_client>(at.a_client(at.place().url()).connect().value());
    EXPECT_FALSE(made->call(conformance::never, {"x"}));
    return made;
}

std::shared_ptr<void> nobody(world&) {
    return nullptr;
}

// Calls with these bytes, and then stays, and says nothing more.
client saying(std::function<std::string(caller&)> what) {
    return [what = std::move(what)](world& at) {
        auto const made = std::make_shared<caller>(at);
        made->say(what(*made));
        at.let_pass(1ms);
        return made;
    };
}

client const calling = saying([](caller& by) { return by.bytes_of_call(by.next_id()); });

// Past the upgrade, with these frames.
client web(std::vector<web_frame> frames) {
    return [frames = std::move(frames)](world& at) {
        auto const made = std::make_shared<web_talk>(at);
        made->upgrade();
        for (web_frame const& each : frames) {
            made->send(each);
        }
        at.let_pass(1ms);
        return made;
    };
}

std::shared_ptr<void> asking_wrongly(world& at) {
    auto const made = std::make_shared<web_talk>(at);
    made->say("POST" + upgrade_request(at).substr(3));
    at.let_pass(1ms);
    return made;
}

std::shared_ptr<void> leaving(world& at) {
    caller one(at);
    one.say(one.bytes_of_call(one.next_id()));
    at.let_pass(1ms);
    return nullptr;
}

TEST(client_rules, hold_for_a_client_of_ours) {
    for (bool const over_websocket : {false, true}) {
        auto const books = said_by(over_websocket, ours);
        ASSERT_EQ(books.size(), 1U);
        for (rule const& each : client_rules()) {
            auto const found = judge(each, guests(over_websocket ? "ws" : "tcp", books), {});
            bool const is_elsewhere = !over_websocket && each.uses != one_run;
            EXPECT_EQ(found.what, is_elsewhere ? outcome::not_applicable : outcome::passed)
                << each.id << ": " << found.seen;
        }
    }
}

struct wrong_client {
    std::string_view rule;
    bool over_websocket;
    client who;
};

std::vector<wrong_client> wrong_clients() {
    auto const with_id = [](std::uint32_t id) {
        return saying([id](caller& by) { return by.bytes_of_call(id); });
    };
    return {
        {"EST-01", false, nobody},
        {"EST-13", true, asking_wrongly},
        {"CLS-11", true, web({})},
        {"MUX-01", false, with_id(0x8000'0001)},
        {"MUX-13", false, saying([](caller& by) {
             return by.bytes_of_call(1) + by.frame(static_cast<frame::kind>(9), 3, 0);
         })},
        {"MUX-13", false, saying([](caller& by) {
             return by.bytes_of_call(1) + by.frame(frame::kind::open, 3, 1);
         })},
        {"MUX-13", false, saying([](caller& by) {
             return by.bytes_of_call(1) + by.frame(frame::kind::data, 3, 0);
         })},
        {"MUX-13", false, saying([](caller& by) {
             return by.bytes_of_call(1) + by.frame(frame::kind::open, 3, 0, "short") +
                    by.frame(frame::kind::end, 3, 1);
         })},
        {"BID-01", false, calling},
        {"MAL-03", false, calling},
        {"MUX-07", false, calling},
        {"MUX-07", false, saying([](caller& by) {
             return by.bytes_of_call(1) +
                    by.frame(frame::kind::open, 3, 0,
                             conformance::head_of(rpc::message_type::response, unasked_id,
                                                  unknown_method, std::string(1, '\x03'))) +
                    by.frame(frame::kind::end, 3, 1);
         })},
        {"MAL-14", true, web({{.payload = "x", .masked = false}})},
        {"MAL-14", true, web({{.payload = "x", .reserved = 2}})},
        {"MAL-14", true, web({{.code = opcode::continuation, .payload = "x"}})},
        {"MAL-14", true, web({{.code = opcode::ping, .payload = std::string(126, 'x')}})},
        {"LIV-01", true, web({})},
    };
}

TEST(client_rules, fail_for_clients_that_break_them) {
    auto const all = wrong_clients();
    for (wrong_client const& each : all) {
        auto const found = judged(each.rule, each.over_websocket, each.who);
        EXPECT_EQ(found.what, outcome::failed) << each.rule << ": " << found.seen;
    }
    for (rule const& each : client_rules()) {
        EXPECT_TRUE(std::ranges::any_of(all, [&](wrong_client const& one) {
            return one.rule == each.id;
        })) << each.id;
    }
}

TEST(client_rules, say_nothing_of_who_has_left) {
    for (std::string_view const id : {"BID-01", "MAL-03", "MUX-07"}) {
        auto const found = judged(id, false, leaving);
        EXPECT_EQ(found.what, outcome::not_applicable) << id << ": " << found.seen;
    }
    client const shy = [](world& at) {
        web_talk(at).upgrade();
        return nullptr;
    };
    for (std::string_view const id : {"LIV-01", "CLS-11", "MUX-01", "MUX-13", "MAL-14"}) {
        auto const found = judged(id, true, shy);
        EXPECT_EQ(found.what, outcome::not_applicable) << id << ": " << found.seen;
    }
}

// Some say goodbye, and some answer each ping twice, as published ones do.
TEST(client_rules, let_clients_go_and_repeat_themselves) {
    client const polite = web(
        {{.payload = conformance::whole_of(1, conformance::head_of(rpc::message_type::call, 1, 7))},
         {.code = opcode::close, .payload = "\x03\xe8"}});
    for (std::string_view const id : {"BID-01", "MAL-03", "MUX-07", "LIV-01", "CLS-11"}) {
        auto const found = judged(id, true, polite);
        EXPECT_EQ(found.what, outcome::not_applicable) << id << ": " << found.seen;
    }
    web_frame const pong{.code = opcode::pong, .payload = ping_payload(0)};
    auto const found = judged("LIV-01", true, web({pong, pong}));
    EXPECT_EQ(found.what, outcome::passed) << found.seen;
}

// Its own Close is on its way when ours comes, which it need not answer then.
TEST(client_rules, let_closes_cross) {
    auto const place = piped_door(true);
    world at(place, {});
    at.set_links(64 * kib, 100ms);
    reception desk(at);
    web_talk one(at);
    one.upgrade();
    auto const leaving =
        at.loop().after(950ms, [&] { one.link().say(encode(close_of(4000, ""))); });
    auto const what = std::ranges::find(client_rules(), "CLS-11", &rule::id);
    auto const books = desk.finish(1s, 1s);
    ASSERT_EQ(books.size(), 1U);
    EXPECT_TRUE(books.front().was_closed);
    auto const found = judge(*what, guests("ws", books), {});
    EXPECT_EQ(found.what, outcome::passed) << found.seen;
}

// Whatever there is much of: bytes of one message, frames, or connections.
TEST(client_rules, keep_no_more_of_a_flood_than_is_told) {
    constexpr std::size_t kept = 256 * kib;
    client const large = [](world& at) {
        auto const made = std::make_shared<caller>(at);
        made->say(made->frame(frame::kind::open, 1, 0, std::string(2 * kept, 'x')));
        return made;
    };
    client const many = [](world& at) {
        auto const made = std::make_shared<web_talk>(at);
        made->upgrade();
        std::string flood;
        for (int i = 0; i < 2000; ++i) {
            flood += encode({.code = opcode::ping, .payload = "x"});
        }
        made->say(flood);
        return made;
    };
    client const crowded = [](world& at) {
        auto const made = std::make_shared<std::vector<std::unique_ptr<caller>>>();
        for (int i = 0; i < 100; ++i) {
            made->push_back(std::make_unique<caller>(at));
        }
        return made;
    };
    for (auto const& [over_websocket, who] :
         {std::pair(false, large), std::pair(true, many), std::pair(false, crowded)}) {
        auto const place = piped_door(over_websocket);
        world at(place, {});
        reception desk(at, kept);
        auto const flooding = who(at);
        auto const began = at.loop().now();
        auto const books = desk.finish(1h, 1s);
        EXPECT_TRUE(desk.is_full());
        EXPECT_LE(at.loop().now() - began, 2s);
        EXPECT_LE(books.size(), kept / (4 * kib));
        for (guest_book const& each : books) {
            EXPECT_LE(each.web_frames.size(), kept / 256);
        }
        for (rule const& each : client_rules()) {
            auto const found = judge(each, guests(over_websocket ? "ws" : "tcp", books), {});
            EXPECT_TRUE(found.what != outcome::failed || each.id == "EST-01")
                << each.id << ": " << found.seen;
        }
    }
}

TEST(client_rules, stand_on_the_page) {
    std::string const page = read_file(TRUNKLINE_SOURCE_DIR "/docs/conform.md");
    std::string table;
    for (rule const& each : client_rules()) {
        table += "| " + std::string(each.id) + " | " + std::string(each.text) + " |\n";
    }
    EXPECT_NE(page.find("|---|---|\n" + table + "\n"), page.npos) << table;
}

}  // namespace
}  // namespace trunkline::conform
