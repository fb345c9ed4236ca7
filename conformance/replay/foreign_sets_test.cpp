// Sets of vectors in the place of the project's: parts of it, with more than it, and wrong ones.
#include <replay/store_set.hpp>
#include <replay/vector_set.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/test_support/child_process.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace trunkline::replay {
namespace {

namespace fs = std::filesystem;

// A set made for one test, and the two programs that replay sets.
class foreign_set : public ::testing::Test {
protected:
    void SetUp() override {
        if (is_foreign_set()) {
            GTEST_SKIP() << "needs the project's own set";
        }
    }

    // Puts `from`, a file or folder of one of the project's rooms, into the set.
    void take(fs::path const& room, std::string const& name) {
        auto const to = folder_.path() / name;
        fs::create_directories(to.parent_path());
        fs::copy(room / name, to, fs::copy_options::recursive);
    }

    void put(std::string const& name, std::string_view text) {
        fs::create_directories((folder_.path() / name).parent_path());
        write_bytes(folder_.path() / name, as_bytes(text));
    }

    void drop(std::string const& name) { fs::remove(folder_.path() / name); }

    test_support::finished replay(std::string const& program) {
        return test_support::run_program({program},
                                         {{"TRUNKLINE_VECTORS", folder_.path().string()}});
    }

    scratch_folder folder_;
};

std::string first_record_of(fs::path const& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    return line;
}

TEST_F(foreign_set, without_a_record_fails) {
    for (auto const* const program : {VECTORS_WIRE_PROGRAM, VECTORS_STORE_PROGRAM}) {
        auto const run = replay(program);
        EXPECT_EQ(run.exit_code, 1);
        EXPECT_NE(run.error.find("no record was checked"), std::string::npos);
    }
}

TEST_F(foreign_set, may_hold_one_kind_of_records_under_any_name) {
    put("anything.jsonl", first_record_of(wire_folder() / "frames.jsonl"));
    auto const run = replay(VECTORS_WIRE_PROGRAM);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_NE(run.output.find("\n1 records checked"), std::string::npos) << run.output;
}

TEST_F(foreign_set, tells_what_it_does_not_know) {
    take(wire_folder(), "method_ids.jsonl");
    put("other.jsonl", R"({"what":"else"})");
    put("sessions/empty.jsonl", "");
    auto const run = replay(VECTORS_WIRE_PROGRAM);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_NE(run.output.find("other.jsonl:1: a record of no known kind"), std::string::npos);
    EXPECT_NE(run.output.find("empty.jsonl: an empty session"), std::string::npos);
}

TEST_F(foreign_set, with_a_wrong_byte_fails) {
    auto line = first_record_of(wire_folder() / "method_ids.jsonl");
    auto const name = line.find("\"name\"");
    ASSERT_NE(name, std::string::npos);
    line.insert(line.find('"', line.find(':', name)) + 1, "x");
    put("method_ids.jsonl", line);
    EXPECT_EQ(replay(VECTORS_WIRE_PROGRAM).exit_code, 1);
}

TEST_F(foreign_set, of_store_files_needs_no_manifest) {
    take(store_folder(), "a64/sizes.bin");
    take(store_folder(), "verified_recovery.json");
    auto const run = replay(VECTORS_STORE_PROGRAM);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_EQ(run.output.find("\n0 records checked"), std::string::npos) << run.output;

    auto bytes = read_bytes(folder_.path() / "a64/sizes.bin");
    bytes.pop_back();
    write_bytes(folder_.path() / "a64/sizes.bin", bytes);
    EXPECT_EQ(replay(VECTORS_STORE_PROGRAM).exit_code, 1);
}

TEST_F(foreign_set, may_lack_a_file_that_another_is_made_of) {
    take(store_folder(), "a64");
    take(store_folder(), "manifest.json");
    drop("a64/base.bin");
    auto const run = replay(VECTORS_STORE_PROGRAM);
    EXPECT_EQ(run.exit_code, 0) << run.output;
    EXPECT_NE(run.output.find("a file that a call writes is not there"), std::string::npos);
}

}  // namespace
}  // namespace trunkline::replay
