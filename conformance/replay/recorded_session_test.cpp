#include <replay/recorded_session.hpp>
#include <replay/vector_set.hpp>

#include <gtest/gtest.h>

#include <fstream>

namespace trunkline::replay {
namespace {

recorded_session session_of(std::string_view lines) {
    auto const file = std::filesystem::path(::testing::TempDir()) / "session.jsonl";
    std::ofstream(file) << lines;
    auto session = read_session(file);
    std::filesystem::remove(file);
    return session;
}

constexpr std::string_view head =
    R"({"meta":{"server":"simd-r-drive-ws-server 0.16.3-alpha","rev":"A","server_rev":"B"}})"
    "\n";

std::string frame(std::string_view kind, std::string_view payload, bool fin, bool masked = true) {
    return R"({"t":1.5,"dir":"c2s","rsv":0,"ws":")" + std::string(kind) + R"(","payload":")" +
           std::string(payload) + R"(","fin":)" + (fin ? "1" : "0") + R"(,"masked":)" +
           (masked ? "1" : "0") + "}\n";
}

TEST(recorded_session, the_first_line_says_who_spoke) {
    auto const session = session_of(head);
    EXPECT_EQ(session.who, cast::store_server);
    EXPECT_EQ(session.client_layout, frame::layout::a);
    EXPECT_EQ(session.server_layout, frame::layout::b);
    EXPECT_EQ(server_release(session), (release{0, 16, 3}));
    EXPECT_THROW((void)session_of(R"({"meta":{"rev":"A"}})"), std::runtime_error);
}

TEST(recorded_session, fragments_are_joined_and_violations_end_it) {
    auto const session =
        session_of(std::string(head) + frame("binary", "01", false) + frame("ping", "", true) +
                   frame("continuation", "02", true) + frame("text", "41", true) +
                   frame("binary", "03", true) + frame("binary", "04", true, false) +
                   frame("binary", "05", true));
    auto const messages = binary_messages(session, 0);
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(to_hex(messages[0].bytes), "0102");
    EXPECT_EQ(to_hex(messages[1].bytes), "03");
    EXPECT_EQ(messages[0].at, std::chrono::milliseconds(1500));
}

TEST(recorded_session, every_session_of_the_set_can_be_read) {
    check_sessions([](auto const&) { return true; },
                   [](recorded_session const& each) { EXPECT_GT(each.connections(), 0U); });
}

}  // namespace
}  // namespace trunkline::replay
