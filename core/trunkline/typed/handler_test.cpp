#include <trunkline/typed/handler.hpp>

#include <trunkline/rpc/testing.hpp>

#include <gtest/gtest.h>

namespace trunkline::typed {
namespace {

using rpc::testing::note;
using rpc::testing::outcome;
using rpc::testing::two_peers;

struct sum_request {
    std::vector<std::uint32_t> numbers;
    static constexpr auto fields() { return std::tuple(&sum_request::numbers); }
};
struct sum_response {
    std::uint64_t sum = 0;
    static constexpr auto fields() { return std::tuple(&sum_response::sum); }
};
struct nothing {
    static constexpr auto fields() { return std::tuple(); }
};

constexpr method<sum_request, sum_response> sum{"sum"};
constexpr method<nothing, sum_response> zero{"zero"};
static_assert(sum.id == rpc::method_id("sum"));

void add_sums(rpc::dispatcher& methods, bitcode_limits const& limits = {}) {
    ASSERT_TRUE(add(
        methods, sum,
        [](sum_request const& request, reply<sum_response> answer) {
            sum_response made;
            for (std::uint32_t const each : request.numbers) {
                made.sum += each;
            }
            answer(made);
        },
        limits));
    ASSERT_TRUE(add(methods, zero,
                    [](nothing const&, reply<sum_response> answer) { answer(sum_response{}); }));
    ASSERT_FALSE(add(methods, zero, [](nothing const&, reply<sum_response>) {}));
}

outcome call(two_peers& wire, std::uint64_t id, bytes_view arguments) {
    outcome got;
    slice piece{arguments, {}};
    EXPECT_TRUE(wire.dialer->call(id, {&piece, 1}, note(got)).has_value());
    wire.run();
    EXPECT_TRUE(got.done);
    return got;
}

TEST(typed_method, answers_with_the_encoded_response) {
    two_peers wire;
    add_sums(wire.acceptor_methods);
    auto const arguments = bitcode::encode(sum_request{{1, 2, 70000}}).to_vector();
    outcome const got = call(wire, sum.id, arguments);
    EXPECT_EQ(got.code, rpc::status::success);
    EXPECT_EQ((*bitcode::decode<sum_response>(as_bytes(got.body)))->sum, 70003U);
}

TEST(typed_method, refuses_arguments_that_cannot_be_decoded) {
    two_peers wire;
    add_sums(wire.acceptor_methods, {.list_elements_max = 3});
    outcome const damaged = call(wire, sum.id, as_bytes("\x02"));
    EXPECT_EQ(damaged.code, rpc::status::system_error);
    EXPECT_EQ(damaged.body, "bitcode error");
    auto const four = bitcode::encode(sum_request{{1, 2, 3, 4}}).to_vector();
    EXPECT_EQ(call(wire, sum.id, four).body, "A list has more elements than the server's limit.");
}

TEST(typed_method, unpacks_within_what_the_connection_may_hold) {
    session_limits limits;
    limits.held_size_max = 100'000;
    limits.message_size_max = 50'000;
    two_peers wire(frame::layout::b, limits);
    add_sums(wire.acceptor_methods);
    auto const small = bitcode::encode(sum_request{std::vector<std::uint32_t>(10'000)}).to_vector();
    EXPECT_EQ(call(wire, sum.id, small).code, rpc::status::success);
    auto const large = bitcode::encode(sum_request{std::vector<std::uint32_t>(30'000)}).to_vector();
    EXPECT_EQ(call(wire, sum.id, large).body,
              "The unpacked arguments are larger than the server's limit.");
}

TEST(typed_method, without_fields_ignores_its_arguments) {
    two_peers wire;
    add_sums(wire.acceptor_methods);
    for (std::string_view const arguments : {"", "\x01", "anything at all"}) {
        EXPECT_EQ(call(wire, zero.id, as_bytes(arguments)).code, rpc::status::success);
    }
}

}  // namespace
}  // namespace trunkline::typed
