#include <trunkline/cli/manual_page.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/test_support/child_process.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::cli {
namespace {

using test_support::run_program;

struct manual_pages : ::testing::Test {
    scratch_folder folder;
    command_words program = program_words(all_commands());

    /// What a reader sees, on lines so long that none is broken.
    [[nodiscard]] std::string shown(std::string const& page) const {
        write_file(folder / "page", page);
        auto const read = run_program({"/usr/bin/groff", "-ww", "-man", "-Tascii", "-P-cbou",
                                       "-rLL=2000n", "-rHY=0", (folder / "page").string()});
        EXPECT_EQ(read.exit_code, 0);
        EXPECT_EQ(read.error, "");
        return read.output;
    }

    static void expect_in(std::string const& page, std::string const& text) {
        EXPECT_NE(page.find(text), page.npos) << text << "\n" << page;
    }
};

TEST_F(manual_pages, show_every_command_flag_and_exit_code) {
    if (!std::filesystem::exists("/usr/bin/groff")) {
        GTEST_SKIP() << "groff is not installed";
    }
    auto const whole = shown(run_program({TRUNKLINE_PROGRAM, "man"}).output);
    for (command_words const& command : program.commands) {
        expect_in(whole, "trunkline-" + command.name + "(1)");
        expect_in(whole, command.summary);
        auto const page = shown(run_program({TRUNKLINE_PROGRAM, "man", command.name}).output);
        expect_in(page, "trunkline " + command.name + " [");
        for (option_words const& option : command.options) {
            expect_in(page, joined(option.names, ", "));
            expect_in(page, option.meaning);
            expect_in(page, option.by_default);
        }
        for (std::string const& paragraph : command.details) {
            expect_in(page, paragraph.substr(0, paragraph.find('\n')));
        }
        for (auto const& [codes, meaning] : exit_meanings()) {
            expect_in(page, std::string(codes));
            expect_in(page, std::string(meaning));
        }
    }
    for (auto const& [name, synopsis] :
         {std::pair{"batch-get", "batch-get [KEY...] [flags]"},
          std::pair{"bench", "bench [URL] [CONNECTIONS] [SECONDS] [CONCURRENCY] [flags]"}}) {
        auto const found = std::ranges::find(program.commands, name, &command_words::name);
        ASSERT_NE(found, program.commands.end()) << name;
        expect_in(shown(manual_page(program, *found)), synopsis);
    }
}

TEST_F(manual_pages, have_what_man_looks_for) {
    for (command_words const& command : program.commands) {
        auto const page = manual_page(program, command);
        EXPECT_TRUE(page.starts_with(".TH TRUNKLINE\\-"));
        expect_in(page, ".SH NAME\ntrunkline\\-");
    }
}

TEST_F(manual_pages, take_no_text_for_a_request) {
    command_words odd{"odd", ".TH is a request", {"'quoted", "back\\slash -x"}, {}, {}};
    auto const page = manual_page({"program", "p", {}, {}, {}}, odd);
    expect_in(page, "\n\\&.TH is a request\n");
    expect_in(page, "\n\\&'quoted\n");
    expect_in(page, "\nback\\eslash \\-x\n");
}

TEST_F(manual_pages, are_written_into_a_folder) {
    auto const left = run_program({TRUNKLINE_PROGRAM, "man", "--into", folder.path().string()});
    EXPECT_EQ(left.exit_code, exit_success) << left.error;
    std::set<std::string> files;
    for (auto const& each : std::filesystem::directory_iterator(folder.path())) {
        files.insert(each.path().filename().string());
    }
    std::set<std::string> pages{"trunkline.1"};
    for (std::string const& name : program.command_names()) {
        pages.insert("trunkline-" + name + ".1");
    }
    EXPECT_EQ(files, pages);
    EXPECT_EQ(read_file(folder / "trunkline-get.1"),
              run_program({TRUNKLINE_PROGRAM, "man", "get"}).output);
    auto const nowhere = (folder / "none").string();
    auto const refused = run_program({TRUNKLINE_PROGRAM, "man", "--into", nowhere});
    EXPECT_EQ(refused.exit_code, exit_failure);
    EXPECT_EQ(refused.error, "trunkline: cannot write manual pages into " + nowhere +
                                 "; name a folder that is there\n");
}

TEST_F(manual_pages, are_of_commands_that_exist) {
    auto const left = run_program({TRUNKLINE_PROGRAM, "man", "gte"});
    EXPECT_EQ(left.exit_code, exit_usage);
    EXPECT_EQ(left.error, "trunkline: unknown command \"gte\"; see trunkline --help\n");
}

}  // namespace
}  // namespace trunkline::cli
