#include <trunkline/frame/reassembly.hpp>

#include <trunkline/frame/reassembly_model.hpp>
#include <trunkline/frame/testing.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::frame {
namespace {

using namespace testing;

// Feeds frames and lists what was delivered, as payloads in order.
class reassembling : public ::testing::Test {
protected:
    reassembly streams{reassembly_limits{8, 4, 100, 3}};
    fragment_feeder feeder{streams};

    std::string feed(whole_frame const& frame, std::size_t step = 1000) {
        std::string delivered;
        last.clear();
        for (seen const& each : feeder.feed(frame, step)) {
            last.push_back(each.what);
            if (each.what == arrival::piece) {
                delivered += each.frame.payload;
            }
        }
        return delivered;
    }

    arrival fed(whole_frame const& frame) {
        (void)feed(frame);
        return last.front();
    }

    std::vector<arrival> last;
};

TEST_F(reassembling, in_order_frames_pass) {
    EXPECT_EQ(feed(make(kind::open, 1, 0, "a")), "a");
    EXPECT_EQ(feed(make(kind::data, 1, 1, "b")), "b");
    EXPECT_EQ(feed(make(kind::end, 1, 2, "c")), "c");
    EXPECT_EQ(streams.streams(), 0u);
    EXPECT_EQ(streams.held_size(), 0u);
}

TEST_F(reassembling, every_order_gives_the_same_stream) {
    std::vector<whole_frame> const frames{make(kind::open, 1, 0, "a"), make(kind::data, 1, 1, "bb"),
                                          make(kind::data, 1, 2, ""),
                                          make(kind::end, 1, 3, "dddd")};
    std::vector<std::size_t> order{0, 1, 2, 3};
    do {
        for (std::size_t const step : {1ul, 3ul, 100ul}) {
            std::string all;
            for (std::size_t const i : order) {
                all += feed(frames[i], step);
            }
            EXPECT_EQ(all, "abbdddd");
            EXPECT_EQ(streams.held_size(), 0u);
        }
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(reassembling, the_first_of_two_wins) {
    EXPECT_EQ(fed(make(kind::data, 1, 1, "first")), arrival::kept);
    EXPECT_EQ(fed(make(kind::data, 1, 1, "second")), arrival::duplicate);
    EXPECT_EQ(feed(make(kind::open, 1, 0, "x")), "xfirst");
    EXPECT_EQ(fed(make(kind::open, 1, 0, "again")), arrival::duplicate);
    EXPECT_EQ(fed(make(kind::data, 1, 1, "again")), arrival::duplicate);
}

TEST_F(reassembling, nothing_comes_after_the_end) {
    EXPECT_EQ(fed(make(kind::data, 1, 3, "past")), arrival::kept);
    EXPECT_EQ(fed(make(kind::end, 1, 1, "e")), arrival::kept);
    EXPECT_EQ(fed(make(kind::data, 1, 2, "past")), arrival::duplicate);
    EXPECT_EQ(feed(make(kind::open, 1, 0, "o")), "oe");
    EXPECT_EQ(streams.held_size(), 0u);
}

TEST_F(reassembling, an_id_may_be_used_again) {
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(feed(make(kind::open, 1, 0, "a")), "a");
        EXPECT_EQ(feed(make(kind::end, 1, 1)), "");
        EXPECT_EQ(feed(make(kind::open, 1, 0, "b")), "b");
        EXPECT_EQ(fed(make(kind::cancel, 1, 77, "ignored")), arrival::cancelled);
    }
    EXPECT_EQ(streams.held_size(), 0u);
}

TEST_F(reassembling, a_cancel_drops_what_is_held) {
    (void)feed(make(kind::open, 1, 0, "a"));
    (void)feed(make(kind::data, 1, 2, "held"));
    EXPECT_EQ(fed(make(kind::cancel, 1, 9)), arrival::cancelled);
    EXPECT_EQ(streams.held_size(), 0u);
    EXPECT_EQ(feed(make(kind::data, 1, 1, "late")), "");
}

TEST_F(reassembling, a_tag_stays_with_its_stream) {
    (void)feed(make(kind::open, 1, 0, "a"));
    streams.set_tag(1, 42);
    header const head{1, 1, 1, 1, 0};
    EXPECT_EQ(streams.place({head, as_bytes("b"), true, true}).value().tag, 42u);
    header const end{0, 1, 2, 2, 0};
    EXPECT_EQ(streams.place({end, {}, true, true}).value().tag, 42u);
}

TEST_F(reassembling, too_many_frames_ahead_end_the_stream) {
    (void)feed(make(kind::open, 1, 0));
    for (std::uint32_t sequence = 2; sequence < 6; ++sequence) {
        EXPECT_EQ(fed(make(kind::data, 1, sequence, "x")), arrival::kept);
    }
    EXPECT_EQ(fed(make(kind::data, 1, 6, "x")), arrival::gap);
    EXPECT_EQ(fed(make(kind::data, 1, 1, "x")), arrival::dropped);
    EXPECT_EQ(streams.streams(), 1u);
    EXPECT_EQ(fed(make(kind::end, 1, 7)), arrival::dropped);
    EXPECT_EQ(streams.held_size(), 0u);
}

TEST_F(reassembling, too_many_bytes_ahead_end_the_stream) {
    (void)feed(make(kind::open, 1, 0));
    EXPECT_EQ(fed(make(kind::data, 1, 2, std::string(99, 'x'))), arrival::kept);
    EXPECT_EQ(fed(make(kind::data, 1, 3, "x")), arrival::kept);
    EXPECT_EQ(fed(make(kind::data, 1, 4, "x")), arrival::gap);
}

TEST_F(reassembling, streams_that_never_began_give_way) {
    for (std::uint32_t id = 1; id <= 1000; ++id) {
        EXPECT_EQ(fed(make(kind::end, id, 1, "x")), arrival::kept);
    }
    EXPECT_EQ(streams.streams(), 3u);
    EXPECT_EQ(feed(make(kind::open, 1000, 0, "late ")), "late x");
    EXPECT_EQ(feed(make(kind::open, 1, 0, "a new stream")), "a new stream");
}

TEST_F(reassembling, a_full_table_refuses_first_frames) {
    for (std::uint32_t id = 0; id < 8; ++id) {
        EXPECT_EQ(fed(make(kind::open, id, 0)), arrival::piece);
    }
    EXPECT_EQ(fed(make(kind::open, 8, 0, "x")), arrival::no_room);
    EXPECT_EQ(fed(make(kind::data, 8, 1, "x")), arrival::dropped);
    EXPECT_EQ(fed(make(kind::end, 7, 1)), arrival::piece);
    EXPECT_EQ(fed(make(kind::open, 9, 0)), arrival::piece);
}

TEST_F(reassembling, a_discarded_stream_is_skipped_to_its_end) {
    (void)feed(make(kind::open, 1, 0));
    streams.discard(1);
    EXPECT_EQ(fed(make(kind::data, 1, 1, "x")), arrival::dropped);
    EXPECT_EQ(fed(make(kind::end, 1, 2)), arrival::dropped);
    EXPECT_EQ(feed(make(kind::open, 1, 0, "new")), "new");
    streams.discard(1);
    EXPECT_EQ(fed(make(kind::cancel, 1, 0)), arrival::cancelled);
    EXPECT_EQ(streams.streams(), 0u);
}

}  // namespace
}  // namespace trunkline::frame
