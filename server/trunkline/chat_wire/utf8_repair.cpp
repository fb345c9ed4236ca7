#include <trunkline/chat_wire/utf8_repair.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/utf8.hpp>

#include <cstring>

namespace trunkline::chat_wire {
namespace {

/// U+FFFD.
constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Calls `put` for each run of whole characters and for each replacement, in order.
template <class Put>
void for_each_part(bytes_view text, Put put) {
    utf8_validator checked;
    std::size_t run = 0;    // where the whole characters begin that were not given yet
    std::size_t begun = 0;  // where the character under way begins
    std::size_t at = 0;
    while (at < text.size()) {
        if (checked.feed(text.subspan(at, 1))) {
            ++at;
            begun = checked.complete() ? at : begun;
            continue;
        }
        put(text.subspan(run, begun - run));
        put(as_bytes(replacement));
        at = begun < at ? at : at + 1;  // what cuts a character off may begin another
        run = begun = at;
        checked.reset();
    }
    put(text.subspan(run, begun - run));
    if (begun < text.size()) {
        put(as_bytes(replacement));
    }
}

}  // namespace

std::size_t repaired_size(bytes_view text) noexcept {
    if (is_utf8(text)) {
        return text.size();
    }
    std::size_t size = 0;
    for_each_part(text, [&](bytes_view part) { size += part.size(); });
    return size;
}

void repair_utf8(bytes_view text, mutable_bytes to) noexcept {
    auto const put = [&](bytes_view part) {
        if (!part.empty()) {
            std::memcpy(to.data(), part.data(), part.size());
        }
        to = to.subspan(part.size());
    };
    if (to.size() == text.size() && is_utf8(text)) {
        put(text);
    } else {
        for_each_part(text, put);
    }
    TRUNKLINE_ASSERT(to.empty());
}

}  // namespace trunkline::chat_wire
