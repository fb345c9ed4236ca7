#include <trunkline/typed/failure.hpp>

#include <trunkline/rpc/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::typed {
namespace {

using rpc::testing::note;
using rpc::testing::outcome;
using rpc::testing::two_peers;

TEST(failure, travels_with_the_status_of_its_code) {
    constexpr std::uint64_t id = 1;
    for (auto const code : {failure_code::fail, failure_code::system, failure_code::not_found}) {
        two_peers wire;
        failure const sent{code, "no such thing"};
        ASSERT_TRUE(wire.acceptor_methods.add(
            id, [&](rpc::request const&, rpc::responder to) { answer_failure(to, sent); }));
        outcome got;
        slice none{};
        ASSERT_TRUE(wire.dialer->call(id, {&none, 1}, note(got)).has_value());
        wire.run();
        EXPECT_EQ(static_cast<int>(got.code), static_cast<int>(code) + 1);
        EXPECT_EQ(read_failure(got.code, as_bytes(got.body)), sent);
    }
}

TEST(failure, is_read_from_plain_text_too) {
    using rpc::status;
    EXPECT_EQ(read_failure(status::system_error, as_bytes("plain io error")),
              (failure{failure_code::system, "plain io error"}));
    EXPECT_EQ(read_failure(status::method_not_found, {}), (failure{failure_code::not_found, ""}));
    EXPECT_EQ(read_failure(status::failed, as_bytes("\xff\xfe")),
              (failure{failure_code::fail, ""}));
    // A structured error of another status is text.
    EXPECT_EQ(read_failure(status::system_error, as_bytes("\x02\x01x")),
              (failure{failure_code::system, "\x02\x01x"}));
    EXPECT_EQ(read_failure(status::system_error, as_bytes("\x01\x01x")),
              (failure{failure_code::system, "x"}));
}

}  // namespace
}  // namespace trunkline::typed
