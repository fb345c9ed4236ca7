// The page about verify, stat and compact tells the keys and exit codes that the program has.
#include <trunkline/base/format_page.hpp>
#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/test_support/child_process.hpp>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <set>
#include <string>
#include <string_view>

namespace trunkline::cli {
namespace {

using words = std::set<std::string>;

struct verify_page : ::testing::Test {
    format_page page{TRUNKLINE_SOURCE_DIR "/docs/verify.md"};
    scratch_folder folder;
    std::string path = (folder / "s.bin").string();

    // A store with an entry, and bytes behind it that belong to none.
    void make_torn_store() const {
        ASSERT_TRUE(store::store::open(path).value()->write(as_bytes("k"), as_bytes("v")));
        write_file(path, read_file(path) + "torn");
    }

    // Every key of what `command` prints as JSON, at whatever depth.
    [[nodiscard]] words keys_of(std::string_view command) const {
        auto const left = test_support::run_program(
            {TRUNKLINE_PROGRAM, std::string(command), path, "--format", "json"});
        words keys;
        collect(boost::json::parse(left.output), keys);
        return keys;
    }

    static void collect(boost::json::value const& from, words& keys) {
        if (from.is_array()) {
            for (auto const& each : from.get_array()) {
                collect(each, keys);
            }
        } else if (from.is_object()) {
            for (auto const& [key, value] : from.get_object()) {
                keys.emplace(key);
                collect(value, keys);
            }
        }
    }

    // The words of the section in code marks that could be keys.
    [[nodiscard]] words words_of(std::string const& section) const {
        auto const begin = page.text().find("\n## " + section + "\n");
        auto const text = page.text().substr(begin, page.text().find("\n## ", begin + 1) - begin);
        words found;
        for (auto at = text.find('`'); at != text.npos;) {
            auto const end = text.find('`', at + 1);
            auto const word = text.substr(at + 1, end - at - 1);
            if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == word.npos) {
                found.insert(word);
            }
            at = text.find('`', end + 1);
        }
        return found;
    }
};

TEST_F(verify_page, lists_every_key) {
    make_torn_store();
    words verified = keys_of("verify");
    verified.insert({"checksum", "pad", "bytes_after_tail"});  // kinds of problems
    EXPECT_EQ(words_of("verify"), verified);
    words counted = keys_of("stat");
    counted.insert("compact");
    EXPECT_EQ(words_of("stat"), counted);
    words compacted = keys_of("compact");
    compacted.insert("serve");
    EXPECT_EQ(words_of("compact"), compacted);
}

TEST_F(verify_page, lists_every_exit_code) {
    words codes;
    for (auto const& row : page.table("Exit codes").rows) {
        codes.insert(row.front());
    }
    words ours{"code"};
    for (int const code : {exit_success, exit_failure, exit_usage, exit_store}) {
        ours.insert(std::to_string(code));
    }
    EXPECT_EQ(codes, ours);
}

}  // namespace
}  // namespace trunkline::cli
