// trunkline verify, as its user runs it.
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

struct verify_command : ::testing::Test {
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();

    void make_store() const {
        auto const made = store::store::open(path).value();
        ASSERT_TRUE(made->write(as_bytes("one"), as_bytes("first value")));
        ASSERT_TRUE(made->write(as_bytes("two"), as_bytes("second value")));
        ASSERT_TRUE(made->remove(as_bytes("one")));
    }

    [[nodiscard]] test_support::finished verify(std::vector<std::string> flags = {}) const {
        flags.insert(flags.begin(), {TRUNKLINE_PROGRAM, "verify"});
        return run_program(flags);
    }

    void expect_refused(std::vector<std::string> const& flags, int code,
                        std::string_view line) const {
        auto const left = verify(flags);
        EXPECT_EQ(left.error, "trunkline: " + std::string(line) + "\n");
        EXPECT_EQ(left.exit_code, code);
        EXPECT_EQ(left.output, "");
    }
};

TEST_F(verify_command, says_that_a_store_is_sound) {
    make_store();
    std::string const before = read_file(path);
    auto const left = verify({path});
    EXPECT_EQ(left.exit_code, exit_success);
    EXPECT_TRUE(left.output.starts_with(path + ": sound; 3 entries (1 deletions), 1 keys"))
        << left.output;
    EXPECT_EQ(left.error, "");
    EXPECT_EQ(read_file(path), before);
}

TEST_F(verify_command, tells_programs_in_json) {
    make_store();
    auto const left = verify({"--format", "json", path});
    EXPECT_EQ(left.exit_code, exit_success);
    auto const report = boost::json::parse(left.output).as_object();
    EXPECT_EQ(report.at("path"), path.c_str());
    EXPECT_TRUE(report.at("sound").as_bool());
    EXPECT_EQ(report.at("entries"), 3);
    EXPECT_EQ(report.at("tombstones"), 1);
    EXPECT_EQ(report.at("live_keys"), 1);
    EXPECT_EQ(report.at("size"), report.at("tail"));
    EXPECT_EQ(report.at("problems").as_array().size(), 0u);
}

TEST_F(verify_command, finds_damage_and_leaves_it) {
    make_store();
    std::string damaged = read_file(path);
    damaged[2] = static_cast<char>(damaged[2] ^ 1);
    write_file(path, damaged);
    auto const left = verify({path});
    EXPECT_EQ(left.exit_code, exit_failure);
    EXPECT_NE(left.output.find("1 problems"), left.output.npos) << left.output;
    EXPECT_NE(left.output.find("at offset 0 does not match its checksum"), left.output.npos)
        << left.output;
    auto const json = boost::json::parse(verify({path, "--format=json"}).output).as_object();
    EXPECT_FALSE(json.at("sound").as_bool());
    EXPECT_EQ(json.at("problems").at(0).at("kind"), "checksum");
    EXPECT_EQ(json.at("problems").at(0).at("offset"), 0);
    EXPECT_EQ(read_file(path), damaged);
}

TEST_F(verify_command, refuses_with_one_line) {
    expect_refused({}, exit_usage, "no store file given; write trunkline verify FILE");
    expect_refused({path, "--formt", "json"}, exit_usage,
                   "unknown flag --formt; did you mean --format?");
    expect_refused({path}, exit_store,
                   "cannot open " + path + ": there is no such file; check the name.");
}

TEST_F(verify_command, refuses_what_is_no_store) {
    write_file(path, std::string(1000, 'x'));
    expect_refused({path}, exit_store,
                   path +
                       " is not a store: its 1000 bytes hold no valid entry. It was not changed; "
                       "name another file, or move it away to begin a new store.");
    expect_refused(
        {folder.path().string()}, exit_store,
        folder.path().string() + " is not a regular file; name a file, not a folder or a device.");
}

TEST_F(verify_command, takes_the_alignment_it_is_told) {
    {
        auto const made = store::store::open(path, {.alignment = 16}).value();
        ASSERT_TRUE(made->write(as_bytes("one"), as_bytes("first value")));
        ASSERT_TRUE(made->write(as_bytes("two"), as_bytes("second value")));
    }
    for (auto const* const fitting : {"detect", "16"}) {
        auto const left = verify({path, "--alignment", fitting});
        EXPECT_EQ(left.exit_code, exit_success) << left.error;
        EXPECT_NE(left.output.find("alignment 16"), left.output.npos);
    }
    expect_refused({path, "--alignment", "64"}, exit_store,
                   path +
                       " was written with alignment 16. It was not changed; open it with "
                       "that alignment, or without naming one.");
    expect_refused({path, "--alignment", "32"}, exit_usage,
                   "--alignment: \"32\" is not one of the choices; write one of detect|64|16|1");
}

TEST_F(verify_command, leaves_a_store_that_is_open_alone) {
    auto const open = store::store::open(path).value();
    expect_refused({path}, exit_store,
                   path +
                       " is in use by another program that may write to it; stop that program, "
                       "or name another file.");
}

}  // namespace
}  // namespace trunkline::cli
