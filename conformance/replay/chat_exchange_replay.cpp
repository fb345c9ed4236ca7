// What the published chat servers were heard to answer, step by step, and what ours answers to the
// same (conformance/vectors/chat).
#include <replay/vector_set.hpp>

#include <stage/staged_chat.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace trunkline::replay {
namespace {

using namespace std::chrono_literals;
using stage::chat_person;
using stage::received_frame;
using stage::staged_chat;

std::string string_at(json::object const& in, std::string_view key) {
    return std::string(in.at(key).as_string());
}

/// Where a binary message has its time: eight bytes before the length of `general`.
constexpr std::size_t binary_time_from_end = 8 + 8 + 7;

/// The payload without the moment at which it was said.
std::string without_time(std::uint8_t code, std::string payload) {
    if (code == stage::op_binary && payload.size() > binary_time_from_end) {
        payload.replace(payload.size() - binary_time_from_end, 8, 8, '\0');
    }
    constexpr std::string_view key = R"("timestamp":")";
    if (auto const at = payload.rfind(key); code == stage::op_text && at != std::string::npos) {
        payload.replace(at + key.size(), 8, "HH:MM:SS");
    }
    return payload;
}

/// As one line for comparing.
std::string line_of(std::uint8_t code, std::string const& payload) {
    return std::to_string(code) + " " + to_hex(as_bytes(without_time(code, payload)));
}

constexpr char const* end_of_stream = "end";

/// Plays one file, with one server, and compares what each connection gets in each step.
class exchange_player {
public:
    explicit exchange_player(std::string const& protocol) : chat_(options(protocol)) {}

    void play(record const& step) {
        SCOPED_TRACE(step.place);
        auto const expected = expected_of(step.fields);
        if (auto const* const send = step.fields.at("send").if_object()) {
            auto const payload = from_hex(string_at(*send, "payload_hex"));
            people_.at(string_at(*send, "conn"))
                ->send({.code = static_cast<std::uint8_t>(send->at("opcode").to_number<int>()),
                        .payload = payload});
        } else {
            come_or_go(step.fields, expected);
        }
        chat_.run_for(1s);
        for (auto& [name, person] : people_) {
            auto const found = expected.find(name);
            EXPECT_EQ(heard_by(*person, name),
                      found == expected.end() ? std::vector<std::string>() : found->second)
                << name;
        }
        count_record();
    }

private:
    using steps = std::map<std::string, std::vector<std::string>>;

    static chat::chat_options options(std::string const& protocol) {
        chat::chat_options made;
        made.protocol = protocol;
        return made;
    }

    static steps expected_of(json::object const& fields) {
        steps expected;
        for (json::value const& each : fields.at("received").as_array()) {
            json::object const& frame = each.as_object();
            auto& of = expected[string_at(frame, "conn")];
            if (frame.contains("event")) {
                of.emplace_back(end_of_stream);
                continue;
            }
            auto const code = static_cast<std::uint8_t>(frame.at("opcode").to_number<int>());
            if (frame.contains("text")) {
                of.push_back(line_of(code, string_at(frame, "text")));
            } else {
                auto const bytes = from_hex(string_at(frame, "payload_hex"));
                of.push_back(line_of(code, std::string(as_text(bytes))));
            }
        }
        return expected;
    }

    // Whoever hears something for the first time has come; where nobody has, who hears nothing of
    // the others has gone.
    void come_or_go(json::object const& fields, steps const& expected) {
        bool somebody_came = false;
        for (auto const& [name, lines] : expected) {
            if (!people_.contains(name)) {
                people_.emplace(name,
                                std::make_unique<chat_person>(chat_, "/", port_of(fields, name)));
                somebody_came = true;
            }
        }
        for (auto& [name, person] : people_) {
            if (!somebody_came && !expected.contains(name) && !person->ended()) {
                person->link().close(true);
                gone_.insert(name);
            }
        }
    }

    static std::uint16_t port_of(json::object const& fields, std::string const& name) {
        auto const* const ports = fields.if_contains("ports");
        return ports == nullptr
                   ? 4711
                   : static_cast<std::uint16_t>(ports->as_object().at(name).to_number<int>());
    }

    /// Our answer to a Close is a Close, where the original only ends the stream: rule
    /// `close_is_answered`.
    std::vector<std::string> heard_by(chat_person& person, std::string const& name) {
        std::vector<std::string> lines;
        for (received_frame const& each : person.hear()) {
            if (each.code == stage::op_close && person.ended()) {
                continue;
            }
            lines.push_back(line_of(each.code, std::string(as_text(each.payload))));
        }
        if (person.ended() && !gone_.contains(name) && told_end_.insert(name).second) {
            lines.emplace_back(end_of_stream);
        }
        return lines;
    }

    staged_chat chat_;
    std::map<std::string, std::unique_ptr<chat_person>> people_;
    std::set<std::string> told_end_;
    std::set<std::string> gone_;  // by themselves
};

/// A record of an exchange; which server it was follows from the frames it sent.
bool is_exchange(json::object const& fields) {
    return fields.contains("send") && fields.contains("received");
}

std::string protocol_of(std::vector<record> const& records) {
    for (record const& each : records) {
        for (json::value const& frame : each.fields.at("received").as_array()) {
            if (auto const* const code = frame.as_object().if_contains("opcode")) {
                return code->to_number<int>() == stage::op_text ? "json" : "binary";
            }
        }
    }
    return "binary";
}

TEST(chat_exchange, is_that_of_the_published_servers) {
    std::size_t played = 0;
    for (auto const& file : files_in(chat_folder(), ".jsonl")) {
        auto const records = read_records(file);
        if (records.empty() || !is_exchange(records.front().fields)) {
            continue;
        }
        exchange_player player(protocol_of(records));
        for (record const& each : records) {
            player.play(each);
        }
        ++played;
    }
    if (played == 0) {
        tell_nothing_found("recorded exchanges");
    }
}

// Requests, the first bytes of the answers, and whether the connection stays.
TEST(chat_exchange, upgrades_as_the_published_servers_do) {
    std::size_t played = 0;
    for (auto const& file : files_in(chat_folder(), ".jsonl")) {
        for (record const& each : read_records(file)) {
            if (!each.fields.contains("response_first_bytes")) {
                continue;
            }
            SCOPED_TRACE(each.place);
            staged_chat chat;
            auto const peer = chat.connect();
            std::string const request = string_at(each.fields, "request");
            peer->send(request);
            chat.run_for(1s);
            std::string const head(as_text(peer->received()));
            bool const asks_for_page = request.starts_with("GET / HTTP/1.1\r\n") &&
                                       request.find("pgrade") == std::string::npos;
            if (asks_for_page) {  // rule `page_at_root`: the original ends the stream
                EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
            } else {
                auto const expected = string_at(each.fields, "response_first_bytes");
                EXPECT_TRUE(head.starts_with(expected)) << head;
                EXPECT_EQ(head.empty(), expected.empty());
            }
            if (head.starts_with("HTTP/1.1 101")) {
                auto const answer = stage::parse_answer(peer->received());
                ASSERT_TRUE(answer.has_value());
                auto const lines = std::count(answer->head.begin(), answer->head.end(), '\n');
                EXPECT_EQ(lines, 5);  // the status, three fields, the end
            }
            EXPECT_EQ(peer->ended(), string_at(each.fields, "then") == "tcp_eof");
            count_record();
            ++played;
        }
    }
    if (played == 0) {
        tell_nothing_found("recorded upgrades");
    }
}

}  // namespace
}  // namespace trunkline::replay
