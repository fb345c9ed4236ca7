// What a chat server gives to who asks with a plain GET: its web page, and who is where.
#pragma once

#include <trunkline/chat/house.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace trunkline::chat {

/// Rooms, or members, that one answer lists.
inline constexpr std::size_t listed_max = 200;

/// "/" with any query: HTML without any outside assets. "/rooms": `{"rooms":[{"name","members"}]}`.
/// "/people?room=NAME&after=SEAT": `{"room","members","people":[{"name","number"}],"next"}`, where
/// `next` is the seat to ask on after, or null. Nothing else. Any thread.
[[nodiscard]] std::optional<websocket::http_page> page_at(house const& of, std::string_view target);

/// The HTML of "/"; valid for ever.
[[nodiscard]] std::string_view web_page() noexcept;

}  // namespace trunkline::chat
