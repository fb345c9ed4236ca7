// The process dies at every call of the store, or the power goes.
#include <trunkline/store/store.hpp>

#include <trunkline/store/fault_steps.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

namespace trunkline::store {
namespace {

using namespace fault_steps;

struct crash {
    durability level;
    bool power_lost;
};

class sto_09_sto_10_a_crash : public ::testing::TestWithParam<crash> {
protected:
    // What the file may hold after a crash in `act`.
    void check(step const& of, store& reopened, contents const& before, bool done,
               std::string const& where) const {
        auto const found = read_all(reopened, all_keys);
        auto const [level, power_lost] = GetParam();
        if (waits_for_disk(level) || (level == durability::os && !power_lost)) {
            EXPECT_TRUE(found == (done ? of.after : before) || (!done && found == of.after))
                << where;
            return;
        }
        // Of what was not promised any part may be there, and an entry may be torn, as its checksum
        // tells. What was there is there unless it was written over.
        for (auto const& [key, unused] : all_keys) {
            auto const entry = reopened.read_entry(as_bytes(key));
            if (entry && !entry->has_right_checksum()) {
                EXPECT_TRUE(power_lost) << where;
                continue;
            }
            auto const now = found.contains(key) ? std::optional(found.at(key)) : std::nullopt;
            auto const in = [&](contents const& of_state) {
                return of_state.contains(key) ? std::optional(of_state.at(key)) : std::nullopt;
            };
            EXPECT_TRUE(now == in(before) || now == in(of.after)) << where << ", key " << key;
        }
    }
};
INSTANTIATE_TEST_SUITE_P(
    at, sto_09_sto_10_a_crash,
    ::testing::Values(crash{durability::none, false}, crash{durability::os, false},
                      crash{durability::sync, false}, crash{durability::group, false},
                      crash{durability::none, true}, crash{durability::os, true},
                      crash{durability::sync, true}, crash{durability::group, true}),
    [](auto const& at) {
        return std::string(name_of(at.param.level)) +
               (at.param.power_lost ? "_power_lost" : "_killed");
    });

TEST_P(sto_09_sto_10_a_crash, at_every_call_leaves_the_old_or_the_new_state) {
    auto const [level, power_lost] = GetParam();
    for (auto const& each : steps()) {
        for (std::uint64_t call = 0;; ++call) {
            faulty_disk disk;
            disk.put(path, base_file());
            auto opened = open_on(disk, level).value();
            auto const before = read_all(*opened, all_keys);
            disk.follow({.crash_at = call});
            bool const done = each.act(*opened);
            bool const crashed = disk.crashed();
            opened.reset();
            for (std::uint64_t seed = 0; seed < (power_lost ? 40 : 1); ++seed) {
                auto const left = power_lost ? disk.after_power_loss(seed) : disk.after_kill();
                auto const reopened = open_on(*left);
                ASSERT_TRUE(reopened) << each.name << ": " << reopened.error().message();
                check(each, **reopened, before, done,
                      std::string(each.name) + ", call " + std::to_string(call) + ", seed " +
                          std::to_string(seed));
            }
            if (!crashed) {
                EXPECT_TRUE(done);
                break;
            }
        }
    }
}

// Wherever the trailer of the first entry lies in its sector.
TEST(crashes, sto_09_a_batch_is_whole_wherever_its_first_trailer_lies) {
    for (std::size_t size = 380; size < 420; ++size) {
        for (auto const alignment : {1U, 16U}) {
            for (std::uint64_t call = 0;; ++call) {
                faulty_disk disk;
                plain_image base(alignment);
                base.write("kept", std::string(70, 'k'));
                disk.put(path, base.bytes);
                auto opened =
                    store::open(path,
                                {.alignment = alignment, .level = durability::group, .on = &disk})
                        .value();
                disk.follow({.crash_at = call});
                std::string const first(size, 'x');
                std::vector<key_value> const batch{{as_bytes("first"), as_bytes(first)},
                                                   {as_bytes("second"), as_bytes("2")}};
                bool const done = opened->batch_write(batch).has_value();
                bool const crashed = disk.crashed();
                opened.reset();
                for (std::uint64_t seed = 0; seed < 12; ++seed) {
                    auto const left = seed == 0 ? disk.after_kill() : disk.after_power_loss(seed);
                    auto const reopened =
                        store::open(path, {.alignment = alignment, .on = left.get()}).value();
                    auto const found = reopened->size();
                    EXPECT_TRUE(done ? found == 3 : found == 1 || found == 3)
                        << size << " bytes, call " << call << ", seed " << seed;
                    EXPECT_TRUE(reopened->exists(as_bytes("kept")));
                }
                if (!crashed) {
                    break;
                }
            }
        }
    }
}

// However long it is: what was not finished is no damage of later times.
TEST(crashes, sto_09_a_long_batch_is_whole) {
    std::string const large(1 << 20, 'L');
    for (std::size_t size = 395; size < 410; size += 3) {
        faulty_disk disk;
        plain_image base(1);
        base.write("kept", std::string(70, 'k'));
        disk.put(path, base.bytes);
        auto opened = store::open(path, {.alignment = 1, .on = &disk}).value();
        std::string const first(size, 'x');
        std::vector<key_value> const batch{{as_bytes("first"), as_bytes(first)},
                                           {as_bytes("second"), as_bytes(large)}};
        disk.follow({.fail_at = 1, .cuts_fail = true});  // the write of the part that was held back
        EXPECT_FALSE(opened->batch_write(batch));
        opened.reset();
        EXPECT_GT(disk.content(path).size(), large.size());
        auto const left = disk.after_kill();
        auto const reopened = store::open(path, {.alignment = 1, .on = left.get()}).value();
        EXPECT_EQ(reopened->file_size(), base.bytes.size()) << size;
    }
}

// What a crash leaves of the very first write is no store, and no store is ever cut.
TEST(crashes, sto_09_a_crash_in_the_first_write_leaves_nothing_or_all_or_no_store) {
    for (auto const level : levels) {
        for (std::uint64_t call = 0;; ++call) {
            faulty_disk disk;
            auto opened = open_on(disk, level).value();
            disk.follow({.crash_at = call});
            std::vector<key_value> const batch{{as_bytes("a"), as_bytes("first")},
                                               {as_bytes("b"), as_bytes("second")}};
            bool const done = opened->batch_write(batch).has_value();
            bool const crashed = disk.crashed();
            opened.reset();
            auto const left = disk.after_kill();
            auto const reopened = open_on(*left);
            if (!reopened) {
                EXPECT_EQ(reopened.error(), store_error::not_a_store);
                EXPECT_FALSE(done);
            } else {
                auto const found = (*reopened)->size();
                EXPECT_TRUE(done ? found == 2 : found != 1 || level == durability::none);
            }
            if (!crashed) {
                EXPECT_TRUE(done);
                break;
            }
        }
    }
}

// Two processes die one after the other, each in a batch, the first one in a file that was empty.
TEST(crashes, sto_09_a_second_one_loses_nothing_that_was_acknowledged) {
    std::vector<key_value> const batch{{as_bytes("a"), as_bytes("first")},
                                       {as_bytes("b"), as_bytes("second")}};
    std::vector<key_value> const later{{as_bytes("c"), as_bytes("third")},
                                       {as_bytes("d"), as_bytes("fourth")}};
    bool first_crashed = true;
    for (std::uint64_t first_call = 0; first_crashed; ++first_call) {
        bool second_crashed = true;
        for (std::uint64_t second_call = 0; second_crashed; ++second_call) {
            auto const where =
                "calls " + std::to_string(first_call) + " and " + std::to_string(second_call);
            faulty_disk first;
            auto opened = open_on(first).value();
            first.follow({.crash_at = first_call});
            static_cast<void>(opened->batch_write(batch));
            first_crashed = first.crashed();
            opened.reset();
            auto second = first.after_kill();
            auto reopened = open_on(*second);
            if (!reopened) {
                EXPECT_EQ(reopened.error(), store_error::not_a_store) << where;
                second_crashed = false;
                continue;
            }
            auto const before = (*reopened)->size();
            EXPECT_TRUE(before == 0 || before == 2) << where;
            for (int i = 0; i < 20; ++i) {
                ASSERT_TRUE((*reopened)->write(as_bytes(std::to_string(i)), as_bytes("value")));
            }
            second->follow({.crash_at = second_call});
            bool const done = (*reopened)->batch_write(later).has_value();
            second_crashed = second->crashed();
            reopened->reset();
            auto const left = second->after_kill();
            auto const last = open_on(*left);
            ASSERT_TRUE(last) << where << ": " << last.error().message();
            auto const found = (*last)->size() - before - 20;
            EXPECT_TRUE(found == 2 || (!done && found == 0)) << where << ": " << found;
            EXPECT_TRUE((*last)->exists(as_bytes("19"))) << where;
        }
    }
}

// A value that was damaged at any time before costs nothing but itself when a process dies.
TEST(crashes, sto_09_a_damaged_value_stays_alone) {
    for (std::size_t const damaged : {0, 5, 48}) {
        for (std::uint64_t call = 0;; ++call) {
            plain_image base(64);
            for (int i = 0; i < 50; ++i) {
                base.write("key " + std::to_string(i), std::string(1000, 'v'));
            }
            base.bytes[base.tails[damaged] + 100] = 'D';
            faulty_disk disk;
            disk.put(path, base.bytes);
            auto opened = open_on(disk).value();
            disk.follow({.crash_at = call});
            std::vector<key_value> const batch{{as_bytes("a"), as_bytes("first")},
                                               {as_bytes("b"), as_bytes("second")}};
            static_cast<void>(opened->batch_write(batch));
            bool const crashed = disk.crashed();
            opened.reset();
            for (auto const* const more : {"", "torn"}) {
                auto const file = disk.content(path);
                faulty_disk left;
                left.put(path, file + more);
                auto const found = open_on(left).value()->size();
                EXPECT_TRUE(found == 50 || found == 52) << damaged << ", call " << call;
            }
            if (!crashed) {
                break;
            }
        }
    }
}

// An append that waits for the disk takes with it what was written before it.
TEST(crashes, sto_10_a_synced_write_syncs_all_before_it) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        for (std::uint64_t call = 0;; ++call) {
            faulty_disk disk;
            disk.put(path, base_file());
            auto opened = open_on(disk).value();
            auto const large = std::string(3000, 'x');
            ASSERT_TRUE(opened->write(as_bytes("changed"), as_bytes(large)).has_value());
            disk.follow({.crash_at = call});
            bool const done =
                opened->write(as_bytes("fresh"), as_bytes("synced"), durability::sync).has_value();
            bool const crashed = disk.crashed();
            opened.reset();
            auto const left = disk.after_power_loss(seed);
            auto const reopened = open_on(*left).value();
            auto const changed = as_text(reopened->read(as_bytes("changed"))->bytes);
            EXPECT_TRUE(changed == large || (!done && changed == "old"));
            EXPECT_TRUE(!done || reopened->exists(as_bytes("fresh")));
            if (!crashed) {
                EXPECT_TRUE(done);
                break;
            }
        }
    }
}

TEST(crashes, sto_10_synced_writes_survive_a_loss_of_power) {
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
TEST(crashes, sto_09_a_crash_while_compacting_loses_nothing) {
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

// Nothing is cut before what is cut has been saved and synced, and nothing is cut that is whole.
class sto_09_a_crash_while_cutting : public ::testing::TestWithParam<std::uint32_t> {
protected:
    // Every byte of `torn` is in the file or beside it, and the file has the first `whole` entries.
    static void check(faulty_disk& left, plain_image const& image, std::size_t whole,
                      std::string const& torn, std::string const& where) {
        auto const now = left.content(path);
        if (now.size() < torn.size()) {
            auto const side = std::string(path) + ".cut-" + std::to_string(now.size()) + "-" +
                              std::to_string(torn.size() - now.size());
            EXPECT_EQ(now + left.content(side), torn) << where;
        } else {
            EXPECT_EQ(now, torn) << where;
        }
        auto const reopened = open_on(left);
        ASSERT_TRUE(reopened) << where << ": " << reopened.error().message();
        contents kept{{"kept", "as it was"}, {"changed", "old"}, {"removed", "old"}};
        if (whole < 3) {
            kept.erase("removed");
        }
        EXPECT_EQ(read_all(**reopened, all_keys), kept) << where;
        EXPECT_EQ((*reopened)->file_size(), image.tails[whole]) << where;
    }
};
INSTANTIATE_TEST_SUITE_P(every, sto_09_a_crash_while_cutting, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

TEST_P(sto_09_a_crash_while_cutting, loses_no_byte_and_no_key) {
    plain_image image(GetParam());
    image.write("kept", "as it was");
    image.write("changed", "old");
    image.write("removed", "old");
    std::pair<std::string, std::size_t> const cases[] = {
        {image.bytes.substr(0, image.bytes.size() - 7), 2}, {image.bytes + "torn", 3}};
    for (auto const& [torn, whole] : cases) {
        for (std::uint64_t call = 0;; ++call) {
            faulty_disk disk;
            disk.put(path, torn);
            disk.follow({.crash_at = call});
            bool const opened = open_on(disk).has_value();
            bool const crashed = disk.crashed();
            for (std::uint64_t seed = 0; seed < 40; ++seed) {
                auto const left = seed == 0 ? disk.after_kill() : disk.after_power_loss(seed);
                check(*left, image, whole, torn,
                      "call " + std::to_string(call) + ", seed " + std::to_string(seed));
            }
            EXPECT_EQ(opened, !crashed);
            if (!crashed) {
                break;
            }
        }
    }
}

}  // namespace
}  // namespace trunkline::store
