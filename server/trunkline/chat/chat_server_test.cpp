// The whole server in one process, on threads and sockets.
#include <trunkline/chat/chat_server.hpp>

#include <trunkline/chat/settings.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/test_support/ws_client.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace trunkline::chat {
namespace {

using test_support::ws_client;
using test_support::ws_frame;

/// Runs until it is destroyed.
class started_chat {
public:
    explicit started_chat(chat_options options)
        : options_(settled(std::move(options))),
          log_(logging::level_table(logging::level::error), logging::line_format::text),
          server_(options_, log_) {
        EXPECT_TRUE(server_.listen().has_value());
        thread_ = std::thread([this] { EXPECT_TRUE(server_.run().has_value()); });
    }
    ~started_chat() {
        server_.request_stop();
        thread_.join();
    }
    started_chat(started_chat const&) = delete;
    started_chat& operator=(started_chat const&) = delete;

    [[nodiscard]] std::unique_ptr<ws_client> connect(std::string const& target = "/") const {
        return std::make_unique<ws_client>("127.0.0.1", server_.port(), target);
    }

private:
    static chat_options settled(chat_options options) {
        options.port = 0;
        EXPECT_EQ(settle(options, {.cores = 1, .descriptors = 1000}), "");
        return options;
    }

    chat_options const options_;
    logging::journal log_;
    chat_server server_;
    std::thread thread_;
};

struct heard_message {
    std::uint64_t id;
    std::string text;
    friend bool operator==(heard_message const&, heard_message const&) = default;
};

heard_message hear(ws_client& by) {
    ws_frame const frame = by.receive();
    auto const read =
        chat_wire::decode_binary(as_bytes(frame.payload), chat_wire::binary_layout::published);
    EXPECT_TRUE(read.has_value());
    return read ? heard_message{read->message.id, std::string(as_text(read->message.payload))}
                : heard_message{};
}

// Threads share nothing but rooms: whoever is on which, all hear the same in one order.
TEST(chat_server, gives_all_members_on_all_threads_one_order) {
    chat_options options;
    options.threads = 3;
    started_chat const chat(options);
    constexpr std::size_t people_count = 12;
    constexpr int messages = 50;
    std::vector<std::unique_ptr<ws_client>> people;
    for (std::size_t i = 0; i < people_count; ++i) {
        people.push_back(chat.connect());
        EXPECT_TRUE(hear(*people.back()).text.starts_with("Welcome user_"));
        for (auto const& each : people) {
            EXPECT_TRUE(hear(*each).text.ends_with(" joined"));
        }
    }
    for (int i = 0; i < messages; ++i) {
        for (auto const& each : people) {
            each->send(test_support::ws_text, std::to_string(i));
        }
    }
    std::vector<heard_message> first;
    for (auto const& each : people) {
        std::vector<heard_message> all;
        for (std::size_t i = 0; i < people_count * messages; ++i) {
            all.push_back(hear(*each));
            ASSERT_TRUE(i == 0 || all[i - 1].id < all[i].id);
        }
        if (first.empty()) {
            first = all;
        }
        EXPECT_EQ(all, first);
    }
}

// On sockets an idle connection is a descriptor: what is said goes out from there.
TEST(chat_server, reaches_members_that_are_folded) {
    chat_options options;
    options.threads = 2;
    options.times.fold_after = std::chrono::milliseconds(0);
    started_chat const chat(options);
    auto const ann = chat.connect("/?room=tea");
    auto const bob = chat.connect("/?room=tea");
    for (int i = 0; i < 3; ++i) {
        std::ignore = hear(*ann);  // its welcome, and both notices
    }
    std::ignore = hear(*bob);
    std::ignore = hear(*bob);
    for (int i = 0; i < 200; ++i) {
        std::string const text = std::string(static_cast<std::size_t>(i) * 100, 'x');
        (i % 2 == 0 ? ann : bob)->send(test_support::ws_text, text);
        EXPECT_EQ(hear(*ann).text, text);
        EXPECT_EQ(hear(*bob).text, text);
    }
    ann->send(test_support::ws_text, std::string(5'000'000, 'y'));
    EXPECT_EQ(hear(*bob).text.size(), 5'000'000U);
    EXPECT_EQ(hear(*ann).text.size(), 5'000'000U);
    EXPECT_EQ(bob->close(1000).close_code(), 1000);
    EXPECT_EQ(hear(*ann).text, "user_2 left");
}

TEST(chat_server, refuses_more_connections_than_it_may_have) {
    chat_options options;
    options.connections_max = 1;
    started_chat const chat(options);
    auto const one = chat.connect();
    EXPECT_THROW(std::ignore = chat.connect(), std::runtime_error);
    EXPECT_TRUE(hear(*one).text.starts_with("Welcome"));
}

}  // namespace
}  // namespace trunkline::chat
