// What the published fast server was heard to do at its limits and with broken frames. The records
// tell what came back; what was sent is told by the name of the case alone, and made here.
#include <replay/vector_set.hpp>

#include <stage/staged_chat.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>

namespace trunkline::replay {
namespace {

using namespace std::chrono_literals;
using stage::chat_person;
using stage::client_frame;
using stage::encode;
using stage::staged_chat;

using sender = std::function<void(chat_person&)>;

sender frame(client_frame const& one) {
    return [one](chat_person& by) { by.send(one); };
}

sender text_of(std::size_t size) {
    return [size](chat_person& by) { by.say(std::string(size, 'x')); };
}

/// A message in fragments of 8 MiB.
sender fragments_of(std::size_t size) {
    return [size](chat_person& by) {
        std::string const part(8 * mib, 'x');
        std::size_t left = size;
        for (bool first = true; left > 0; first = false) {
            std::size_t const now = std::min(left, part.size());
            left -= now;
            by.link().send(encode({.code = first ? stage::op_text : stage::op_continuation,
                                   .payload = as_bytes(part).first(now),
                                   .fin = left == 0}));
        }
    };
}

std::map<std::string, sender> const& cases() {
    static byte_string const not_text{std::byte{0xff}};
    static byte_string const one_byte{std::byte{0x03}};
    static byte_string const code_1005{std::byte{0x03}, std::byte{0xed}};
    static std::string const long_ping(126, 'p');
    static std::map<std::string, sender> const all{
        {"unmasked client frame", frame({.code = stage::op_text, .masked = false})},
        {"text not UTF-8", frame({.code = stage::op_text, .payload = not_text})},
        {"reserved bit set", frame({.code = stage::op_text, .reserved = 4})},
        {"reserved opcode 3", frame({.code = 3})},
        {"continuation without start", frame({.code = stage::op_continuation})},
        {"fragmented ping", frame({.code = stage::op_ping, .fin = false})},
        {"ping of 126 bytes", frame({.code = stage::op_ping, .payload = as_bytes(long_ping)})},
        {"close with 1-byte body", frame({.code = stage::op_close, .payload = one_byte})},
        {"close with code 1005", frame({.code = stage::op_close, .payload = code_1005})},
        {"close without body", frame({.code = stage::op_close})},
        {"text in two fragments with a ping between",
         [](chat_person& by) {
             by.send({.code = stage::op_text, .payload = as_bytes("ab"), .fin = false});
             by.send({.code = stage::op_ping, .payload = as_bytes("p")});
             by.send({.code = stage::op_continuation, .payload = as_bytes("cd")});
         }},
        {"single text frame of 65536 bytes", text_of(65536)},
        {"single text frame of 1048576 bytes", text_of(1048576)},
        {"single text frame of 16777216 bytes", text_of(16777216)},
        {"single text frame of 16777217 bytes", text_of(16777217)},
        {"message of 64 MiB in 8 MiB fragments", fragments_of(64 * mib)},
        {"message of 64 MiB + 1 in fragments", fragments_of(64 * mib + 1)},
    };
    return all;
}

std::string text_at(json::object const& in, std::string_view key) {
    return std::string(in.at(key).as_string());
}

void check(record const& each) {
    SCOPED_TRACE(each.place);
    auto const found = cases().find(text_at(each.fields, "case"));
    if (found == cases().end()) {
        note_unknown(each.place);
        return;
    }
    staged_chat chat({}, {.capacity = 1 * mib});
    chat_person one(chat);
    std::ignore = one.hear();
    found->second(one);
    chat.run_for(10s);
    auto heard = one.hear();
    bool expects_end = false;
    std::size_t at = 0;
    for (json::value const& wanted : each.fields.at("received").as_array()) {
        json::object const& fields = wanted.as_object();
        if (fields.contains("event")) {
            expects_end = true;
            continue;
        }
        // The recorded name was one byte shorter or longer for each digit of the connection.
        ASSERT_LT(at, heard.size());
        EXPECT_EQ(heard[at].code, fields.at("opcode").to_number<int>());
        std::size_t const size = heard[at].payload.size();
        std::size_t const recorded = fields.at("len").to_number<std::size_t>();
        EXPECT_TRUE(size == recorded || size + 1 == recorded || size == recorded + 1)
            << size << " " << recorded;
        ++at;
    }
    EXPECT_EQ(one.ended(), expects_end);
    count_record();
}

TEST(chat_limits, are_those_of_the_published_server) {
    std::size_t played = 0;
    for (auto const& file : files_in(chat_folder(), ".jsonl")) {
        for (record const& each : read_records(file)) {
            if (each.fields.contains("send_error")) {
                check(each);
                ++played;
            }
        }
    }
    if (played == 0) {
        tell_nothing_found("recorded limits");
    }
}

}  // namespace
}  // namespace trunkline::replay
