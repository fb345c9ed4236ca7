// Part of every test program that ctest runs once more with the other readiness_set (the entries
// that end in ".async_wait"): takes the place of readiness_default.cpp there.
#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/readiness_set.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

namespace trunkline::transport {
namespace {

std::string_view name_asked_for() {
    char const* const name = std::getenv("TRUNKLINE_TEST_READINESS");
    return name == nullptr ? "epoll" : name;
}

}  // namespace

result<std::unique_ptr<readiness_set>> make_readiness_set(boost::asio::io_context& context) {
    return name_asked_for() == "async_wait" ? make_async_readiness_set(context)
                                            : make_epoll_readiness_set(context);
}

namespace {

TEST(readiness_default, is_what_this_run_asks_for) {
    asio_runtime loop;
    EXPECT_EQ(loop.readiness().name(), name_asked_for());
}

}  // namespace
}  // namespace trunkline::transport
