// trunkline chat-client, as its user runs it.
#include <trunkline/cli/exit_code.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/test_support/child_process.hpp>
#include <trunkline/test_support/running_server.hpp>
#include <trunkline/test_support/terminal_run.hpp>
#include <trunkline/transport/file_descriptor.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::cli {
namespace {

using test_support::child_process;
using test_support::finished;
using test_support::run_program;

// A program whose standard input the test writes.
class typed_program {
public:
    explicit typed_program(std::vector<std::string> const& arguments) {
        std::string const pipe = (folder_ / "input").string();
        EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
        std::vector<std::string> all{"/bin/sh", "-c", R"(exec "$0" "$@" < "$TRUNKLINE_TEST_INPUT")",
                                     TRUNKLINE_PROGRAM, "chat-client"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        program.emplace(all, std::map<std::string, std::string>{{"TRUNKLINE_TEST_INPUT", pipe}});
        input = transport::file_descriptor(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC));
    }

    void type(std::string_view lines) const {
        EXPECT_EQ(::write(input.get(), lines.data(), lines.size()),
                  static_cast<ssize_t>(lines.size()));
    }

    std::optional<child_process> program;
    transport::file_descriptor input;

private:
    scratch_folder folder_;
};

// A server that says everything back is a chat for one.
struct chat_client_command : ::testing::Test {
    scratch_folder folder;
    test_support::running_server server{
        TRUNKLINE_PROGRAM, (folder / "s.bin").string(), {"--echo-path", "/echo"}};
    std::string url = "ws://" + server.address() + "/echo";
};

TEST_F(chat_client_command, says_each_line_and_shows_what_comes) {
    typed_program chat({url, "--protocol", "json"});
    chat.type("hello\n");
    EXPECT_EQ(chat.program->read_output_line(), "hello");
    chat.type("/name Ann\n");
    EXPECT_EQ(chat.program->read_output_line(), "/name Ann");
    chat.type("/quit\n");
    EXPECT_EQ(chat.program->wait(), exit_success);
    EXPECT_EQ(chat.program->rest_of_error(), "");
}

TEST_F(chat_client_command, speaks_binary_and_json_lines) {
    typed_program chat({url, "--protocol", "binary", "--json"});
    chat.type("hello\n");
    auto const line = chat.program->read_output_line();
    EXPECT_NE(line.find(R"("type":"chat")"), std::string::npos) << line;
    EXPECT_NE(line.find(R"("text":"hello")"), std::string::npos) << line;
    chat.input.reset();
    EXPECT_EQ(chat.program->wait(), exit_success);
}

// Of our chat server: two people in two rooms, each of them by the program.
TEST(chat_clients, talk_in_rooms_in_both_protocols) {
    for (std::string const protocol : {"binary", "json"}) {
        child_process chat({TRUNKLINE_PROGRAM, "chat", "--port", "0", "--protocol", protocol});
        std::string const line = chat.read_output_line();
        auto const url = line.substr(line.find("ws://"));
        auto const hears = [](typed_program& who, std::string const& what) {
            for (int i = 0; i < 20; ++i) {
                auto const next = who.program->read_output_line();
                if (next.find(what) != std::string::npos) {
                    return next;
                }
            }
            return "not heard: " + what;
        };
        typed_program ann({url});
        hears(ann, "joined");
        ann.type("/name Ann\n");
        hears(ann, "Ann");
        typed_program bea({url + "/?room=tea"});
        hears(bea, "joined");
        bea.type("/name Bea\nhello\n");
        EXPECT_TRUE(hears(bea, ": hello").ends_with(" Bea: hello")) << protocol;
        ann.type("/room tea\nI am here\n");
        EXPECT_TRUE(hears(bea, ": I am here").ends_with(" Ann: I am here")) << protocol;
        EXPECT_TRUE(hears(ann, ": I am here").ends_with(" Ann: I am here")) << protocol;
        for (typed_program* const one : {&ann, &bea}) {
            one->input.reset();
            EXPECT_EQ(one->program->wait(), exit_success) << protocol;
        }
        chat.signal(SIGTERM);
        EXPECT_EQ(chat.wait(), exit_success);
    }
}

// Two people at terminals: what one says comes while the other types.
TEST(chat_clients, edit_lines_at_a_terminal) {
    child_process chat({TRUNKLINE_PROGRAM, "chat", "--port", "0"});
    std::string const line = chat.read_output_line();
    std::vector<std::string> const command{TRUNKLINE_PROGRAM, "chat-client",
                                           line.substr(line.find("ws://"))};
    test_support::terminal_session ann(command);
    static_cast<void>(ann.read_until("joined"));
    test_support::terminal_session bea(command);
    static_cast<void>(ann.read_until("joined"));
    static_cast<void>(ann.read_until("> "));
    static_cast<void>(bea.read_until("joined"));
    ann.type("hallo\x7f\x7f\x7f\x7f");
    bea.type("good morning\r");
    // The line is removed, the message stands in its place, and the line stands below.
    auto const seen = ann.read_until("good morning\r\n") + ann.read_until("> h");
    EXPECT_NE(seen.find("\r\x1b[J"), seen.npos) << seen;
    ann.type("ello\r");
    static_cast<void>(bea.read_until(": hello\r\n"));
    ann.type("\x1b[A, Bea\r");
    static_cast<void>(bea.read_until(": hello, Bea\r\n"));
    ann.type("\x04");
    EXPECT_EQ(ann.wait(), exit_success);
    bea.type("/quit\r");
    EXPECT_EQ(bea.wait(), exit_success);
}

TEST_F(chat_client_command, a_signal_ends_it_in_order) {
    typed_program chat({url, "--protocol", "json"});
    chat.type("hello\n");
    EXPECT_EQ(chat.program->read_output_line(), "hello");
    chat.program->signal(SIGINT);
    EXPECT_EQ(chat.program->wait(), exit_success);
}

TEST_F(chat_client_command, tells_who_cannot_be_reached) {
    auto const gone = run_program({TRUNKLINE_PROGRAM, "chat-client", "ws://127.0.0.1:1"});
    EXPECT_EQ(gone.exit_code, exit_connect);
    EXPECT_NE(gone.error.find("ws://127.0.0.1:1"), std::string::npos) << gone.error;
    auto const no_chat =
        run_program({TRUNKLINE_PROGRAM, "chat-client", "ws://" + server.address() + "/nothing"});
    EXPECT_EQ(no_chat.exit_code, exit_connect);
}

TEST_F(chat_client_command, a_server_that_goes_is_told_of) {
    typed_program chat({url, "--protocol", "json"});
    chat.type("hello\n");
    EXPECT_EQ(chat.program->read_output_line(), "hello");
    server.process().signal(SIGTERM);
    EXPECT_EQ(chat.program->wait(), exit_failure);
    EXPECT_NE(chat.program->rest_of_error().find("the server has closed the connection"),
              std::string::npos);
}

}  // namespace
}  // namespace trunkline::cli
