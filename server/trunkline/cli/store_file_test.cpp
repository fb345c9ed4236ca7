// trunkline stat and trunkline compact, as their user runs them.
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/child_process.hpp>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <string>

namespace trunkline::cli {
namespace {

using test_support::run_program;

struct store_file_commands : ::testing::Test {
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();

    // Five entries, of which one lives.
    void make_store(std::uint32_t alignment = 64) const {
        auto const made = store::store::open(path, {.alignment = alignment}).value();
        for (std::string const value : {"first", "second", "third"}) {
            ASSERT_TRUE(made->write(as_bytes("one"), as_bytes(value)));
        }
        ASSERT_TRUE(made->write(as_bytes("two"), as_bytes("gone")));
        ASSERT_TRUE(made->remove(as_bytes("two")));
    }

    [[nodiscard]] static test_support::finished run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), TRUNKLINE_PROGRAM);
        return run_program(arguments);
    }

    static void expect_refused(std::vector<std::string> const& arguments, int code,
                               std::string_view line) {
        auto const left = run(arguments);
        EXPECT_EQ(left.error, "trunkline: " + std::string(line) + "\n");
        EXPECT_EQ(left.exit_code, code);
        EXPECT_EQ(left.output, "");
    }
};

TEST_F(store_file_commands, stat_counts_and_leaves_the_file) {
    make_store();
    auto const before = read_file(path);
    auto const left = run({"stat", path});
    EXPECT_EQ(left.exit_code, exit_success) << left.error;
    EXPECT_TRUE(left.output.starts_with(path + "\n  size                    ")) << left.output;
    EXPECT_NE(left.output.find("\n  index bytes per key     "), left.output.npos) << left.output;
    auto const told = boost::json::parse(run({"stat", path, "--format", "json"}).output);
    EXPECT_EQ(told.at("path"), path.c_str());
    EXPECT_EQ(told.at("alignment"), 64);
    EXPECT_EQ(told.at("size"), before.size());
    EXPECT_EQ(told.at("entries"), 5);
    EXPECT_EQ(told.at("live_keys"), 1);
    EXPECT_EQ(told.at("overwritten"), 3);
    EXPECT_EQ(told.at("tombstones"), 1);
    EXPECT_EQ(told.at("live_bytes"), 5);
    EXPECT_EQ(told.at("is_empty"), false);
    EXPECT_EQ(told.at("savings"), before.size() - 25);
    EXPECT_EQ(read_file(path), before);
}

TEST_F(store_file_commands, compact_keeps_what_lives) {
    for (std::uint32_t const alignment : {64U, 16U, 1U}) {
        make_store(alignment);
        auto const before = std::to_string(std::filesystem::file_size(path));
        auto const left = run({"compact", path});
        EXPECT_EQ(left.exit_code, exit_success) << left.error;
        EXPECT_EQ(left.output, "opened " + path + ": 1 key, " + before + " bytes\ncompacted " +
                                   path + ": " + before + " bytes before, 25 after\n");
        auto const opened = store::store::open(path).value();
        EXPECT_EQ(as_text(opened->read(as_bytes("one"))->bytes), "third");
        EXPECT_EQ(opened->size(), 1U);
        std::filesystem::remove(path);
    }
}

TEST_F(store_file_commands, compact_tells_programs_in_json) {
    make_store();
    write_file(path, read_file(path) + "torn");
    auto const left = run({"compact", path, "--format=json"});
    EXPECT_EQ(left.exit_code, exit_success) << left.error;
    auto const told = boost::json::parse(left.output);
    EXPECT_EQ(told.at("size_after"), 25);
    EXPECT_EQ(told.at("live_keys"), 1);
    EXPECT_EQ(told.at("opened").at("bytes_cut"), 4);
    EXPECT_EQ(read_file(told.at("opened").at("cut_file").as_string().c_str()), "torn");
}

TEST_F(store_file_commands, compact_stops_at_damage) {
    make_store();
    auto damaged = read_file(path);
    auto const at = damaged.find("third");
    damaged[at] = 'T';
    write_file(path, damaged);
    auto const left = run({"compact", path});
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_EQ(left.error, "trunkline: " + path +
                              " holds a value that does not match its checksum. Nothing was "
                              "compacted; see trunkline verify FILE.\n");
    EXPECT_EQ(read_file(path), damaged);
}

TEST_F(store_file_commands, refuse_with_one_line) {
    expect_refused({"compact"}, exit_usage, "no store file given; write trunkline compact FILE");
    for (std::string const command : {"stat", "compact"}) {
        expect_refused({command, path}, exit_store,
                       "cannot open " + path + ": there is no such file; check the name.");
        expect_refused({command, folder.path().string()}, exit_store,
                       folder.path().string() +
                           " is not a regular file; name a file, not a folder or a device.");
        write_file(path, "some text");
        expect_refused({command, path}, exit_store,
                       path +
                           " is not a store: its 9 bytes hold no valid entry. It was not changed; "
                           "name another file, or move it away to begin a new store.");
        std::filesystem::remove(path);
    }
}

TEST_F(store_file_commands, leave_a_store_that_is_open_alone) {
    auto const open = store::store::open(path).value();
    expect_refused({"stat", path}, exit_store,
                   path +
                       " is in use by another program that may write to it; stop that program, "
                       "or name another file.");
    expect_refused(
        {"compact", path}, exit_store,
        path + " is in use by another program; stop that program, or name another file.");
}

TEST_F(store_file_commands, a_forced_alignment_that_is_wrong_changes_nothing) {
    make_store(1);
    auto const before = read_file(path);
    for (std::string const command : {"compact", "stat", "serve"}) {
        auto const left = run({command, path, "--alignment", "16"});
        EXPECT_EQ(left.exit_code, exit_store) << left.output;
        EXPECT_NE(left.error.find("alignment 1."), left.error.npos) << left.error;
        EXPECT_EQ(read_file(path), before);
    }
}

}  // namespace
}  // namespace trunkline::cli
