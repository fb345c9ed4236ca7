// The files of a history: that they stay small, and what becomes of them when disks fail.
#include <trunkline/room_history/stored_history.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/room_history/file_pair.hpp>
#include <trunkline/room_history/testing.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace trunkline::room_history {
namespace {

using namespace testing;
using kept_texts = std::vector<std::string>;

/// Says so much in some rooms that the files turn again and again.
void say_much(history_world& world, int messages) {
    for (int i = 0; i < messages; ++i) {
        world.say("room " + std::to_string(i % 7), std::to_string(i) + std::string(100, '.'));
    }
}

kept_texts all_texts(history_world& world) {
    kept_texts found;
    for (int room = 0; room < 7; ++room) {
        auto const of = world.texts("room " + std::to_string(room));
        found.insert(found.end(), of.begin(), of.end());
    }
    return found;
}

TEST(history_files, stay_within_a_bound_and_lose_nothing) {
    history_world world({.messages_max = 20});
    world.options.waste_max = 8 * kib;
    world.open();
    world.say("silent", "moved each time");
    std::uint64_t largest = 0;
    std::size_t turns = 0;
    for (int i = 0; i < 400; ++i) {
        say_much(world, 7);
        largest = std::max(largest, world.disk_size());
        turns += world.disk->names().size() == 2 ? 1 : 0;
        if (i % 20 == 0) {
            ASSERT_EQ(all_texts(world).size(), 7U * std::min(20, i + 1)) << i;
            world.kill();
            ASSERT_EQ(all_texts(world).size(), 7U * std::min(20, i + 1)) << i;
        }
    }
    constexpr std::uint64_t kept = 140 * (104 + 96);
    EXPECT_GT(turns, 0U);
    EXPECT_LT(largest, 2 * (3 * kept + world.options.waste_max));
    EXPECT_EQ(world.texts("silent"), kept_texts{"moved each time"});
}

TEST(history_files, keep_what_was_lost_when_they_turn) {
    history_world world({.messages_max = 20, .size_max = 1000});
    world.options.waste_max = 4 * kib;
    world.open();
    world.say("emptied", "x");
    std::uint64_t const large = world.say("emptied", std::string(2000, 'x'));
    say_much(world, 2000);
    world.kill();
    EXPECT_EQ(world.texts("emptied"), kept_texts{});
    EXPECT_EQ(world.lost("emptied"), large);
}

constexpr std::size_t kept_max = 5;

kept_texts end_of(kept_texts const& said) {
    std::size_t const count = std::min(kept_max, said.size());
    return {said.end() - static_cast<std::ptrdiff_t>(count), said.end()};
}

// Whatever call is the last one: the end of what was said is there, the message on its way maybe.
TEST(history_files, lose_nothing_whenever_the_process_dies) {
    bool is_over = false;
    for (std::uint64_t at = 0; !is_over; ++at) {
        history_world world({.messages_max = kept_max});
        world.options.waste_max = 2 * kib;
        world.open();
        world.disk->follow({.crash_at = at});
        kept_texts said;
        kept_texts and_one;
        for (int i = 0; i < 40 && !world.disk->crashed(); ++i) {
            and_one.push_back(std::to_string(i) + std::string(100, '.'));
            world.say("r", and_one.back());
            if (world.failures.empty()) {
                said = and_one;
            }
        }
        is_over = !world.disk->crashed();
        EXPECT_TRUE(!is_over || at > 40);
        world.kill();
        auto const left = world.texts("r");
        EXPECT_TRUE(left == end_of(said) || left == end_of(and_one)) << at;
        for (int i = 0; i < 40; ++i) {
            said.push_back("again " + std::to_string(i));
            world.say("r", said.back());
        }
        world.kill();
        EXPECT_EQ(world.texts("r"), end_of(said)) << at;
    }
}

TEST(history_files, a_full_disk_is_told_once_and_stops_nobody) {
    history_world world;
    world.open();
    world.say("r", "kept");
    world.disk->follow({.room = world.disk_size() + 200});
    while (world.failures.empty()) {
        world.say("r", "still kept");
    }
    std::uint64_t const last = world.last_number;
    EXPECT_EQ(world.failures.front(), boost::system::errc::no_space_on_device);
    world.say("r", "not kept");
    world.kept->reserve_numbers(1'000'000);
    EXPECT_EQ(world.failures.size(), 1U);
    EXPECT_EQ(world.texts("r"), kept_texts{});  // what is kept has no gap, and nothing follows
    EXPECT_EQ(world.lost("r"), last + 1);
    world.disk->follow({});
    world.kill();
    EXPECT_EQ(world.texts("r").front(), "kept");
    EXPECT_EQ(world.texts("r").size(), last - 1);
}

TEST(history_files, a_damaged_message_is_lost_with_what_came_before_it) {
    history_world world;
    world.open();
    for (char const* text : {"one", "two is damaged", "three"}) {
        world.say("r", text);
    }
    std::string content = world.disk->content("kept.0");
    world.kept.reset();
    content[content.find("two is")] = 'T';
    world.disk->put("kept.0", content);
    world.open();
    EXPECT_EQ(world.texts("r"), kept_texts{"three"});
    EXPECT_EQ(world.lost("r"), 2U);
}

TEST(history_files, a_file_that_ends_in_garbage_is_cut_back) {
    history_world world;
    world.open();
    world.say("r", "one");
    std::string const content = world.disk->content("kept.0");
    world.kept.reset();
    world.disk->put("kept.0", content + "half an entry");
    world.open();
    EXPECT_EQ(world.texts("r"), kept_texts{"one"});
}

TEST(history_files, a_store_that_is_no_history_is_refused_and_left_alone) {
    store::faulty_disk disk;
    {
        auto other = store::store::open("kept.1", {.on = &disk}).value();
        EXPECT_TRUE(other->write(as_bytes("key"), as_bytes("value")).has_value());
    }
    std::string const before = disk.content("kept.1");
    history_options options;
    options.on = &disk;
    auto const opened = stored_history::open("kept", options);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error(), store::store_error::not_a_store);
    EXPECT_EQ(disk.content("kept.1"), before);
}

TEST(history_files, belong_to_one_process) {
    scratch_folder folder;
    auto const one = stored_history::open(folder / "kept", {});
    ASSERT_TRUE(one.has_value());
    store::open_report report;
    auto const two = stored_history::open(folder / "kept", {}, &report);
    ASSERT_FALSE(two.has_value());
    EXPECT_EQ(two.error(), store::store_error::locked);
    EXPECT_EQ(report.path, folder / "kept.0");
}

}  // namespace
}  // namespace trunkline::room_history
