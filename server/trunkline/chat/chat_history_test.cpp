// The server with a history: who comes back gets what was said meanwhile.
#include <trunkline/chat/open_history.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/chat/chat_server.hpp>
#include <trunkline/chat/settings.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>
#include <trunkline/chat_wire/testing.hpp>
#include <trunkline/test_support/ws_client.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace trunkline::chat {
namespace {

using test_support::ws_binary;
using test_support::ws_client;
using test_support::ws_text;

/// What a client reads, in either protocol.
struct told {
    std::uint64_t number = 0;
    std::string text;
    chat_wire::message_type type = chat_wire::message_type::system;
};

told told_by(ws_client& link) {
    auto const frame = link.receive();
    if (frame.opcode == ws_text) {
        auto const read = chat_wire::decode_json(frame.payload);
        return read ? told{read->number, read->content, read->type} : told{};
    }
    auto const read =
        chat_wire::decode_binary(as_bytes(frame.payload), chat_wire::binary_layout::published);
    return read ? told{read->message.id, std::string(as_text(read->message.payload)),
                       read->message.type}
                : told{};
}

std::string asked(chat_wire::message_type what, std::string_view room, std::string_view payload) {
    chat_wire::binary_message made;
    made.type = what;
    made.room = room;
    made.payload = as_bytes(payload);
    auto const bytes = chat_wire::testing::encoded(made);
    return std::string(as_text(bytes));
}

std::vector<std::string> texts_of(ws_client& link, std::size_t count) {
    std::vector<std::string> found;
    while (found.size() < count) {
        found.push_back(told_by(link).text);
    }
    return found;
}

using chat_lines = std::vector<std::string>;

struct kept_chats : ::testing::TestWithParam<char const*> {
    kept_chats() {
        options.protocol = GetParam();
        options.port = 0;
        options.threads = 2;
        options.history = (folder / "kept").string();
    }
    ~kept_chats() override { stop(); }

    void start() {
        ASSERT_EQ(settle(options, {.cores = 1, .descriptors = 1000}), "");
        std::string fault;
        auto opened = open_history(options, log, fault);
        ASSERT_TRUE(opened.has_value()) << fault;
        history = std::move(*opened);
        server = std::make_unique<chat_server>(options, log, history.get());
        ASSERT_TRUE(server->listen().has_value());
        thread = std::thread([this] { EXPECT_TRUE(server->run().has_value()); });
    }
    void stop() {
        if (server != nullptr) {
            server->request_stop();
            thread.join();
            server.reset();
            history.reset();
        }
    }
    std::unique_ptr<ws_client> connect(std::string const& target = "/") const {
        return std::make_unique<ws_client>("127.0.0.1", server->port(), target);
    }
    /// Says them, and gives the numbers that they had.
    static std::vector<std::uint64_t> say(ws_client& by, chat_lines const& lines) {
        std::vector<std::uint64_t> numbers;
        for (auto const& line : lines) {
            by.send(ws_text, line);
            auto const heard = told_by(by);
            EXPECT_EQ(heard.text, line);
            numbers.push_back(heard.number);
        }
        return numbers;
    }

    scratch_folder folder;
    logging::journal log{logging::level_table(logging::level::error), logging::line_format::text};
    chat_options options;
    std::unique_ptr<rooms::history> history;
    std::unique_ptr<chat_server> server;
    std::thread thread;
};

TEST_P(kept_chats, give_what_was_said_behind_an_offset_also_after_a_restart) {
    start();
    std::vector<std::uint64_t> numbers;
    {
        auto const ann = connect("/?room=tea");
        texts_of(*ann, 2);
        numbers = say(*ann, {"one", "two", "three"});
    }
    for (int round = 0; round < 2; ++round) {
        auto const bea = connect("/?room=tea&after=" + std::to_string(numbers[0]));
        auto const welcome = told_by(*bea);
        EXPECT_TRUE(welcome.text.starts_with("Welcome")) << welcome.text;
        for (std::size_t i = 1; i < 3; ++i) {
            auto const heard = told_by(*bea);
            EXPECT_EQ(heard.text, i == 1 ? "two" : "three");
            EXPECT_EQ(heard.number, numbers[i]);
            EXPECT_EQ(heard.type, chat_wire::message_type::chat);
        }
        auto const joined = told_by(*bea);
        EXPECT_NE(joined.text.find("joined"), std::string::npos) << joined.text;
        EXPECT_GT(joined.number, numbers.back());
        auto const other = connect("/?after=0");
        EXPECT_NE(texts_of(*other, 2)[1].find("joined"), std::string::npos);
        stop();
        start();
    }
}

TEST_P(kept_chats, give_nothing_to_who_does_not_ask) {
    start();
    auto const ann = connect();
    texts_of(*ann, 2);
    say(*ann, {"one"});
    for (char const* target : {"/", "/?after=", "/?after=x", "/?after=-1"}) {
        auto const bea = connect(target);
        auto const heard = texts_of(*bea, 2);
        EXPECT_TRUE(heard[0].starts_with("Welcome")) << heard[0];
        EXPECT_NE(heard[1].find("joined"), std::string::npos) << target << heard[1];
        told_by(*ann);
        bea->close(1000);
        told_by(*ann);
    }
}

TEST_P(kept_chats, keep_what_is_said_and_no_notices) {
    start();
    auto const ann = connect();
    texts_of(*ann, 2);
    say(*ann, {"one"});
    ann->send(ws_text, "/name Ann");
    told_by(*ann);
    say(*ann, {"two"});
    auto const bea = connect("/?after=0");
    auto const heard = texts_of(*bea, 4);
    EXPECT_EQ(heard[1], "one");
    EXPECT_EQ(heard[2], "two");
    EXPECT_NE(heard[3].find("joined"), std::string::npos);
}

TEST_P(kept_chats, say_so_when_something_may_be_gone) {
    options.history_of_room.messages_max = 2;
    start();
    auto const ann = connect();
    texts_of(*ann, 2);
    auto const numbers = say(*ann, {"one", "two", "three", "four"});
    auto const bea = connect("/?after=" + std::to_string(numbers[0]));
    auto const heard = texts_of(*bea, 4);
    EXPECT_NE(heard[1].find("missed messages"), std::string::npos) << heard[1];
    EXPECT_EQ(heard[2], "three");
    EXPECT_EQ(heard[3], "four");
}

TEST_P(kept_chats, give_more_than_a_link_takes_at_once) {
    options.history_of_room.size_max = 64 * mib;
    start();
    auto const ann = connect();
    texts_of(*ann, 2);
    chat_lines lines;
    for (int i = 0; i < 200; ++i) {
        lines.push_back(std::to_string(i) + ' ' + std::string(100'000, 'x'));
    }
    say(*ann, lines);
    auto const bea = connect("/?after=0");
    told_by(*bea);
    say(*ann, {});
    ann->send(ws_text, "live");
    for (auto const& line : lines) {
        ASSERT_EQ(told_by(*bea).text, line);
    }
    // The other thread may speak before this one has said who came.
    chat_lines rest{told_by(*bea).text, told_by(*bea).text};
    std::ranges::sort(rest, {}, &std::string::size);
    EXPECT_EQ(rest.front(), "live");
    EXPECT_NE(rest.back().find("joined"), std::string::npos);
}

TEST_P(kept_chats, give_what_was_said_in_a_room_that_is_joined) {
    start();
    auto const ann = connect("/?room=tea");
    texts_of(*ann, 2);
    auto const numbers = say(*ann, {"one", "two"});
    auto const bea = connect();
    texts_of(*bea, 2);
    bool const can_join = std::string_view(GetParam()) == "binary";
    for (auto const& [payload, kept] : std::vector<std::pair<std::string, chat_lines>>{
             {"?after=" + std::to_string(numbers[0]), {"two"}},
             {"?after=0", {"one", "two"}},
             {"after=0", {}},
             {"?after=x", {}},
             {"", {}}}) {
        bea->send(ws_binary, asked(chat_wire::message_type::join, "tea", payload));
        if (!can_join) {
            bea->send(ws_text, "live");
            EXPECT_EQ(told_by(*bea).text, "live");
            continue;
        }
        EXPECT_EQ(texts_of(*bea, kept.size()), kept) << payload;
        EXPECT_NE(told_by(*bea).text.find("joined"), std::string::npos) << payload;
        bea->send(ws_binary, asked(chat_wire::message_type::leave, "tea", ""));
        bea->send(ws_text, "live");
        EXPECT_EQ(told_by(*bea).text, "live");
    }
}

INSTANTIATE_TEST_SUITE_P(protocols, kept_chats, ::testing::Values("binary", "json"),
                         [](auto const& each) { return std::string(each.param); });

TEST(open_history, drops_what_was_said_in_the_other_protocol) {
    scratch_folder folder;
    logging::journal const log(logging::level_table(logging::level::error),
                               logging::line_format::text);
    chat_options options;
    options.history = (folder / "kept").string();
    std::string fault;
    {
        auto const made = open_history(options, log, fault).value();
        (*made).note("r", rooms::message_draft(5).finish(1));
        EXPECT_EQ(made->after("r", 0, 9, 9).messages.size(), 1U);
    }
    options.protocol = "json";
    auto const made = open_history(options, log, fault).value();
    EXPECT_EQ(made->after("r", 0, 9, 9).messages.size(), 0U);
}

TEST(open_history, is_none_without_a_name_and_says_what_is_wrong_with_one) {
    scratch_folder folder;
    logging::journal const log(logging::level_table(logging::level::error),
                               logging::line_format::text);
    chat_options options;
    std::string fault;
    EXPECT_EQ(open_history(options, log, fault).value(), nullptr);
    EXPECT_EQ(fault, "");
    options.history = (folder / "nowhere" / "kept").string();
    EXPECT_FALSE(open_history(options, log, fault).has_value());
    EXPECT_TRUE(fault.starts_with("--history: cannot open ")) << fault;
    EXPECT_NE(fault.find("does not exist"), std::string::npos) << fault;
}

}  // namespace
}  // namespace trunkline::chat
