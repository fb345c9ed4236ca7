// After a long delivery the next one waits, and takes all that was said meanwhile.
#include <trunkline/rooms/shard.hpp>

#include <trunkline/rooms/testing.hpp>
#include <trunkline/transport/passing_runtime.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace trunkline::rooms {
namespace {

using namespace std::chrono_literals;
using namespace testing;
using texts = std::vector<std::string>;

/// Virtual time in which work may last.
class lasting_runtime final : public transport::passing_runtime {
public:
    using passing_runtime::passing_runtime;

    [[nodiscard]] time_point now() const noexcept override { return inner().now() + lasted; }

    duration lasted{0};
};

/// Somebody whose share of a delivery lasts.
class lasting_member final : public member {
public:
    lasting_member(lasting_runtime& loop, transport::runtime::duration lasts)
        : lasts_(lasts), loop_(loop) {}

    std::size_t offer(std::span<shared_message const> messages) override {
        loop_.lasted += lasts_;
        ++offers;
        for (shared_message const& each : messages) {
            heard.emplace_back(as_text(each.bytes()));
        }
        return messages.size();
    }
    void on_overflow() override {}
    shared_message tell_missed(room const&, missed_messages const&) override {
        return draft("missed").finish(0);
    }
    void on_open() override { ++openings; }

    texts heard;
    std::size_t offers = 0;
    std::size_t openings = 0;

private:
    transport::runtime::duration lasts_;
    lasting_runtime& loop_;
};

class shard_rest : public ::testing::Test {
protected:
    ~shard_rest() override {
        membership_.reset();
        time_.run_for(1s);
    }

    void enter(transport::runtime::duration lasts, rest_limits const& rests = {}) {
        shard_ = std::make_unique<shard>(loop_, rests);
        who_ = std::make_unique<lasting_member>(loop_, lasts);
        membership_ = std::make_unique<membership>();
        where_ = all_.open("hall");
        std::ignore = membership_->join(*shard_, where_, *who_, 1, {});
    }
    void leave() { membership_.reset(); }
    void say_now(std::string_view text) {
        say(*where_, text);
        shard_->drain();
    }
    void say_two_now(std::string_view first, std::string_view second) {
        say(*where_, first);
        say_now(second);
    }
    void pass(transport::runtime::duration span) { time_.run_for(span); }
    [[nodiscard]] texts const& heard() const { return who_->heard; }
    [[nodiscard]] std::size_t offers() const { return who_->offers; }

    local_bus network_;
    hall all_{network_, [](std::string_view) { return room_options(); }, nullptr};
    transport::simulated_runtime time_;
    lasting_runtime loop_{time_};
    std::unique_ptr<shard> shard_;
    std::unique_ptr<lasting_member> who_;
    std::shared_ptr<room> where_;
    std::unique_ptr<membership> membership_;
};

TEST_F(shard_rest, short_deliveries_are_followed_by_none) {
    enter(rest_limits().after - 1us);
    for (char const* const each : {"a", "b", "c"}) {
        say_now(each);
    }
    EXPECT_EQ(heard(), (texts{"a", "b", "c"}));
    EXPECT_EQ(offers(), 3U);
}

TEST_F(shard_rest, a_room_that_was_quiet_delivers_at_once) {
    enter(10ms);
    say_now("a");
    pass(10ms);
    say_now("b");
    pass(10ms);
    say_now("c");
    EXPECT_EQ(heard(), (texts{"a", "b", "c"}));
}

TEST_F(shard_rest, a_delivery_close_behind_another_is_followed_by_one_of_twice_its_time) {
    enter(10ms);
    say_now("a");
    pass(10ms - 1us);
    say_now("b");
    EXPECT_EQ(heard(), (texts{"a", "b"}));
    say_now("c");
    pass(20ms - 1us);
    say_now("d");
    EXPECT_EQ(heard(), (texts{"a", "b"}));
    pass(1us);
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d"}));
    EXPECT_EQ(offers(), 3U);
    EXPECT_EQ(shard_->counters().deliveries, 4U);
}

TEST_F(shard_rest, a_delivery_of_several_is_followed_by_one) {
    enter(10ms);
    say_two_now("a", "b");
    say_now("c");
    EXPECT_EQ(heard(), (texts{"a", "b"}));
    pass(20ms);
    EXPECT_EQ(heard(), (texts{"a", "b", "c"}));
    say_now("d");  // close behind that
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d"}));
}

TEST_F(shard_rest, is_followed_by_another_while_several_come) {
    enter(10ms);
    say_two_now("a", "b");
    say_now("c");
    say_now("d");
    pass(20ms);
    say_now("e");
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d"}));
    pass(20ms);
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d", "e"}));
}

// Somebody says the next word once all have heard the one before.
TEST_F(shard_rest, is_not_tried_again_for_a_while_when_it_was_in_vain) {
    enter(10ms, {.unrested_in_vain = 3});
    say_now("a");
    say_now("b");
    pass(20ms);  // in vain
    for (char const* const each : {"c", "d", "e"}) {
        say_now(each);
    }
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d", "e"}));
    say_now("f");
    EXPECT_EQ(offers(), 6U);
    say_now("g");  // after f there was one
    EXPECT_EQ(offers(), 6U);
    pass(20ms);
    EXPECT_EQ(offers(), 7U);
}

TEST_F(shard_rest, comes_at_once_when_several_come_though_one_was_in_vain) {
    enter(10ms);
    say_now("a");
    say_now("b");
    pass(20ms);  // in vain
    say_two_now("c", "d");
    say_now("e");
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d"}));
}

TEST_F(shard_rest, is_never_longer_than_the_longest) {
    enter(10s);
    say_two_now("a", "b");
    say_now("c");
    pass(rest_limits().longest - 1us);
    EXPECT_EQ(heard(), (texts{"a", "b"}));
    pass(1us);
    EXPECT_EQ(heard(), (texts{"a", "b", "c"}));
}

TEST_F(shard_rest, there_is_none_where_the_longest_is_zero) {
    enter(10s, {.longest = 0ms});
    say_two_now("a", "b");
    say_now("c");
    EXPECT_EQ(heard(), (texts{"a", "b", "c"}));
}

TEST_F(shard_rest, ends_once_many_messages_wait) {
    enter(10ms, {.messages_max = 3});
    say_two_now("a", "b");
    say_now("c");
    say_now("d");
    EXPECT_EQ(heard(), (texts{"a", "b"}));
    say_now("e");
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(offers(), 2U);
}

TEST_F(shard_rest, ends_once_many_bytes_wait) {
    enter(10ms, {.size_max = 100});
    std::string const half(50, 'x');
    say_two_now("a", "b");
    say_now(half);
    EXPECT_EQ(offers(), 1U);
    say_now(half);
    EXPECT_EQ(heard(), (texts{"a", "b", half, half}));
    say_now(half);  // what waits was counted from nothing again
    EXPECT_EQ(offers(), 2U);
}

TEST_F(shard_rest, of_one_room_holds_up_no_other) {
    enter(10ms);
    guest other;
    std::ignore = other.in.join(*shard_, all_.open("elsewhere"), other.is, 2, {});
    say_two_now("a", "b");
    say_now("c");
    say(other.in.where(), "d");
    shard_->drain();
    EXPECT_EQ(other.is.heard, (texts{"d"}));
    EXPECT_EQ(heard(), (texts{"a", "b"}));
}

TEST_F(shard_rest, who_comes_meanwhile_hears_nothing_said_before) {
    enter(10ms);
    say_two_now("a", "b");
    say_now("c");
    guest late;
    std::ignore = late.in.join(*shard_, where_, late.is, 2, {});
    say_now("d");
    pass(20ms);
    EXPECT_EQ(heard(), (texts{"a", "b", "c", "d"}));
    EXPECT_EQ(late.is.heard, (texts{"d"}));
}

TEST_F(shard_rest, ends_with_the_last_member) {
    enter(10ms);
    say_two_now("a", "b");
    say_now("c");
    leave();
    pass(1s);
    EXPECT_EQ(heard(), (texts{"a", "b"}));
    EXPECT_EQ(time_.pending(), 0U);
}

TEST_F(shard_rest, goes_on_for_members_who_come_after_all_have_left) {
    enter(10ms);
    say_two_now("a", "b");
    say_now("c");
    leave();
    guest next;
    std::ignore = next.in.join(*shard_, where_, next.is, 2, {});
    say_now("d");
    pass(1s);
    EXPECT_EQ(next.is.heard, (texts{"d"}));
}

}  // namespace
}  // namespace trunkline::rooms
