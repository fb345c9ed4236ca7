// How long what came lives: as long as its owner, whatever becomes of who brought it.
#include <trunkline/peer/received.hpp>

#include <trunkline/peer/test_world.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace trunkline {
namespace {

using namespace testing;

struct views {
    std::vector<std::string_view> values;
    static constexpr auto fields() { return std::tuple(&views::values); }
};
constexpr typed::method<views, views> repeat{"repeat"};
constexpr typed::method<text, number> refuse{"refuse"};

TEST(received, keeps_the_bytes_of_views_only) {
    auto const bytes = bitcode::encode(text{std::string(100, 'x')}).to_vector();
    struct view {
        std::string_view value;
        static constexpr auto fields() { return std::tuple(&view::value); }
    };
    std::optional<received<view>> viewed;
    std::optional<received<text>> owned;
    {
        std::vector<std::byte> gone = bytes;
        viewed.emplace(received<view>::copy_of(gone).value());
        owned.emplace(received<text>::copy_of(gone).value());
        std::ranges::fill(gone, std::byte{'y'});
    }
    auto const moved = std::move(*viewed);
    EXPECT_EQ(moved->value, std::string(100, 'x'));
    EXPECT_EQ((*owned)->value, std::string(100, 'x'));
    EXPECT_FALSE(received<view>::copy_of(bytes_view(bytes).first(50)).has_value());
    EXPECT_FALSE(received<text>::taken({bytes.begin(), bytes.begin() + 50}).has_value());
}

class answers : public over_transports {};
INSTANTIATE_TEST_SUITE_P(over, answers, ::testing::Values("memory", "websocket"),
                         [](auto const& each) { return each.param; });

/// Some that are packed, some that are not.
std::vector<std::string> values_of(int seed) {
    std::vector<std::string> made;
    for (int i = 0; i < 40; ++i) {
        made.emplace_back(static_cast<std::size_t>(i * 17 % 300),
                          static_cast<char>('a' + (seed + i) % 3));
        made.push_back(std::to_string(seed * 7919 + i));
    }
    return made;
}

views views_of(std::vector<std::string> const& values) {
    return {{values.begin(), values.end()}};
}

TEST_P(answers, outlive_the_client_the_server_and_their_threads) {
    std::vector<received<views>> kept;
    {
        auto const server =
            a_server().handle(repeat, [](views const& asked) { return asked; }).start().value();
        auto const client = a_client(server).connect().value();
        for (int i = 0; i < 30; ++i) {
            auto const said = values_of(i);
            kept.push_back(client.call(repeat, views_of(said)).value());
        }
    }
    for (int i = 0; i < 30; ++i) {
        EXPECT_TRUE(std::ranges::equal(kept[static_cast<std::size_t>(i)]->values, values_of(i)));
    }
    std::thread([gone = std::exchange(kept, {})] {
        EXPECT_TRUE(std::ranges::equal(gone.back()->values, values_of(29)));
    }).join();
}

TEST_P(answers, do_not_meet_in_memory_that_is_used_again) {
    auto const server = a_server()
                            .threads(2)
                            .handle(repeat, [](views const& asked) { return asked; })
                            .start()
                            .value();
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 3; ++caller) {
        callers.emplace_back([&, caller] {
            auto const client = a_client(server).connect().value();
            std::vector<std::pair<int, received<views>>> kept;
            for (int i = 0; i < 60; ++i) {
                int const seed = caller * 1000 + i;
                auto const said = values_of(seed);
                kept.emplace_back(seed, client.call(repeat, views_of(said)).value());
                if (i % 3 == 0) {
                    kept.erase(kept.begin());
                }
            }
            for (auto const& [seed, answer] : kept) {
                EXPECT_TRUE(std::ranges::equal(answer->values, values_of(seed))) << seed;
            }
        });
    }
    for (std::thread& each : callers) {
        each.join();
    }
}

// A request that a handler keeps, on the loop and on a pool, is its own.
TEST_P(answers, requests_that_a_handler_keeps_are_its_own) {
    seen<std::shared_ptr<received<views>>> kept;
    {
        auto const server =
            a_server()
                .handle(repeat,
                        [&](received<views> asked, call_context) -> boost::asio::awaitable<views> {
                            auto const held = std::make_shared<received<views>>(std::move(asked));
                            kept.add(held);
                            co_return **held;
                        })
                .start()
                .value();
        auto const client = a_client(server).connect().value();
        for (int i = 0; i < 20; ++i) {
            auto const said = values_of(i);
            EXPECT_TRUE(client.call(repeat, views_of(said)).has_value());
        }
    }
    auto const all = kept.wait_for(20);
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(
            std::ranges::equal((*all.at(static_cast<std::size_t>(i)))->values, values_of(i)));
    }
}

TEST_P(answers, come_after_handlers_that_throw) {
    auto const server = a_server()
                            .handle(refuse,
                                    [](text const& said) -> number {
                                        if (said.value.size() % 2 == 1) {
                                            throw std::runtime_error("odd: " + said.value);
                                        }
                                        return {said.value.size()};
                                    })
                            .start()
                            .value();
    auto const client = a_client(server).connect().value();
    for (std::size_t i = 0; i < 50; ++i) {
        auto const answer = client.call(refuse, {std::string(100 + i, 'x')});
        EXPECT_EQ(answer.has_value(), i % 2 == 0);
        if (answer) {
            EXPECT_EQ((*answer)->value, 100 + i);
        }
    }
}

}  // namespace
}  // namespace trunkline
