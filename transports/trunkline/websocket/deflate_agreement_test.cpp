#include <trunkline/websocket/deflate_agreement.hpp>

#include <trunkline/websocket/upgrade.hpp>
#include <trunkline/websocket/upgrade_key.hpp>
#include <trunkline/websocket/ws_url.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace trunkline::websocket {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string const both(deflate_offer);

/// The answer to an offer, "" when it is declined, "malformed" when it cannot be read.
std::string answer_to(std::string_view offers) {
    auto const made = choose_deflate(offers);
    if (made) {
        EXPECT_EQ(made->answer.empty(), !made->agreed);
    }
    return made ? made->answer : "malformed";
}

TEST(choose_deflate, takes_the_first_sound_offer) {
    EXPECT_EQ(answer_to(both), both);
    EXPECT_EQ(answer_to("permessage-deflate"), both);
    EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits"), both);
    EXPECT_EQ(answer_to("permessage-deflate; client_max_window_bits=8"), both);
    EXPECT_EQ(answer_to("Permessage-Deflate ;\tSERVER_no_context_takeover"), both);
    EXPECT_EQ(answer_to("x-other; a=1; b=\"2\", permessage-deflate"), both);
    EXPECT_EQ(answer_to(", ,permessage-deflate,,"), both);
    EXPECT_EQ(answer_to(""), "");
    EXPECT_EQ(answer_to("x-webkit-deflate-frame"), "");
    // Declined ones are passed over.
    EXPECT_EQ(answer_to("permessage-deflate; unknown, permessage-deflate"), both);
    EXPECT_EQ(answer_to("permessage-deflate; server_max_window_bits=10, permessage-deflate"),
              both + "; server_max_window_bits=10");
}

TEST(choose_deflate, keeps_to_the_window_that_is_asked_for) {
    for (unsigned bits = 8; bits <= 15; ++bits) {
        auto const text = std::to_string(bits);
        for (std::string const& value : {text, "\"" + text + "\"", "\"\\" + text + "\""}) {
            auto const made = choose_deflate("permessage-deflate; server_max_window_bits=" + value);
            ASSERT_TRUE(made) << value;
            EXPECT_EQ(made->agreed.window_bits, bits);
            EXPECT_EQ(made->answer, both + "; server_max_window_bits=" + text);
        }
    }
}

TEST(choose_deflate, declines_what_is_wrong) {
    for (std::string const parameters :
         {"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
          "server_max_window_bits=08", "server_max_window_bits=0", "server_max_window_bits=1e1",
          "server_max_window_bits=-9", "client_max_window_bits=7", "client_max_window_bits=015",
          "server_no_context_takeover=1", "client_no_context_takeover=true",
          "server_no_context_takeover; server_no_context_takeover",
          "client_no_context_takeover; Client_No_Context_Takeover",
          "client_max_window_bits; client_max_window_bits=9",
          "server_max_window_bits=9; server_max_window_bits=9", "other", "other=1"}) {
        EXPECT_EQ(answer_to("permessage-deflate; " + parameters), "") << parameters;
    }
}

TEST(choose_deflate, knows_the_form_of_the_field) {
    for (std::string const value :
         {";", "=", "permessage-deflate;", "permessage-deflate; ;",
          "permessage-deflate; a=", "permessage-deflate; a=\"", "permessage-deflate; a=\"\"",
          "permessage-deflate; a=\"b c\"", "permessage-deflate; a=\" b\"",
          "permessage-deflate; a=\"b\\", "permessage-deflate other", "permessage-deflate; a b",
          "permessage-deflate; a=b c", "(x)", "a/b", "\x80", "permessage-deflate, ="}) {
        EXPECT_EQ(answer_to(value), "malformed") << value;
    }
}

TEST(read_deflate_answer, takes_what_was_offered) {
    deflate_agreement const whole{.window_bits = 15};
    EXPECT_EQ(read_deflate_answer(both), whole);
    EXPECT_EQ(read_deflate_answer("permessage-deflate; server_no_context_takeover"), whole);
    EXPECT_EQ(read_deflate_answer(both + "; server_max_window_bits=9"), whole);
    for (std::string const answer :
         {"", "permessage-deflate", "permessage-deflate; client_no_context_takeover", "x-other",
          "permessage-deflate; server_no_context_takeover; unknown"}) {
        EXPECT_FALSE(read_deflate_answer(answer)) << answer;
    }
    EXPECT_FALSE(read_deflate_answer(both + ", " + both));
    EXPECT_FALSE(read_deflate_answer(both + "; client_max_window_bits=15"));
    EXPECT_FALSE(read_deflate_answer(both + "; server_max_window_bits"));
    EXPECT_FALSE(read_deflate_answer(both + "; server_max_window_bits=16"));
    EXPECT_FALSE(read_deflate_answer(both + ";"));
}

std::array<std::byte, 16> const key{};

std::string ask(bool deflate) {
    return client_upgrade(*parse_ws_url("ws://x/ws"), key, deflate).request();
}

struct served {
    upgrade_state state;
    std::string response;
    deflate_agreement agreed;
};

served serve(std::string const& request, bool deflate) {
    upgrade_options options;
    options.deflate = deflate;
    options.send_date = false;
    server_upgrade upgrade(options);
    bytes_view input = as_bytes(request);
    auto const state = upgrade.feed(input, {}, 0);
    return {state, upgrade.response(), upgrade.deflate()};
}

TEST(upgrade_with_deflate, agrees_where_both_sides_want_it) {
    for (bool const offered : {false, true}) {
        for (bool const accepted : {false, true}) {
            auto const made = serve(ask(offered), accepted);
            ASSERT_EQ(made.state, upgrade_state::accepted);
            bool const agreed = offered && accepted;
            EXPECT_EQ(static_cast<bool>(made.agreed), agreed);
            client_upgrade client(*parse_ws_url("ws://x/ws"), key, offered);
            bytes_view input = as_bytes(made.response);
            EXPECT_EQ(client.feed(input, {}), upgrade_state::accepted);
            EXPECT_EQ(static_cast<bool>(client.deflate()), agreed);
            if (!agreed) {
                EXPECT_EQ(made.response, serve(ask(false), false).response);
            }
        }
    }
    EXPECT_THAT(ask(false), Not(HasSubstr("xtensions")));
}

TEST(upgrade_with_deflate, joins_the_lines_of_the_field) {
    auto request = ask(false);
    request.insert(request.find("\r\n") + 2,
                   "Sec-WebSocket-Extensions: x-other\r\n"
                   "sec-websocket-extensions: permessage-deflate; server_max_window_bits=9\r\n");
    auto const made = serve(request, true);
    EXPECT_EQ(made.agreed.window_bits, 9);
    EXPECT_THAT(made.response, HasSubstr("\r\nsec-websocket-extensions: " + both +
                                         "; server_max_window_bits=9\r\n"));
}

TEST(upgrade_with_deflate, refuses_what_cannot_be_read) {
    auto request = ask(false);
    request.insert(request.find("\r\n") + 2,
                   "Sec-WebSocket-Extensions: permessage-deflate; a=\r\n");
    EXPECT_THAT(serve(request, true).response, HasSubstr(" 400 "));
    EXPECT_EQ(serve(request, false).state, upgrade_state::accepted);
}

TEST(upgrade_with_deflate, a_client_takes_no_other_answer) {
    auto const response = serve(ask(true), true).response;
    auto const judge = [&](std::string const& from, std::string const& to, bool offered) {
        std::string changed = response;
        changed.replace(changed.find(from), from.size(), to);
        client_upgrade client(*parse_ws_url("ws://x/ws"), key, offered);
        bytes_view input = as_bytes(changed);
        EXPECT_EQ(client.feed(input, {}), upgrade_state::refused) << to;
        return client.error();
    };
    EXPECT_EQ(judge("server_no", "server_no", false), upgrade_error::unasked_extension);
    EXPECT_EQ(judge("server_no_context_takeover; ", "", true), upgrade_error::unasked_extension);
    EXPECT_EQ(judge("permessage", "x", true), upgrade_error::unasked_extension);
    EXPECT_EQ(judge("client_no_context_takeover", "client_max_window_bits=9", true),
              upgrade_error::unasked_extension);
}

}  // namespace
}  // namespace trunkline::websocket
