// trunkline chat from start to end, with clients over sockets.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/ws_client.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using namespace test_support;

/// The program, from the line that tells its port on.
class running_chat {
public:
    explicit running_chat(std::vector<std::string> const& flags = {}) {
        std::vector<std::string> all{TRUNKLINE_PROGRAM, "chat", "--port", "0"};
        all.insert(all.end(), flags.begin(), flags.end());
        process_ = std::make_unique<child_process>(all);
        std::string const line = process_->read_output_line();
        constexpr std::string_view begin = "Chat running on ws://127.0.0.1:";
        if (!line.starts_with(begin)) {
            throw std::runtime_error("not running: " + line);
        }
        port_ = static_cast<std::uint16_t>(std::stoi(line.substr(begin.size())));
    }

    [[nodiscard]] ws_client connect(std::string const& target = "/") const {
        return {"127.0.0.1", port_, target};
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] child_process& process() { return *process_; }

    int stop() {
        process_->signal(SIGTERM);
        return process_->wait();
    }

private:
    std::unique_ptr<child_process> process_;
    std::uint16_t port_ = 0;
};

std::string said(ws_frame const& frame) {
    auto const read =
        chat_wire::decode_binary(as_bytes(frame.payload), chat_wire::binary_layout::published);
    return read ? std::string(as_text(read->message.payload)) : "unreadable";
}

TEST(chat_command, serves_the_binary_protocol) {
    running_chat chat;
    auto ann = chat.connect();
    EXPECT_EQ(said(ann.receive()), "Welcome user_1! You are connection #1");
    EXPECT_EQ(said(ann.receive()), "user_1 joined");
    auto bob = chat.connect("/?room=general");
    EXPECT_EQ(said(bob.receive()), "Welcome user_2! You are connection #2");
    EXPECT_EQ(said(bob.receive()), "user_2 joined");
    EXPECT_EQ(said(ann.receive()), "user_2 joined");
    for (int i = 0; i < 100; ++i) {
        (i % 2 == 0 ? ann : bob).send(ws_text, std::to_string(i));
        EXPECT_EQ(said(ann.receive()), std::to_string(i));
        EXPECT_EQ(said(bob.receive()), std::to_string(i));
    }
    EXPECT_EQ(chat.stop(), exit_success);
    EXPECT_EQ(ann.receive().close_code(), 1001);
    EXPECT_EQ(ann.receive().opcode, 0);
}

TEST(chat_command, serves_the_json_protocol_on_several_threads) {
    running_chat chat({"--protocol", "json", "--threads", "3", "--pin"});
    std::vector<std::unique_ptr<ws_client>> people;
    for (int i = 0; i < 6; ++i) {
        people.push_back(std::make_unique<ws_client>("127.0.0.1", chat.port(), "/"));
        auto const welcome = chat_wire::decode_json(people.back()->receive().payload);
        ASSERT_TRUE(welcome.has_value());
        EXPECT_TRUE(welcome->content.starts_with("Welcome to the chat, User_"));
        for (auto const& each : people) {
            auto const joined = chat_wire::decode_json(each->receive().payload);
            EXPECT_TRUE(joined->content.ends_with(" has joined the chat!")) << joined->content;
        }
    }
    for (int i = 0; i < 30; ++i) {
        people[static_cast<std::size_t>(i) % 6]->send(ws_text, "n" + std::to_string(i));
        for (auto const& each : people) {
            auto const heard = each->receive();
            EXPECT_EQ(heard.opcode, ws_text);
            EXPECT_EQ(chat_wire::decode_json(heard.payload)->content, "n" + std::to_string(i));
        }
    }
    EXPECT_EQ(chat.stop(), exit_success);
}

TEST(chat_command, gives_a_page_to_browsers) {
    running_chat chat;
    tcp_client browser("127.0.0.1", chat.port());
    browser.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string const answer = browser.receive_through("</html>\n");
    EXPECT_TRUE(
        answer.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n"));
    EXPECT_EQ(browser.receive(1), "");
}

TEST(chat_command, writes_its_port_and_refuses_a_port_in_use) {
    scratch_folder folder;
    std::string const file = (folder / "port").string();
    running_chat chat({"--port-file", file});
    EXPECT_EQ(read_file(file), std::to_string(chat.port()) + "\n");
    auto const left =
        run_program({TRUNKLINE_PROGRAM, "chat", "--port", std::to_string(chat.port())});
    EXPECT_EQ(left.exit_code, exit_listen);
    EXPECT_NE(left.error.find("is in use by another program"), std::string::npos);
}

TEST(chat_command, says_what_is_wrong_with_its_flags) {
    struct {
        std::vector<std::string> flags;
        char const* line;
    } const cases[] = {
        {{"--protocol", "xml"}, "--protocol"},
        {{"--host", "0.0.0.0"}, "--allow-plain"},
        {{"--idle-timeout", "1s"}, "--idle-timeout is not longer than --ping-after"},
        {{"--slow-members", "never"}, "--slow-members"},
    };
    for (auto const& each : cases) {
        std::vector<std::string> all{TRUNKLINE_PROGRAM, "chat"};
        all.insert(all.end(), each.flags.begin(), each.flags.end());
        auto const left = run_program(all);
        EXPECT_EQ(left.exit_code, exit_usage);
        EXPECT_NE(left.error.find(each.line), std::string::npos) << left.error;
    }
}

/// The id of a message, and what it says.
std::pair<std::uint64_t, std::string> heard_by(ws_client& link) {
    ws_frame const frame = link.receive();
    auto const read =
        chat_wire::decode_binary(as_bytes(frame.payload), chat_wire::binary_layout::published);
    return read ? std::pair(read->message.id, std::string(as_text(read->message.payload)))
                : std::pair(std::uint64_t{0}, std::string("unreadable"));
}

// What somebody has heard is kept: who comes back after the server was killed gets what came behind
// the last that it has heard, and nothing else.
TEST(chat_command, goes_on_where_it_was_killed) {
    scratch_folder folder;
    std::vector<std::string> const flags{"--history", (folder / "kept").string(), "--threads", "2"};
    std::uint64_t last_of_ann = 0;
    std::uint64_t last = 0;
    std::vector<std::string> missed;
    int said_so_far = 0;
    for (int round = 0; round < 3; ++round) {
        running_chat chat(flags);
        auto ann = chat.connect("/?room=tea&after=" + std::to_string(last_of_ann));
        EXPECT_TRUE(heard_by(ann).second.starts_with("Welcome"));
        for (auto const& each : missed) {
            auto const [number, text] = heard_by(ann);
            EXPECT_EQ(text, each);
            EXPECT_GT(number, last_of_ann);
            last_of_ann = number;
        }
        missed.clear();
        auto const [joined, text] = heard_by(ann);
        EXPECT_TRUE(text.ends_with("joined")) << text;
        EXPECT_GT(joined, last);
        auto bob = chat.connect("/?room=tea");
        heard_by(bob);
        heard_by(bob);
        heard_by(ann);
        for (int i = 0; i < 10; ++i) {
            std::string const line = std::to_string(said_so_far++);
            (i % 2 == 0 ? ann : bob).send(ws_text, line);
            auto const [number, heard] = heard_by(ann);
            EXPECT_EQ(heard, line);
            EXPECT_EQ(heard_by(bob), std::pair(number, heard));
            EXPECT_GT(number, last);
            last_of_ann = number;
        }
        ann.close(1000);
        heard_by(bob);  // that Ann has left
        for (int i = 0; i < 100; ++i) {
            std::string const line = std::to_string(said_so_far++);
            bob.send(ws_text, line);
            last = heard_by(bob).first;
            missed.push_back(line);
        }
        chat.process().signal(SIGKILL);
        std::ignore = chat.process().wait();
    }
}

TEST(chat_command, says_why_there_is_no_history) {
    scratch_folder folder;
    std::string const file = (folder / "kept").string();
    running_chat const chat({"--history", file});
    auto const left = run_program({TRUNKLINE_PROGRAM, "chat", "--port", "0", "--history", file});
    EXPECT_EQ(left.exit_code, exit_store);
    EXPECT_NE(left.error.find("kept.0 is in use by another program"), std::string::npos)
        << left.error;
}

TEST(chat_command, logs_counts_when_it_is_asked_to) {
    running_chat chat({"--counts-every", "10ms"});
    auto const one = chat.connect();
    std::string line;
    do {
        line = chat.process().read_error_line();
    } while (line.find("connections=1") == std::string::npos && !line.empty());
    EXPECT_NE(line.find("counts"), std::string::npos) << line;
    EXPECT_NE(line.find("rooms=1"), std::string::npos) << line;
}

}  // namespace
}  // namespace trunkline::cli
