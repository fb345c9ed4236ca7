#include <trunkline/chat/page.hpp>

#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/json/parse.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace trunkline::chat {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Takes what is said, and forgets it.
struct listener final : rooms::member {
    std::size_t offer(std::span<rooms::shared_message const> messages) override {
        return messages.size();
    }
    void on_overflow() override {}
    rooms::shared_message tell_missed(rooms::room const&, rooms::missed_messages const&) override {
        return {};
    }
    void on_open() override {}
    rooms::membership seat;
};

struct pages : ::testing::Test {
    void join(std::string_view room, std::uint64_t number, std::string_view name = {}) {
        auto& one = people.emplace_back(std::make_unique<listener>());
        static_cast<void>(one->seat.join(shard, at.hall.open(room), *one, number, name));
    }
    boost::json::value told(std::string_view target) {
        auto const page = page_at(at, target);
        EXPECT_TRUE(page.has_value()) << target;
        EXPECT_EQ(page->type, "application/json");
        return boost::json::parse(page->text);
    }
    static boost::json::value parsed(std::string_view text) { return boost::json::parse(text); }

    transport::simulated_runtime loop;
    logging::journal log{logging::level_table(logging::level::error), logging::line_format::text};
    chat_options options;
    house at{options, log};
    rooms::shard shard{loop};
    std::vector<std::unique_ptr<listener>> people;
};

TEST_F(pages, the_page_is_whole_and_needs_nothing_from_elsewhere) {
    for (std::string_view const target : {"/", "/?room=tea"}) {
        auto const page = page_at(at, target);
        ASSERT_TRUE(page.has_value());
        EXPECT_EQ(page->type, "text/html");
        EXPECT_THAT(page->text, ::testing::StartsWith("<!doctype html>"));
        EXPECT_THAT(page->text, ::testing::EndsWith("</html>\n"));
        EXPECT_THAT(page->text, Not(HasSubstr("src=")));
        EXPECT_THAT(page->text, HasSubstr("default-src 'none'"));
    }
    EXPECT_FALSE(page_at(at, "/other"));
    EXPECT_FALSE(page_at(at, "/rooms/"));
    EXPECT_FALSE(page_at(at, ""));
}

TEST_F(pages, rooms_are_listed_with_how_many_are_there) {
    EXPECT_EQ(told("/rooms"), parsed(R"({"rooms":[]})"));
    join("tea", 1);
    join("general", 2);
    join("tea", 3);
    EXPECT_EQ(told("/rooms"), parsed(R"({"rooms":[{"name":"general","members":1},)"
                                     R"({"name":"tea","members":2}]})"));
}

TEST_F(pages, people_are_listed_by_name) {
    join("tea time", 1);
    join("tea time", 7, "Ann \"A\"");
    EXPECT_EQ(told("/people?room=tea%20time"),
              parsed(R"({"room":"tea time","members":2,"people":[{"name":"user_1","number":1},)"
                     R"({"name":"Ann \"A\"","number":7}],"next":null})"));
    EXPECT_EQ(told("/people"), parsed(R"({"room":"general","members":0,"people":[],"next":null})"));
}

TEST_F(pages, many_people_come_in_pages) {
    for (std::uint64_t number = 1; number <= listed_max + 5; ++number) {
        join("general", number);
    }
    auto const first = told("/people");
    EXPECT_EQ(first.at("members"), listed_max + 5);
    EXPECT_EQ(first.at("people").as_array().size(), listed_max);
    auto const next = first.at("next").to_number<std::uint64_t>();
    auto const rest = told("/people?room=general&after=" + std::to_string(next));
    EXPECT_EQ(rest.at("people").as_array().size(), 5U);
    EXPECT_TRUE(rest.at("next").is_null());
}

}  // namespace
}  // namespace trunkline::chat
