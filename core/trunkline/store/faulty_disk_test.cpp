// The disk that fails fails as it is told, and forgets what a disk may forget.
#include <trunkline/store/faulty_disk.hpp>

#include <trunkline/store/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace trunkline::store {
namespace {

namespace errc = boost::system::errc;

result<std::uint64_t> write_at(file& to, std::uint64_t offset, std::string_view bytes) {
    auto const piece = as_bytes(bytes);
    return to.write_some(offset, std::span(&piece, 1));
}

struct faulty : ::testing::Test {
    std::unique_ptr<file> made() {
        auto file = disk.open("f", open_mode::create_new).value();
        EXPECT_TRUE(disk.sync_folder_of("f"));
        return file;
    }
    // Every content that a loss of power may leave.
    [[nodiscard]] std::set<std::string> leftovers(int chances = 400) const {
        std::set<std::string> found;
        for (int seed = 0; seed < chances; ++seed) {
            found.insert(disk.after_power_loss(static_cast<std::uint64_t>(seed))->content("f"));
        }
        return found;
    }
    faulty_disk disk;
};

TEST_F(faulty, shows_what_was_written_and_keeps_what_was_synced) {
    auto const f = made();
    ASSERT_EQ(write_at(*f, 0, "synced").value(), 6U);
    ASSERT_TRUE(f->sync());
    ASSERT_EQ(write_at(*f, 6, " not").value(), 4U);
    EXPECT_EQ(disk.content("f"), "synced not");
    EXPECT_EQ(disk.after_kill()->content("f"), "synced not");
    auto const left = leftovers();
    EXPECT_TRUE(left.contains("synced"));
    EXPECT_TRUE(left.contains("synced not"));
    for (auto const& each : left) {
        EXPECT_TRUE(each.starts_with("synced")) << each;
    }
}

// Unsynced writes may be lost one by one, and done in another order.
TEST_F(faulty, forgets_and_reorders_unsynced_writes) {
    auto const f = made();
    std::string const zeros(512, '\0');
    ASSERT_TRUE(write_at(*f, 0, "first"));
    ASSERT_TRUE(write_at(*f, 512, "!"));
    auto const left = leftovers();
    EXPECT_TRUE(left.contains(""));
    EXPECT_TRUE(left.contains("first"));
    EXPECT_TRUE(left.contains(zeros + "!")) << "the first write was lost";
    EXPECT_TRUE(left.contains("first" + zeros.substr(5) + "!"));
}

// The system writes a sector as it has it.
TEST_F(faulty, a_sector_with_a_later_write_has_the_earlier_ones) {
    auto const f = made();
    ASSERT_TRUE(write_at(*f, 0, "first"));
    ASSERT_TRUE(write_at(*f, 0, "other"));
    ASSERT_TRUE(write_at(*f, 5, "!"));
    EXPECT_EQ(leftovers(), (std::set<std::string>{"", "first", "other", "other!"}));
}

TEST_F(faulty, tears_at_sectors_only) {
    auto const f = made();
    ASSERT_TRUE(write_at(*f, 0, std::string(1536, 'o')));
    ASSERT_TRUE(f->sync());
    ASSERT_TRUE(write_at(*f, 100, std::string(1200, 'n')));
    bool torn = false;
    for (auto const& each : leftovers()) {
        ASSERT_EQ(each.size(), 1536U);
        for (std::size_t const begin : {0, 512, 1024}) {
            auto const sector = each.substr(begin, 512);
            auto const fresh = sector.find('n') != std::string::npos;
            auto const expected = begin == 0     ? std::string(100, 'o') + std::string(412, 'n')
                                  : begin == 512 ? std::string(512, 'n')
                                                 : std::string(276, 'n') + std::string(236, 'o');
            EXPECT_EQ(sector, fresh ? expected : std::string(512, 'o'));
            torn = torn || (fresh && begin != 0 && each[100] == 'o');
        }
    }
    EXPECT_TRUE(torn);
}

TEST_F(faulty, writes_short_and_is_interrupted) {
    auto const f = made();
    disk.follow({.short_writes_seed = 3});
    std::set<std::uint64_t> sizes;
    int interrupted = 0;
    for (int i = 0; i < 100; ++i) {
        auto const written = write_at(*f, 507, "0123456789");
        written ? static_cast<void>(sizes.insert(*written)) : static_cast<void>(++interrupted);
        EXPECT_TRUE(written || written.error() == errc::interrupted);
    }
    EXPECT_GT(interrupted, 10);
    EXPECT_EQ(*sizes.begin(), 1U);
    EXPECT_EQ(*sizes.rbegin(), 10U);
    EXPECT_GT(sizes.size(), 5U);
    for (int i = 0; i < 100; ++i) {
        auto const in_one_sector = write_at(*f, 0, "0123456789");
        EXPECT_TRUE(!in_one_sector || *in_one_sector == 10);
    }
}

TEST_F(faulty, fails_at_one_call_without_effect) {
    auto const f = made();
    ASSERT_TRUE(write_at(*f, 0, "old"));
    disk.follow({.fail_at = 1, .error = errc::no_space_on_device});
    EXPECT_TRUE(write_at(*f, 0, "new"));
    EXPECT_EQ(write_at(*f, 0, "bad").error(), errc::no_space_on_device);
    EXPECT_TRUE(write_at(*f, 3, "!"));
    EXPECT_EQ(disk.content("f"), "new!");
    EXPECT_EQ(disk.calls(), 3U);
}

TEST_F(faulty, is_full_when_there_is_no_room) {
    auto const f = made();
    disk.follow({.room = 5});
    EXPECT_EQ(write_at(*f, 0, "0123456789").value(), 5U);
    EXPECT_EQ(write_at(*f, 5, "56789").error(), errc::no_space_on_device);
    EXPECT_EQ(write_at(*f, 0, "again").value(), 5U) << "what is there may be written again";
    EXPECT_EQ(disk.content("f"), "again");
}

TEST_F(faulty, a_crash_lasts_and_its_write_is_done_in_part) {
    for (std::string const& bytes : {std::string(10, 'x'), std::string(3000, 'x')}) {
        std::set<std::string> found;
        for (std::uint64_t call = 0; call < 40; ++call) {
            faulty_disk fresh;
            auto const f = fresh.open("f", open_mode::create_new).value();
            fresh.follow({.crash_at = call});
            for (std::uint64_t i = 0; i < call; ++i) {
                EXPECT_TRUE(f->size());
            }
            EXPECT_FALSE(fresh.crashed());
            EXPECT_EQ(write_at(*f, 0, bytes).error(), errc::io_error);
            EXPECT_TRUE(fresh.crashed());
            auto const content = fresh.content("f");
            EXPECT_EQ(content, bytes.substr(0, content.size()));
            found.insert(content);
            EXPECT_FALSE(f->sync());
            EXPECT_FALSE(f->size());
            EXPECT_FALSE(f->resize(0));
            EXPECT_FALSE(fresh.open("f", open_mode::existing));
            EXPECT_EQ(fresh.content("f"), content);
        }
        if (bytes.size() <= 512) {
            EXPECT_EQ(found.size(), 2U);
        } else {
            EXPECT_GT(found.size(), 5U);
        }
    }
}

// A system that could not write a page takes it for clean: the next sync says nothing of it.
TEST_F(faulty, a_failed_sync_may_lose_what_a_later_one_calls_safe) {
    auto const f = made();
    ASSERT_TRUE(write_at(*f, 0, "first"));
    disk.follow({.fail_at = 0});
    EXPECT_EQ(f->sync().error(), errc::io_error);
    ASSERT_TRUE(write_at(*f, 5, "second"));
    ASSERT_TRUE(f->sync());
    EXPECT_EQ(disk.content("f"), "firstsecond");
    auto const left = leftovers();
    EXPECT_TRUE(left.contains(std::string("\0\0\0\0\0second", 11)));
    EXPECT_TRUE(left.contains("firstsecond"));
}

TEST_F(faulty, what_was_forgotten_does_not_come_back_over_what_was_synced_later) {
    auto const f = made();
    ASSERT_TRUE(write_at(*f, 0, "..........."));
    ASSERT_TRUE(f->sync());
    disk.follow({.fail_at = 1});
    ASSERT_TRUE(write_at(*f, 0, "forgotten"));
    ASSERT_FALSE(f->sync());
    ASSERT_TRUE(write_at(*f, 2, "RGO"));
    ASSERT_TRUE(f->sync());
    EXPECT_EQ(leftovers(), (std::set<std::string>{"..RGO......", "foRGOtten.."}));
}

TEST_F(faulty, what_was_forgotten_stays_one_write_that_tears_at_sectors) {
    auto const f = made();
    ASSERT_TRUE(write_at(*f, 0, std::string(1024, 'o')));
    ASSERT_TRUE(f->sync());
    disk.follow({.fail_at = 1});
    ASSERT_TRUE(write_at(*f, 500, std::string(24, 'n')));
    ASSERT_FALSE(f->sync());
    ASSERT_TRUE(write_at(*f, 502, "_"));
    ASSERT_TRUE(write_at(*f, 520, "_"));
    ASSERT_TRUE(f->sync());
    std::set<std::string> found;
    for (auto const& each : leftovers()) {
        found.insert(each.substr(500, 24));
    }
    EXPECT_EQ(found,
              (std::set<std::string>{"oo_ooooooooooooooooo_ooo", "nn_nnnnnnnnnoooooooo_ooo",
                                     "oo_ooooooooonnnnnnnn_nnn", "nn_nnnnnnnnnnnnnnnnn_nnn"}));
}

TEST_F(faulty, a_forgotten_cut_goes_out_before_what_is_written_behind_it) {
    auto const f = made();
    ASSERT_TRUE(write_at(*f, 0, std::string(600, 'o')));
    ASSERT_TRUE(f->sync());
    disk.follow({.fail_at = 2});
    ASSERT_TRUE(write_at(*f, 520, "behind the cut"));
    ASSERT_TRUE(f->resize(3));
    ASSERT_FALSE(f->sync());
    ASSERT_TRUE(write_at(*f, 3, "new"));
    ASSERT_TRUE(f->sync());
    EXPECT_EQ(leftovers(), std::set<std::string>{"ooonew"});
}

TEST_F(faulty, a_write_of_nothing_does_nothing) {
    auto const f = made();
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        disk.follow({.short_writes_seed = seed});
        EXPECT_EQ(write_at(*f, 0, "").value(), 0U);
    }
}

TEST_F(faulty, names_are_kept_when_their_folder_is_synced) {
    auto const f = disk.open("new", open_mode::create_new).value();
    ASSERT_TRUE(write_at(*f, 0, "bytes"));
    ASSERT_TRUE(f->sync());
    std::set<std::size_t> names;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        names.insert(disk.after_power_loss(seed)->names().size());
    }
    EXPECT_EQ(names, (std::set<std::size_t>{0, 1}));
    ASSERT_TRUE(disk.sync_folder_of("new"));
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        EXPECT_EQ(disk.after_power_loss(seed)->content("new"), "bytes");
    }
}

TEST_F(faulty, locks_as_a_system_does) {
    auto writer = made();
    EXPECT_EQ(disk.open("f", open_mode::existing).error(), store_error::locked);
    EXPECT_EQ(disk.open("f", open_mode::inspect).error(), store_error::locked);
    EXPECT_EQ(disk.open("f", open_mode::create_new).error(), errc::file_exists);
    writer.reset();
    auto const reader = disk.open("f", open_mode::inspect).value();
    EXPECT_TRUE(disk.open("f", open_mode::inspect));
    EXPECT_EQ(disk.open("f", open_mode::existing).error(), store_error::locked);
}

}  // namespace
}  // namespace trunkline::store
