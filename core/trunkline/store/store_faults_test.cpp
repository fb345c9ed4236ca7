// The store on a disk that fails: at every call, halfway, for good.
#include <trunkline/store/faulty_disk.hpp>

#include <trunkline/store/check.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

namespace trunkline::store {
namespace {

using contents = std::map<std::string, std::string>;

inline constexpr auto path = "store.bin";

result<std::unique_ptr<store>> open_on(faulty_disk& disk, std::uint32_t alignment = 64) {
    return store::open(path, {.alignment = alignment, .on = &disk});
}

contents read_all(store const& from, contents const& keys) {
    contents found;
    for (auto const& [key, unused] : keys) {
        if (auto const value = from.read(as_bytes(key))) {
            found[key] = as_text(value->bytes);
        }
    }
    return found;
}

std::string base_file() {
    plain_image image(64);
    image.write("kept", "as it was");
    image.write("changed", "old");
    image.write("removed", "old");
    return image.bytes;
}

struct step {
    char const* name;
    std::function<bool(store&)> act;  // true when the store says it is done
    contents after;
};

std::vector<step> steps() {
    contents const base{{"kept", "as it was"}, {"changed", "old"}, {"removed", "old"}};
    auto written = base;
    written["changed"] = std::string(6000, 'n');
    auto batched = base;
    batched["changed"] = "new";
    batched["fresh"] = std::string(5000, 'f');
    auto removed = base;
    removed.erase("removed");
    auto streamed = base;
    streamed["fresh"] = std::string(150, '\0') + std::string(9000, 's');
    auto renamed = removed;
    renamed["fresh"] = "old";
    return {
        {"write",
         [](store& on) {
             return on.write(as_bytes("changed"), as_bytes(std::string(6000, 'n'))).has_value();
         },
         written},
        {"batch write",
         [](store& on) {
             auto const large = std::string(5000, 'f');
             std::vector<key_value> const batch{{as_bytes("changed"), as_bytes("new")},
                                                {as_bytes("fresh"), as_bytes(large)}};
             return on.batch_write(batch).has_value();
         },
         batched},
        {"remove", [](store& on) { return on.remove(as_bytes("removed")).has_value(); }, removed},
        {"stream",
         [](store& on) {
             auto rest = std::string(150, '\0') + std::string(9000, 's');
             auto const source = [&](mutable_bytes into) -> result<std::size_t> {
                 auto const size = rest.copy(reinterpret_cast<char*>(into.data()), 1000);
                 rest.erase(0, size);
                 return size;
             };
             return on.write_stream(as_bytes("fresh"), source).has_value();
         },
         streamed},
        {"rename",
         [](store& on) { return on.rename(as_bytes("removed"), as_bytes("fresh")).has_value(); },
         renamed}};
}

contents const all_keys{{"kept", ""}, {"changed", ""}, {"removed", ""}, {"fresh", ""}};

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
TEST(faults, a_failed_write_is_undone_and_the_store_stays_read_only) {
    for (auto const& [name, act, after] : steps()) {
        for (std::uint64_t call = 0;; ++call) {
            faulty_disk disk;
            disk.put(path, base_file());
            auto opened = open_on(disk).value();
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

TEST(faults, a_full_disk_gives_the_error_of_the_system_and_an_unchanged_file) {
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

TEST(faults, a_failed_sync_makes_the_store_read_only) {
    faulty_disk disk;
    auto const opened = open_on(disk).value();
    ASSERT_TRUE(opened->write(as_bytes("key"), as_bytes("value")).has_value());
    disk.follow({.fail_at = 0});
    EXPECT_EQ(opened->sync().error(), boost::system::errc::io_error);
    EXPECT_EQ(opened->write(as_bytes("key"), as_bytes("value")).error(), store_error::read_only);
    EXPECT_TRUE(opened->read(as_bytes("key")));
}

// Two entries of one append are a run, of which the first may be there alone.
bool is_part(std::string_view name, contents const& found) {
    if (name == "batch write") {
        return found == contents{{"kept", "as it was"}, {"changed", "new"}, {"removed", "old"}};
    }
    return name == "rename" && found == contents{{"kept", "as it was"},
                                                 {"changed", "old"},
                                                 {"removed", "old"},
                                                 {"fresh", "old"}};
}

// STO-09 and STO-10: killed at every call, the file opens to the state before or after. Of a batch
// a run from its begin may be there.
TEST(faults, a_crash_at_every_call_leaves_whole_entries) {
    for (auto const& [name, act, after] : steps()) {
        for (std::uint64_t call = 0;; ++call) {
            faulty_disk disk;
            disk.put(path, base_file());
            auto opened = open_on(disk).value();
            auto const before = read_all(*opened, all_keys);
            disk.follow({.crash_at = call});
            bool const done = act(*opened);
            bool const crashed = disk.crashed();
            opened.reset();
            for (std::uint64_t seed = 0; seed < 40; ++seed) {
                auto const left = seed == 0 ? disk.after_kill() : disk.after_power_loss(seed);
                auto const reopened = open_on(*left);
                ASSERT_TRUE(reopened) << name << ": " << reopened.error().message();
                auto const found = read_all(**reopened, all_keys);
                EXPECT_TRUE(found == before || found == after || is_part(name, found))
                    << name << " killed at call " << call << ", seed " << seed;
                if (done && seed == 0) {
                    EXPECT_EQ(found, after);
                }
            }
            if (!crashed) {
                break;
            }
        }
    }
}

TEST(faults, synced_writes_survive_a_loss_of_power) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        faulty_disk disk;
        auto opened = open_on(disk).value();
        ASSERT_TRUE(opened->write(as_bytes("kept"), as_bytes("synced")).has_value());
        ASSERT_TRUE(opened->sync().has_value());
        ASSERT_TRUE(opened->write(as_bytes("fresh"), as_bytes(std::string(3000, 'x'))).has_value());
        ASSERT_TRUE(opened->write(as_bytes("changed"), as_bytes("unsynced")).has_value());
        opened.reset();
        auto const left = disk.after_power_loss(seed);
        auto const reopened = open_on(*left);
        ASSERT_TRUE(reopened) << reopened.error().message();
        auto const kept = (*reopened)->read(as_bytes("kept"));
        ASSERT_TRUE(kept) << "seed " << seed << " size " << (*reopened)->file_size() << " keys "
                          << (*reopened)->size();
        EXPECT_EQ(as_text(kept->bytes), "synced") << "seed " << seed;
    }
}

// Killed at any call, a compaction leaves the old file or the new one under the name, and the same
// values in both.
TEST(faults, a_crash_while_compacting_loses_nothing) {
    for (std::uint64_t call = 0;; ++call) {
        faulty_disk disk;
        auto file = plain_image(64);
        file.write("kept", "overwritten");
        file.write("kept", "as it was");
        file.write("zeros", std::string(5, '\0'));
        file.write("removed", "gone");
        file.remove("removed");
        disk.put(path, file.bytes);
        contents const asked{{"kept", ""}, {"zeros", ""}, {"removed", ""}};
        contents const expected{{"kept", "as it was"}, {"zeros", std::string(5, '\0')}};
        auto opened = open_on(disk).value();
        auto const held = opened->read(as_bytes("kept"));
        disk.follow({.crash_at = call});
        bool const compacted = opened->compact().has_value();
        bool const crashed = disk.crashed();
        EXPECT_EQ(read_all(*opened, asked), expected) << "call " << call;
        EXPECT_EQ(as_text(held->bytes), "as it was");
        opened.reset();
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            auto const left = seed == 0 ? disk.after_kill() : disk.after_power_loss(seed);
            auto const reopened = open_on(*left);
            ASSERT_TRUE(reopened) << reopened.error().message();
            EXPECT_EQ(read_all(**reopened, asked), expected) << call << ", seed " << seed;
        }
        EXPECT_EQ(compacted, !crashed);
        if (!crashed) {
            EXPECT_EQ(disk.names().size(), 1U);
            break;
        }
    }
}

TEST(faults, a_failed_compaction_leaves_the_store_as_it_was) {
    for (std::uint64_t call = 0;; ++call) {
        faulty_disk disk;
        disk.put(path, base_file());
        auto opened = open_on(disk).value();
        ASSERT_TRUE(opened->remove(as_bytes("removed")).has_value());
        disk.follow({.fail_at = call, .error = boost::system::errc::no_space_on_device});
        bool const compacted = opened->compact().has_value();
        if (disk.calls() <= call) {
            EXPECT_TRUE(compacted);
            break;
        }
        EXPECT_FALSE(compacted);
        EXPECT_EQ(disk.names().size(), 1U) << "call " << call;
        ASSERT_TRUE(opened->write(as_bytes("changed"), as_bytes("new")).has_value());
        opened.reset();
        disk.follow({});
        contents const expected{{"kept", "as it was"}, {"changed", "new"}};
        EXPECT_EQ(read_all(*open_on(disk).value(), all_keys), expected) << "call " << call;
    }
}

// Nothing is cut before what is cut has been saved and synced.
TEST(faults, a_crash_while_cutting_loses_no_byte) {
    auto const whole = base_file();
    auto const torn = whole.substr(0, whole.size() - 7);
    for (std::uint64_t call = 0;; ++call) {
        faulty_disk disk;
        disk.put(path, torn);
        disk.follow({.crash_at = call});
        open_report report;
        bool const opened = store::open(path, {.on = &disk}, &report).has_value();
        bool const crashed = disk.crashed();
        for (std::uint64_t seed = 0; seed < 40; ++seed) {
            auto const left = seed == 0 ? disk.after_kill() : disk.after_power_loss(seed);
            auto const now = left->content(path);
            if (now.size() < torn.size()) {
                auto const side = std::string(path) + ".cut-" + std::to_string(now.size()) + "-" +
                                  std::to_string(torn.size() - now.size());
                EXPECT_EQ(now + left->content(side), torn) << "call " << call;
            } else {
                EXPECT_EQ(now, torn);
            }
            EXPECT_TRUE(open_on(*left)) << "call " << call << ", seed " << seed;
        }
        if (!crashed) {
            EXPECT_TRUE(opened);
            break;
        }
        EXPECT_FALSE(opened);
    }
}

}  // namespace
}  // namespace trunkline::store
