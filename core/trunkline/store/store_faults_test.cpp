// The store on a disk that fails: at every call, halfway, for good.
#include <trunkline/store/faulty_disk.hpp>

#include <trunkline/store/check.hpp>
#include <trunkline/store/fault_steps.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <string>

namespace trunkline::store {
namespace {

using namespace fault_steps;

TEST(faults, short_and_interrupted_writes_change_nothing) {
    for (std::uint64_t seed = 1; seed < 30; ++seed) {
        for (auto const& [name, act, after] : steps()) {
            faulty_disk disk;
            disk.put(path, base_file());
            disk.follow({.short_writes_seed = seed});
            auto opened = open_on(disk).value();
            EXPECT_TRUE(act(*opened)) << name;
            EXPECT_EQ(read_all(*opened, all_keys), after) << name;
            opened.reset();
            disk.follow({});
            EXPECT_TRUE(check_file(path, 64, disk).value().sound());
            EXPECT_EQ(read_all(*open_on(disk).value(), all_keys), after) << name;
        }
    }
}

// STO-12: after a failure nothing more is written, reads go on, and everybody is told.
class sto_12_a_failed_write : public ::testing::TestWithParam<durability> {};
INSTANTIATE_TEST_SUITE_P(at, sto_12_a_failed_write, ::testing::ValuesIn(levels),
                         [](auto const& at) { return std::string(name_of(at.param)); });

TEST_P(sto_12_a_failed_write, is_undone_told_and_the_last_one) {
    for (auto const& [name, act, after] : steps()) {
        for (std::uint64_t call = 0;; ++call) {
            faulty_disk disk;
            disk.put(path, base_file());
            auto opened = open_on(disk, GetParam()).value();
            disk.follow({.fail_at = call, .error = boost::system::errc::no_space_on_device});
            bool const done = act(*opened);
            if (disk.calls() <= call) {
                EXPECT_TRUE(done) << name;
                break;
            }
            EXPECT_FALSE(done) << name << ", call " << call;
            EXPECT_EQ(disk.content(path), base_file()) << name << ", call " << call;
            EXPECT_EQ(opened->file_size(), base_file().size());
            EXPECT_EQ(opened->write(as_bytes("k"), as_bytes("v")).error(), store_error::read_only);
            EXPECT_EQ(opened->sync().error(), store_error::read_only);
            EXPECT_EQ(opened->size(), 3U);
            EXPECT_TRUE(opened->read(as_bytes("kept")));
        }
    }
}

TEST(faults, sto_12_a_full_disk_gives_the_error_of_the_system_and_an_unchanged_file) {
    for (std::uint64_t more = 0; more < 400; more += 7) {
        faulty_disk disk;
        disk.put(path, base_file());
        auto const opened = open_on(disk).value();
        disk.follow({.room = base_file().size() + more});
        auto const written = opened->write(as_bytes("key"), as_bytes(std::string(500, 'x')));
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error(), boost::system::errc::no_space_on_device);
        EXPECT_EQ(disk.content(path), base_file());
    }
}

TEST(faults, sto_12_a_failed_sync_makes_the_store_read_only) {
    faulty_disk disk;
    auto const opened = open_on(disk).value();
    ASSERT_TRUE(opened->write(as_bytes("key"), as_bytes("value")).has_value());
    disk.follow({.fail_at = 0});
    EXPECT_EQ(opened->sync().error(), boost::system::errc::io_error);
    EXPECT_EQ(opened->write(as_bytes("key"), as_bytes("value")).error(), store_error::read_only);
    EXPECT_TRUE(opened->read(as_bytes("key")));
}

// Its bytes would be in the way of the next entry, and here they even are an entry that follows it.
TEST(faults, a_stream_whose_source_throws_leaves_nothing) {
    struct gone : std::exception {};
    for (auto const level : levels) {
        for (int const pieces : {0, 1, 2}) {
            faulty_disk disk;
            disk.put(path, base_file());
            auto opened = open_on(disk, level).value();
            plain_image expected(64);
            expected.bytes = base_file();
            expected.write("kept", "short");
            auto imitation = expected;
            imitation.write("changed", "never written");
            int given = 0;
            auto const source = [&](mutable_bytes into) -> result<std::size_t> {
                if (given++ == pieces) {
                    throw gone();
                }
                // Its begin lies behind a pad, where the entry written next will lie.
                auto const start = base_file().size() + pad_size(base_file().size(), 64);
                auto const piece = std::string(expected.bytes.size() - start, 'x') +
                                   imitation.bytes.substr(expected.bytes.size());
                return piece.copy(reinterpret_cast<char*>(into.data()), into.size());
            };
            EXPECT_THROW(static_cast<void>(opened->write_stream(as_bytes("s"), source)), gone);
            EXPECT_EQ(disk.content(path), base_file());
            EXPECT_EQ(opened->write(as_bytes("kept"), as_bytes("short")).value(),
                      expected.bytes.size());
            opened.reset();
            EXPECT_EQ(disk.content(path), expected.bytes);
            EXPECT_TRUE(check_file(path, 64, disk).value().sound());
            contents const kept{{"kept", "short"}, {"changed", "old"}, {"removed", "old"}};
            EXPECT_EQ(read_all(*open_on(disk).value(), all_keys), kept);
        }
    }
}

TEST(faults, a_failed_compaction_leaves_the_store_as_it_was) {
    for (std::uint64_t call = 0;; ++call) {
        faulty_disk disk;
        disk.put(path, base_file());
        auto opened = open_on(disk).value();
        ASSERT_TRUE(opened->remove(as_bytes("removed")).has_value());
        auto const size = opened->file_size();
        disk.follow({.fail_at = call, .error = boost::system::errc::no_space_on_device});
        bool const compacted = opened->compact().has_value();
        if (disk.calls() <= call) {
            EXPECT_TRUE(compacted);
            break;
        }
        EXPECT_FALSE(compacted);
        EXPECT_EQ(disk.names().size(), 1U) << "call " << call;
        EXPECT_EQ(disk.content(path).size(), opened->file_size()) << "call " << call;
        // Once the new file has the name only the sync of the folder is left to fail. A second one
        // would succeed, and say nothing of the first.
        bool const named = opened->file_size() != size;
        contents expected{{"kept", "as it was"}, {"changed", "old"}};
        EXPECT_EQ(read_all(*opened, all_keys), expected) << "call " << call;
        auto const written = opened->write(as_bytes("changed"), as_bytes("new"), durability::sync);
        EXPECT_EQ(written.has_value(), !named) << "call " << call;
        if (named) {
            EXPECT_EQ(written.error(), store_error::read_only);
            EXPECT_EQ(opened->sync().error(), store_error::read_only);
            EXPECT_EQ(opened->compact().error(), store_error::read_only);
        } else {
            expected["changed"] = "new";
        }
        opened.reset();
        disk.follow({});
        EXPECT_EQ(read_all(*open_on(disk).value(), all_keys), expected) << "call " << call;
    }
}

}  // namespace
}  // namespace trunkline::store
