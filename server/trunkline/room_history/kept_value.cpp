#include <trunkline/room_history/kept_value.hpp>

#include <trunkline/base/assert.hpp>

#include <algorithm>

namespace trunkline::room_history {
namespace {

// The first byte of a value.
constexpr std::byte state_kind{1};
constexpr std::byte message_kind{2};

constexpr std::size_t state_size = 1 + 8 + 8 + 1;

}  // namespace

void encode(file_state const& state, std::vector<std::byte>& to) {
    to.resize(state_size);
    to[0] = state_kind;
    store_le(to.data() + 1, state.generation);
    store_le(to.data() + 9, state.reserved);
    to[17] = std::byte{state.is_alone};
}

void encode(kept_value const& value, std::vector<std::byte>& to) {
    TRUNKLINE_ASSERT(value.room.size() <= room_name_size_max);
    to.resize(kept_value_head + value.room.size() + value.bytes.size());
    std::byte* const at = to.data();
    at[0] = message_kind;
    store_le(at + 1, value.layout);
    store_le(at + 5, value.number);
    store_le(at + 13, value.wall_clock_us);
    store_le(at + 21, value.lost_up_to);
    store_le(at + 29, static_cast<std::uint16_t>(value.room.size()));
    auto const end =
        std::copy_n(as_bytes(value.room).begin(), value.room.size(), to.begin() + kept_value_head);
    std::copy(value.bytes.begin(), value.bytes.end(), end);
}

decoded_value decode(bytes_view value) noexcept {
    if (value.size() == state_size && value[0] == state_kind) {
        return file_state{.generation = load_le<std::uint64_t>(value.data() + 1),
                          .reserved = load_le<std::uint64_t>(value.data() + 9),
                          .is_alone = value[17] != std::byte{0}};
    }
    if (value.size() < kept_value_head || value[0] != message_kind) {
        return {};
    }
    std::size_t const room_size = load_le<std::uint16_t>(value.data() + 29);
    bytes_view const rest = value.subspan(kept_value_head);
    if (rest.size() < room_size) {
        return {};
    }
    return kept_value{.layout = load_le<std::uint32_t>(value.data() + 1),
                      .number = load_le<std::uint64_t>(value.data() + 5),
                      .wall_clock_us = load_le<std::uint64_t>(value.data() + 13),
                      .lost_up_to = load_le<std::uint64_t>(value.data() + 21),
                      .room = as_text(rest.first(room_size)),
                      .bytes = rest.subspan(room_size)};
}

std::string key_of(std::string_view room, std::uint64_t number) {
    std::string key(room.size() + sizeof number, '\0');
    room.copy(key.data(), room.size());
    store_le(reinterpret_cast<std::byte*>(key.data()) + room.size(), number);
    return key;
}

}  // namespace trunkline::room_history
