#include <trunkline/flow/send_credit.hpp>

#include <gtest/gtest.h>

namespace trunkline::flow {
namespace {

TEST(send_credit, is_what_was_granted_and_not_yet_sent) {
    send_credit credit(10);
    credit.take(10);
    EXPECT_EQ(credit.left(), 0u);
    EXPECT_TRUE(credit.grant(0));
    EXPECT_EQ(credit.left(), 0u);
    EXPECT_TRUE(credit.grant(7));
    EXPECT_EQ(credit.left(), 7u);
}

TEST(send_credit, refuses_a_grant_above_its_limit_and_keeps_what_it_had) {
    send_credit credit(1);
    EXPECT_FALSE(credit.grant(0xffff'ffff));
    EXPECT_EQ(credit.left(), 1u);
    EXPECT_TRUE(credit.grant(0xffff'fffe));
    EXPECT_EQ(credit.left(), credit_max);
    EXPECT_FALSE(credit.grant(1));
}

}  // namespace
}  // namespace trunkline::flow
