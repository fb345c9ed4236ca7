#include <trunkline/chat_client/line_editor.hpp>

#include <trunkline/transport/file_descriptor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::chat_client {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using transport::file_descriptor;

constexpr std::chrono::seconds patience = 60s;

/// A person at a terminal of 20 columns, who sees all that is written there.
struct editing : ::testing::Test, protected transport::watched_handle {
    editing() {
        ::setenv("TERM", "xterm", 1);
        int ours = -1;
        int theirs = -1;
        winsize size{};
        size.ws_col = 20;
        size.ws_row = 24;
        EXPECT_EQ(::openpty(&ours, &theirs, nullptr, nullptr, &size), 0);
        person = file_descriptor(ours);
        terminal = file_descriptor(theirs);
        ::tcgetattr(terminal.get(), &before);
        descriptor = ours;
        loop.readiness().update(*this, true, false);
        editor.emplace(
            loop, terminal.get(), terminal.get(),
            [this](std::string_view line) {
                lines.emplace_back(line);
                if (lines.size() == stop_after) {
                    editor->want(false);
                }
            },
            [this] { ++ends; });
    }
    ~editing() override { loop.readiness().remove(*this); }

    void type(std::string_view keys) {
        ASSERT_EQ(::write(person.get(), keys.data(), keys.size()),
                  static_cast<ssize_t>(keys.size()));
    }

    template <class Condition>
    void wait_until(Condition is_met) {
        auto const deadline = loop.after(patience, [this] {
            ADD_FAILURE() << "waited in vain; seen: " << ::testing::PrintToString(seen);
            loop.stop();
        });
        is_met_ = is_met;
        if (!is_met()) {
            loop.run();
        }
        is_met_ = nullptr;
    }
    /// Until the last that is seen is that, without what moves the cursor.
    void wait_for(std::string const& text) {
        wait_until([this, text] { return plain().ends_with(text); });
    }
    void wait_for_lines(std::size_t count) {
        wait_until([this, count] { return lines.size() >= count; });
    }

    /// What is seen without sequences, returns and bells.
    [[nodiscard]] std::string plain() const {
        std::string made;
        for (std::size_t i = 0; i < seen.size(); ++i) {
            if (seen[i] == '\x1b') {
                i = seen.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", i);
            } else if (seen[i] != '\r' && seen[i] != '\a') {
                made += seen[i];
            }
        }
        return made;
    }

    void say(std::string const& line) {
        editor->beside([&] {
            EXPECT_EQ(::write(terminal.get(), line.data(), line.size()),
                      static_cast<ssize_t>(line.size()));
        });
    }

    [[nodiscard]] bool is_as_before() const {
        termios now{};
        ::tcgetattr(terminal.get(), &now);
        return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag;
    }

    transport::asio_runtime loop;
    file_descriptor person;
    file_descriptor terminal;
    termios before{};
    std::optional<line_editor> editor;
    std::vector<std::string> lines;
    std::size_t stop_after = 0;
    int ends = 0;
    std::string seen;

private:
    void on_ready(bool /*readable*/, bool /*writable*/) override {
        std::array<char, 4096> bytes{};
        ssize_t const size = ::read(descriptor, bytes.data(), bytes.size());
        seen.append(bytes.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
        if (is_met_ && is_met_()) {
            loop.stop();
        }
    }
    std::function<bool()> is_met_;
};

TEST_F(editing, gives_lines_as_they_are_after_all_keys) {
    editor->want(true);
    wait_for("> ");
    type("helo\x1b[Dl\r");
    wait_for("\n> ");
    type(
        "caf\xc3\xa9s\x7f\x7f"
        "e\r\r");
    wait_for_lines(3);
    EXPECT_THAT(lines, ElementsAre("hello", "cafe", ""));
    EXPECT_EQ(ends, 0);
}

TEST_F(editing, is_not_torn_by_what_others_say) {
    editor->want(true);
    wait_for("> ");
    type("hel");
    wait_for("> hel");
    seen.clear();
    say("Ann: hi\n");
    wait_for("> hel");
    EXPECT_THAT(seen, ::testing::StartsWith("\r\x1b[J"
                                            "Ann: hi\r\n"));
    EXPECT_EQ(plain(), "Ann: hi\n> hel");
    type("lo\r");
    wait_for_lines(1);
    EXPECT_THAT(lines, ElementsAre("hello"));
}

// 2 columns of the prompt and 25 of text take two rows of 20.
TEST_F(editing, of_more_than_a_row_is_not_torn) {
    std::string const text = "abcdefghijklmnopqrstuvwxy";
    editor->want(true);
    wait_for("> ");
    type(text);
    wait_until([this] { return plain().ends_with("y"); });
    seen.clear();
    say("Ann: hi\n");
    wait_until([this] { return plain().ends_with("y"); });
    EXPECT_THAT(seen, ::testing::StartsWith("\r\x1b[1A\x1b[J"
                                            "Ann: hi\r\n"));
    EXPECT_THAT(plain(), HasSubstr("> abcdefghijklmnopqr"));
    type("\r");
    wait_for_lines(1);
    EXPECT_EQ(lines.front(), text);
}

TEST_F(editing, remembers_lines) {
    editor->want(true);
    wait_for("> ");
    type("one\rtwo\r \r\x1b[A\x1b[A!\r");
    wait_for_lines(4);
    EXPECT_EQ(lines.back(), "one!");
}

// An escape may be a key, or begin one: nothing waits for what follows.
TEST_F(editing, goes_on_while_a_key_is_not_complete) {
    editor->want(true);
    wait_for("> ");
    type("ab\x1b");
    wait_for("> ab");
    say("Ann: hi\n");
    wait_for("Ann: hi\n> ab");
    type(
        "[D\x16\x04"
        "c\r");
    wait_for_lines(1);
    EXPECT_EQ(lines.front(),
              "a\x04"
              "cb");
    EXPECT_EQ(ends, 0);
}

TEST_F(editing, gives_nothing_that_is_not_wanted) {
    stop_after = 1;
    editor->want(true);
    wait_for("> ");
    type("one\rtwo\r");
    wait_for_lines(1);
    say("Ann: hi\n");
    wait_until([this] { return plain().find("Ann: hi") != std::string::npos; });
    EXPECT_THAT(lines, ElementsAre("one"));
    editor->want(true);
    wait_for_lines(2);
    EXPECT_THAT(lines, ElementsAre("one", "two"));
}

TEST_F(editing, ends_at_the_key_for_it_on_an_empty_line) {
    editor->want(true);
    wait_for("> ");
    EXPECT_FALSE(is_as_before());
    type("a\x04\x7f\x04");
    wait_until([this] { return ends == 1 && seen.ends_with("\x1b[J"); });
    EXPECT_TRUE(is_as_before());
    EXPECT_TRUE(lines.empty());
}

TEST_F(editing, ends_when_the_terminal_goes) {
    editor->want(true);
    wait_for("> ");
    loop.readiness().remove(*this);
    editor.emplace(
        loop, terminal.get(), terminal.get(), [](std::string_view) {}, [this] { loop.stop(); });
    editor->want(true);
    person.reset();
    loop.run();
}

TEST_F(editing, leaves_the_terminal_as_it_was) {
    editor->want(true);
    wait_for("> ");
    type("hel");
    wait_for("> hel");
    editor.reset();
    EXPECT_TRUE(is_as_before());
    wait_until([this] { return seen.ends_with("\r\x1b[J"); });
}

TEST_F(editing, may_be_left_for_good) {
    editor->want(true);
    wait_for("> ");
    type("hel");
    wait_for("> hel");
    editor->leave();
    EXPECT_TRUE(is_as_before());
    editor->want(true);
    EXPECT_TRUE(is_as_before());
    seen.clear();
    say("Ann: hi\n");
    wait_for("Ann: hi\n");
    EXPECT_TRUE(lines.empty());
    EXPECT_EQ(ends, 0);
}

TEST_F(editing, takes_so_many_characters_and_no_more) {
    editor->want(true);
    wait_for("> ");
    for (int i = 0; i < 5; ++i) {
        type(std::string(1000, static_cast<char>('a' + i)));
        wait_until(
            [this, i] { return plain().find(static_cast<char>('a' + i)) != std::string::npos; });
    }
    type("\r");
    wait_for_lines(1);
    EXPECT_EQ(lines.front().size(), edited_line_max);
}

TEST_F(editing, is_for_terminals_with_a_cursor) {
    EXPECT_TRUE(line_editor::is_possible(terminal.get(), terminal.get()));
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), 0), 0);
    file_descriptor const from(pipe[0]);
    file_descriptor const to(pipe[1]);
    EXPECT_FALSE(line_editor::is_possible(terminal.get(), to.get()));
    EXPECT_FALSE(line_editor::is_possible(from.get(), terminal.get()));
    ::setenv("TERM", "dumb", 1);
    EXPECT_FALSE(line_editor::is_possible(terminal.get(), terminal.get()));
    ::unsetenv("TERM");
    EXPECT_FALSE(line_editor::is_possible(terminal.get(), terminal.get()));
}

}  // namespace
}  // namespace trunkline::chat_client
