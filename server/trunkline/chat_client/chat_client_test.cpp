// The client against a server that says what a test tells it to.
#include <trunkline/chat_client/chat_client.hpp>

#include <trunkline/chat_wire/testing.hpp>
#include <trunkline/transport/error.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/socket_address.hpp>
#include <trunkline/transport/tcp_listen.hpp>
#include <trunkline/websocket/ws_listener.hpp>

#include <boost/asio/error.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <string>
#include <vector>

namespace trunkline::chat_client {
namespace {

using chat_wire::message_type;
using chat_wire::testing::encoded;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using transport::file_descriptor;
using websocket::message_kind;
using namespace std::chrono_literals;

std::string json_of(std::string_view content) {
    return encoded(chat_wire::json_message{.username = "System",
                                           .content = content,
                                           .time_of_day = "00:00:00",
                                           .type = message_type::system});
}

// Greets, and notes what it hears.
class played_server {
public:
    explicit played_server(transport::asio_runtime& loop) : shared_(loop) {
        auto sockets =
            transport::listen_tcp(*transport::socket_address::parse("127.0.0.1", 0), 1).value();
        websocket::listen_options options;
        options.path = "/";
        listener_.emplace(shared_, loop, std::move(sockets.front()), std::move(options));
        listener_->start([this](std::unique_ptr<transport::connection> made) {
            add(std::unique_ptr<websocket::connection>(
                static_cast<websocket::connection*>(made.release())));
        });
    }

    [[nodiscard]] std::string url() const {
        auto const at = listener_->endpoint();
        return at.substr(0, at.rfind('/')) + "/";
    }

    dialect speaks = dialect::json;
    std::function<void(message_link&, std::string const&)> on_said;
    std::vector<std::string> said;  // "1: hello" by the first client
    std::vector<std::uint16_t> closes;

private:
    void add(std::unique_ptr<websocket::connection> made) {
        auto const number = links_.size() + 1;
        auto& link = links_.emplace_back();
        link = std::make_unique<message_link>(
            shared_, std::move(made),
            message_link::told{.on_message =
                                   [this, number, &link](message_kind kind, bytes_view bytes) {
                                       std::string const text = words_of(kind, bytes);
                                       said.push_back(std::to_string(number) + ": " + text);
                                       if (on_said) {
                                           on_said(*link, text);
                                       }
                                   },
                               .on_drained = [] {},
                               .on_end =
                                   [this, &link](link_end const& how) {
                                       closes.push_back(how.code);
                                       link.reset();
                                   }});
        if (speaks == dialect::json) {
            link->send(message_kind::text, as_bytes(json_of("Welcome")));
        } else {
            link->send(message_kind::binary,
                       encoded({.id = 1,
                                .type = message_type::system,
                                .username = {},
                                .payload = as_bytes(std::string_view("Welcome"))}));
        }
    }

    static std::string words_of(message_kind kind, bytes_view bytes) {
        if (kind == message_kind::text) {
            return std::string(as_text(bytes));
        }
        auto const read = chat_wire::decode_binary(bytes, chat_wire::binary_layout::published);
        return read ? "binary " + std::string(as_text(read->message.payload)) : "garbage";
    }

    websocket::context shared_;
    std::optional<websocket::ws_listener> listener_;
    std::deque<std::unique_ptr<message_link>> links_;
};

struct chatting : ::testing::Test {
    chatting() {
        std::array<int, 2> made{};
        EXPECT_EQ(::pipe2(made.data(), O_CLOEXEC), 0);
        from = file_descriptor(made[0]);
        to = file_descriptor(made[1]);
    }

    void type(std::string_view lines) {
        ASSERT_EQ(::write(to.get(), lines.data(), lines.size()),
                  static_cast<ssize_t>(lines.size()));
    }

    chat_end chat(std::string url, std::optional<dialect> spoken = {}) {
        chat_client client(loop, {.url = std::move(url), .spoken = spoken, .input = from.get()},
                           {.show =
                                [this](heard const& what, std::string_view here) {
                                    shown.push_back(std::string(here) + "| " + what.text);
                                },
                            .hint = [this](std::string_view words) { hints.emplace_back(words); }});
        return client.run();
    }

    transport::asio_runtime loop;
    played_server server{loop};
    file_descriptor from;
    file_descriptor to;
    std::vector<std::string> shown;
    std::vector<std::string> hints;
};

TEST_F(chatting, what_is_typed_is_said_and_quit_ends_it) {
    type("hello\n/name Ann\n/quit\nnever said\n");
    auto const end = chat(server.url());
    EXPECT_EQ(end.words, "");
    EXPECT_FALSE(end.why);
    EXPECT_THAT(server.said, ElementsAre("1: hello", "1: /name Ann"));
    EXPECT_THAT(server.closes, ElementsAre(1000));
    EXPECT_THAT(shown, ElementsAre("general| Welcome"));
}

TEST_F(chatting, the_protocol_shows_in_the_first_message) {
    server.speaks = dialect::binary;
    type("hello\n/room tea\nthere\n");
    to.reset();
    EXPECT_EQ(chat(server.url()).words, "");
    EXPECT_THAT(server.said, ElementsAre("1: binary hello", "1: binary ", "1: binary there"));
}

TEST_F(chatting, the_end_of_what_is_typed_ends_it_once_all_was_said) {
    std::string const large(100'000, 'x');
    std::string lines;
    for (int i = 0; i < 20; ++i) {
        lines += large + "\n";
    }
    auto* const file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(std::fwrite(lines.data(), 1, lines.size(), file), lines.size());
    std::rewind(file);
    from = file_descriptor(::dup(::fileno(file)));
    std::fclose(file);
    EXPECT_EQ(chat(server.url()).words, "");
    ASSERT_EQ(server.said.size(), 20U);
    EXPECT_EQ(server.said.back(), "1: " + large);
    EXPECT_THAT(server.closes, ElementsAre(1000));
}

TEST_F(chatting, another_room_is_another_connection_where_that_must_be) {
    type("/name Ann\nhere\n/room tea\nthere\n/quit\n");
    EXPECT_EQ(chat(server.url()).words, "");
    EXPECT_THAT(server.said, ElementsAre("1: /name Ann", "1: here", "2: /name Ann", "2: there"));
    EXPECT_THAT(shown, ElementsAre("general| Welcome", "tea| Welcome"));
}

TEST_F(chatting, a_server_that_closes_is_told_of) {
    server.on_said = [](message_link& link, std::string const&) { link.close(); };
    type("hello\n");
    auto const end = chat(server.url());
    EXPECT_TRUE(end.was_connected);
    EXPECT_EQ(end.words, "the server has closed the connection");
}

TEST_F(chatting, a_server_that_is_not_there_is_told_of) {
    auto const nobody = [this] {
        played_server const gone(loop);
        return gone.url();
    }();
    auto const end = chat(nobody);
    EXPECT_FALSE(end.was_connected);
    EXPECT_EQ(end.why, boost::asio::error::connection_refused);
    EXPECT_THAT(end.words, HasSubstr(nobody));
}

TEST_F(chatting, an_url_of_another_kind_is_refused) {
    EXPECT_EQ(chat("http://127.0.0.1:1/").why, transport::transport_error::invalid_endpoint);
    EXPECT_EQ(chat("wss://127.0.0.1:1/").why, transport::transport_error::invalid_endpoint);
}

}  // namespace
}  // namespace trunkline::chat_client
