#include <trunkline/chat_client/line_input.hpp>

#include <trunkline/transport/file_descriptor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

namespace trunkline::chat_client {
namespace {

using ::testing::ElementsAre;
using transport::file_descriptor;

struct reading : ::testing::Test {
    void read_from(int descriptor) {
        input = std::make_unique<line_input>(
            loop, descriptor,
            [this](std::string_view line) {
                lines.emplace_back(line);
                if (lines.size() == stop_after) {
                    input->want(false);
                    loop.post([this] { loop.stop(); });
                }
            },
            [this] {
                ++ends;
                loop.stop();
            });
    }
    void write(std::string_view bytes) {
        ASSERT_EQ(::write(to.get(), bytes.data(), bytes.size()),
                  static_cast<ssize_t>(bytes.size()));
    }
    void open_pipe() {
        std::array<int, 2> made{};
        ASSERT_EQ(::pipe2(made.data(), O_CLOEXEC), 0);
        from = file_descriptor(made[0]);
        to = file_descriptor(made[1]);
        read_from(from.get());
    }

    transport::asio_runtime loop;
    file_descriptor from;
    file_descriptor to;
    std::unique_ptr<line_input> input;
    std::vector<std::string> lines;
    std::size_t stop_after = 0;
    int ends = 0;
};

TEST_F(reading, gives_each_line_and_the_last_without_an_end) {
    open_pipe();
    write("one\n\nthree\nno end");
    to.reset();
    input->want(true);
    loop.run();
    EXPECT_THAT(lines, ElementsAre("one", "", "three", "no end"));
    EXPECT_EQ(ends, 1);
}

TEST_F(reading, gives_nothing_that_is_not_wanted) {
    open_pipe();
    write("one\ntwo\nthree");
    to.reset();
    stop_after = 1;
    input->want(true);
    loop.run();
    EXPECT_THAT(lines, ElementsAre("one"));
    EXPECT_EQ(ends, 0);
    stop_after = 0;
    input->want(true);
    loop.run();
    EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
    EXPECT_EQ(ends, 1);
}

TEST_F(reading, reads_files_and_what_cannot_be_watched) {
    std::FILE* const file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    std::fputs("a\nb\n", file);
    std::rewind(file);
    read_from(::fileno(file));
    input->want(true);
    loop.run();
    EXPECT_THAT(lines, ElementsAre("a", "b"));
    EXPECT_EQ(ends, 1);
    input.reset();
    std::fclose(file);
    file_descriptor const nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    read_from(nothing.get());
    input->want(true);
    loop.run();
    EXPECT_EQ(ends, 2);
}

TEST_F(reading, gives_what_is_too_long_in_pieces) {
    std::FILE* const file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    std::string const long_line(line_size_max + 10, 'x');
    std::fputs((long_line + "\nend\n").c_str(), file);
    std::rewind(file);
    read_from(::fileno(file));
    input->want(true);
    loop.run();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[0].size(), line_size_max);
    EXPECT_EQ(lines[1], std::string(10, 'x'));
    EXPECT_EQ(lines[2], "end");
    input.reset();
    std::fclose(file);
}

TEST_F(reading, an_unreadable_descriptor_has_ended) {
    read_from(-1);
    input->want(true);
    loop.run();
    EXPECT_EQ(ends, 1);
}

}  // namespace
}  // namespace trunkline::chat_client
