#include <interop/history_maker.hpp>
#include <interop/history_player.hpp>
#include <trunkline/base/scratch_folder.hpp>

#include <gtest/gtest.h>

namespace trunkline::interop {
namespace {

TEST(histories, survive_the_way_through_text) {
    auto const made = make_histories(7, 40);
    std::string script;
    for (auto const& each : made) {
        script += to_text(each);
    }
    EXPECT_EQ(histories_of(script), made);
}

TEST(histories, are_the_same_for_the_same_seed) {
    EXPECT_EQ(make_histories(3, 5), make_histories(3, 5));
    EXPECT_NE(make_histories(3, 5), make_histories(4, 5));
}

TEST(histories, of_broken_text_are_refused) {
    for (std::string_view const script :
         {"part\n", "history x\n", "history 1\n0 write k any:1:1\n", "history 1\npart\n0 wipe\n",
          "history 1\npart\n0 write k any:1\n", "history 1\npart\n0 write kzz any:1:1\n",
          "history 1\npart\nwrite\n"}) {
        EXPECT_THROW((void)histories_of(script), std::invalid_argument) << script;
    }
}

// What the published stores do with the same histories needs cargo: ci/interop.
class our_store : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(our_store, sto_02_plays_histories_as_the_plain_one) {
    for (auto const& each : make_histories(11, 60)) {
        SCOPED_TRACE(to_text(each));
        scratch_folder const folder;
        plain_pair expected(GetParam());
        for (auto const& part : each.parts) {
            auto stores = open_pair(folder.path(), each, GetParam());
            expected.begin_part({});
            for (auto const& call : part) {
                auto const wanted = expected.play(call);
                auto const got = play(stores, call);
                ASSERT_EQ(got.tail, wanted.tail) << got.error;
                ASSERT_TRUE(got.error.starts_with(wanted.error)) << got.error;
            }
        }
        for (std::size_t const store : {0, 1}) {
            auto const path = path_of(folder.path(), each, store);
            ASSERT_TRUE(read_file(path) == as_text(expected.of(store).bytes()));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(alignment, our_store, ::testing::Values(64, 16, 1));

}  // namespace
}  // namespace trunkline::interop
