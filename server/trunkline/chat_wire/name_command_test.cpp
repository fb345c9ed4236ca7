#include <trunkline/chat_wire/name_command.hpp>

#include <gtest/gtest.h>

namespace trunkline::chat_wire {
namespace {

TEST(name_command, asks_for_a_name) {
    struct {
        std::string_view text;
        std::optional<std::string_view> name;
    } const cases[] = {
        {"/name Bob", "Bob"},
        {"/name    Ann  Lee  ", "Ann  Lee"},
        {"/name /name Zed", "Zed"},
        {"/name /name ", ""},
        {"/name  /name Zed", "/name Zed"},
        {"/name ", ""},
        {"/name  ", ""},
        {"/name \tTab\r\n", "Tab"},
        {"/name \xc2\xa0\xe3\x80\x80Wide\xe2\x80\xa8", "Wide"},
        {"/name \xe2\x80\x8bzero width\xe2\x80\x8b", "\xe2\x80\x8bzero width\xe2\x80\x8b"},
        {"/name \xc3\x85", "\xc3\x85"},  // its last byte ends a blank, too
        {"/name", std::nullopt},
        {"/name\tX", std::nullopt},
        {"/Name q", std::nullopt},
        {" /name q", std::nullopt},
        {"/names q", std::nullopt},
        {"", std::nullopt},
        {"hello /name q", std::nullopt},
    };
    for (auto const& each : cases) {
        EXPECT_EQ(asked_name(each.text), each.name) << each.text;
    }
}

}  // namespace
}  // namespace trunkline::chat_wire
