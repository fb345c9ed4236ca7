#include <trunkline/chat/voice.hpp>

#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>
#include <trunkline/chat_wire/utf8_repair.hpp>

#include <chrono>
#include <ctime>

namespace trunkline::chat {
namespace {

using namespace chat_wire;

rooms::message_draft say_in_binary(utterance const& what, std::uint64_t wall_clock_us) {
    binary_message const message{.id = 0,
                                 .type = what.type,
                                 .user = what.user,
                                 .username = what.username,
                                 .payload = {},
                                 .time_ms = static_cast<std::int64_t>(wall_clock_us / 1000),
                                 .room = what.room};
    std::size_t const size = repaired_size(what.text);
    rooms::message_draft draft(binary_size(message, size));
    repair_utf8(what.text, encode_binary_around(message, size, draft.bytes()));
    draft.carry_number_at(binary_id_offset);
    return draft;
}

/// In the zone of this machine.
std::array<char, 8> local_time_of_day(std::uint64_t wall_clock_us) {
    auto const now = static_cast<std::time_t>(wall_clock_us / 1'000'000);
    std::tm local{};
    ::localtime_r(&now, &local);
    return time_of_day(std::chrono::hours(local.tm_hour) + std::chrono::minutes(local.tm_min) +
                       std::chrono::seconds(local.tm_sec));
}

rooms::message_draft say_in_json(utterance const& what, std::uint64_t wall_clock_us,
                                 bool numbered) {
    auto const time = local_time_of_day(wall_clock_us);
    json_message const message{.username = what.username,
                               .content = as_text(what.text),
                               .time_of_day = {time.data(), time.size()},
                               .type = what.type,
                               .has_number = numbered};
    rooms::message_draft draft(json_size(message));
    encode_json(message, draft.bytes());
    if (numbered) {
        static_assert(json_number_digits == rooms::number_digits);
        draft.carry_digits_at(json_number_offset(draft.bytes().size()));
    }
    return draft;
}

}  // namespace

rooms::message_draft voice::say(utterance const& what, std::uint64_t wall_clock_us) const {
    return protocol_ == protocol::json ? say_in_json(what, wall_clock_us, numbered_)
                                       : say_in_binary(what, wall_clock_us);
}

}  // namespace trunkline::chat
