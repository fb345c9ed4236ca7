#include <trunkline/conformance/shared_faults.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

namespace trunkline::conformance {
namespace {

// Links that know how they are.
class told_links final : public faults {
public:
    void cut() override { ++cuts; }
    void cut_after(bool from_dialler, std::size_t size) override { cut_at[from_dialler] = size; }
    void stall(bool from_dialler, bool on) override { stalled[from_dialler] = on; }
    void shorten(bool from_dialler, bool on) override { shortened[from_dialler] = on; }
    [[nodiscard]] std::uint64_t carried(bool from_dialler) const override {
        return size[from_dialler];
    }

    int cuts = 0;
    std::optional<std::size_t> cut_at[2];
    bool stalled[2] = {};
    bool shortened[2] = {};
    std::uint64_t size[2] = {};
};

class faults_of_two : public ::testing::Test {
protected:
    told_links links_;
    shared_faults shared_{links_};
    faults& one_ = shared_.another();
    faults& other_ = shared_.another();
};

TEST_F(faults_of_two, stalls_and_short_writes_last_while_one_of_them_wants_it) {
    struct {
        void (faults::*set)(bool, bool);
        bool (told_links::*is)[2];
    } const kinds[] = {{&faults::stall, &told_links::stalled},
                       {&faults::shorten, &told_links::shortened}};
    for (auto const& [set, is] : kinds) {
        (one_.*set)(true, true);
        EXPECT_TRUE((links_.*is)[true]);
        EXPECT_FALSE((links_.*is)[false]);
        (other_.*set)(true, true);
        (one_.*set)(true, false);
        EXPECT_TRUE((links_.*is)[true]) << "the other one wants it";
        (one_.*set)(true, false);
        EXPECT_TRUE((links_.*is)[true]);
        (other_.*set)(true, false);
        EXPECT_FALSE((links_.*is)[true]);
    }
}

TEST_F(faults_of_two, links_break_where_the_first_one_wants_it) {
    one_.cut_after(false, 100);
    EXPECT_EQ(links_.cut_at[false], 100U);
    EXPECT_FALSE(links_.cut_at[true]);
    links_.size[false] += 30;
    other_.cut_after(false, 1000);
    EXPECT_EQ(links_.cut_at[false], 70U) << "what is left of the hundred";
    other_.cut_after(false, 10);
    EXPECT_EQ(links_.cut_at[false], 10U);
    other_.cut_after(false, 1000);
    EXPECT_EQ(links_.cut_at[false], 70U);
    one_.cut_after(false, 5000);
    EXPECT_EQ(links_.cut_at[false], 1000U);
    links_.size[false] += 2000;
    one_.cut_after(false, 5000);
    EXPECT_EQ(links_.cut_at[false], 0U) << "it has been met";
}

TEST_F(faults_of_two, resets_and_counts_are_those_of_the_links) {
    one_.cut();
    other_.cut();
    EXPECT_EQ(links_.cuts, 2);
    links_.size[true] = 7;
    EXPECT_EQ(other_.carried(true), 7U);
    EXPECT_EQ(other_.carried(false), 0U);
}

}  // namespace
}  // namespace trunkline::conformance
