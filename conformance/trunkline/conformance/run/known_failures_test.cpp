#include <trunkline/conformance/run/known_failures.hpp>

#include <trunkline/conformance/simulated.hpp>

#include <gtest/gtest.h>

#include <array>
#include <sstream>
#include <string>
#include <vector>

namespace trunkline::conformance {
namespace {

using error = known_failures_error;

known_failures_result read(std::string const& text) {
    std::istringstream from(text);
    return read_known_failures(from, "known.txt", all_rules(), simulated_subjects());
}

TEST(known_failures, are_read_with_their_place_and_reason) {
    auto const found = read(
        "# what is known\n"
        "\n"
        "FLO-03 tls           # waits for company # always\r\n"
        "  DLV-01\tws one_byte #why\n");
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ(text_of((*found)[0]), "FLO-03 tls");
    EXPECT_EQ((*found)[0].file, "known.txt");
    EXPECT_EQ((*found)[0].line, 3U);
    EXPECT_EQ((*found)[0].reason, "waits for company # always");
    EXPECT_EQ(text_of((*found)[1]), "DLV-01 ws one_byte");
    EXPECT_EQ((*found)[1].shape, transport::delivery_shape::one_byte);
    EXPECT_EQ((*found)[1].reason, "why");
}

TEST(known_failures, may_be_none) {
    EXPECT_TRUE(read("")->empty());
    EXPECT_TRUE(read("# nothing\n\n")->empty());
}

struct bad_line {
    char const* line;
    error why;
    char const* message;
};

TEST(known_failures, are_refused_with_file_and_line) {
    std::array const all{
        bad_line{
            "FLO-03", error::missing_fields,
            "known.txt:2: a rule and a transport are wanted: RULE TRANSPORT [SHAPE]  # reason"},
        bad_line{
            "FLO-03 # tls", error::missing_fields,
            "known.txt:2: a rule and a transport are wanted: RULE TRANSPORT [SHAPE]  # reason"},
        bad_line{"FLO-03 tls direct 7 # why", error::extra_field,
                 "known.txt:2: \"7\" is too much: RULE TRANSPORT [SHAPE]  # reason"},
        bad_line{"FLO-03 tls", error::no_reason, "known.txt:2: the reason is missing, behind a #"},
        bad_line{"FLO-03 tls #  ", error::no_reason,
                 "known.txt:2: the reason is missing, behind a #"},
        bad_line{"FLO-99 tls # why", error::unknown_rule, "known.txt:2: there is no rule FLO-99"},
        bad_line{"FLO-03 pigeon # why", error::unknown_transport,
                 "known.txt:2: there is no transport pigeon"},
        bad_line{"FLO-03 tls round # why", error::unknown_shape,
                 "known.txt:2: there is no shape round"},
        bad_line{"EST-01 memory # again", error::repeated,
                 "known.txt:2: \"EST-01 memory\" stands in an earlier line"},
    };
    for (bad_line const& each : all) {
        auto const found = read(std::string("EST-01 memory # first\n") + each.line + "\n");
        ASSERT_TRUE(found.has_error()) << each.line;
        EXPECT_EQ(found.error().why, each.why) << each.line;
        EXPECT_EQ(found.error().line, 2U);
        EXPECT_EQ(found.error().message(), each.message);
    }
}

TEST(known_failures, say_which_file_cannot_be_read) {
    auto const found =
        read_known_failures(std::filesystem::path("/nowhere/known.txt"), all_rules(), {});
    ASSERT_TRUE(found.has_error());
    EXPECT_EQ(found.error().why, error::unreadable);
    EXPECT_EQ(found.error().message(), "/nowhere/known.txt: cannot be read: it cannot be opened");
}

}  // namespace
}  // namespace trunkline::conformance
