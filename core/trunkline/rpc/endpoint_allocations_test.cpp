// The steady state of a server allocates nothing: counted by replacing operator new for this
// program.
#include <trunkline/rpc/endpoint.hpp>

#include <trunkline/rpc/testing.hpp>
#include <trunkline/rpc/wire_text.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
}

// Not inlined, or g++ 12 sees only one half of a pair and warns of a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* const at = std::malloc(size == 0 ? 1 : size)) {
        return at;
    }
    throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete(void* at) noexcept {
    std::free(at);
}

[[gnu::noinline]] void operator delete(void* at, std::size_t) noexcept {
    std::free(at);
}

namespace trunkline::rpc {
namespace {

using namespace testing;

constexpr std::uint64_t echo = 1;
constexpr std::uint64_t large = 2;

class allocations_of : public ::testing::TestWithParam<frame::layout> {
protected:
    dispatcher methods;
    std::string value = std::string(300'000, 'v');
    byte_string calls;

    void SetUp() override {
        ASSERT_TRUE(methods.add(echo, [](request const& asked, responder answer) {
            answer.success({asked.arguments, {}});
        }));
        ASSERT_TRUE(methods.add(large, [this](request const&, responder answer) {
            answer.success({as_bytes(value), pin(this, [](void*) noexcept {})});
        }));
        wire_text const wire(GetParam());
        for (std::uint32_t i = 0; i < 12; ++i) {
            calls = calls + wire.call(i, i % 6 == 0 ? large : echo, "a key");
        }
    }

    // One batch of reads and the writes that it makes.
    void exchange(session& with) const {
        bytes_view rest(calls);
        while (!rest.empty()) {
            rest = rest.subspan(with.receive(rest, true, 0).value());
            send(with);
        }
        (void)with.settle();
        send(with);
    }

    static void send(session& with) {
        std::array<out_segment, 64> segments;
        while (!with.output().empty()) {
            std::size_t const count = with.output().peek(segments);
            std::size_t size = 0;
            for (std::size_t i = 0; i < count; ++i) {
                size += segments[i].bytes.size();
            }
            with.output().consume(size);
        }
    }
};

INSTANTIATE_TEST_SUITE_P(both_layouts, allocations_of,
                         ::testing::Values(frame::layout::a, frame::layout::b));

TEST_P(allocations_of, unary_calls_on_a_warm_server_are_none) {
    endpoint server({}, methods, test_clock, nullptr);
    for (int i = 0; i < 3; ++i) {
        exchange(server.protocol());
    }
    std::size_t const before = allocations;
    for (int i = 0; i < 50; ++i) {
        exchange(server.protocol());
    }
    EXPECT_EQ(allocations, before);
    EXPECT_EQ(server.protocol().counters().requests_received, 12u * 53);
}

}  // namespace
}  // namespace trunkline::rpc
