// The main of every program that replays vectors. A run that compared nothing proves nothing, so it
// fails.
#include <replay/vector_set.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    ::testing::InitGoogleTest(&argc, argv);
    int const failed = RUN_ALL_TESTS();
    if (testing::GTEST_FLAG(list_tests)) {
        return failed;
    }
    std::size_t const checked = trunkline::replay::checked_records();
    std::printf("%zu records checked\n", checked);
    if (checked == 0) {
        std::fprintf(stderr, "no record was checked: is TRUNKLINE_VECTORS the right folder?\n");
        return 1;
    }
    return failed;
}
