#include <trunkline/store/index_builder.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace trunkline::store {

result<built_index> build_index(bytes_view file, std::uint64_t tail, std::uint64_t entries,
                                std::uint32_t alignment) {
    auto made = index_table::make(index_table::capacity_for(entries));
    if (!made) {
        return made.error();
    }
    built_index built{std::move(*made), 0};
    history newest_first(file, tail, alignment);
    // In groups, so that the table is fetched for all of a group at once.
    std::array<std::pair<std::uint64_t, payload_extent>, 32> group;
    for (std::size_t size = group.size(); size == group.size();) {
        size = 0;
        while (size < group.size()) {
            auto const entry = newest_first.next();
            if (!entry) {
                break;
            }
            built.table->prefetch(entry->tail.key_hash);
            group[size++] = {entry->tail.key_hash, entry->payload};
        }
        for (auto const& [hash, payload] : std::span(group).first(size)) {
            if (built.table->put_if_absent(hash, payload.end, file.data()) == 0 &&
                !is_tombstone(file.subspan(payload.start, payload.size()))) {
                ++built.live_keys;
            }
        }
    }
    // Overwritten and deleted keys were counted when the table was sized.
    if (auto const enough = index_table::capacity_for(built.live_keys);
        enough < built.table->capacity()) {
        auto smaller = rebuild_index(*built.table, enough, file.data(), alignment);
        if (!smaller) {
            return smaller.error();
        }
        built.table = std::move(*smaller);
    }
    return built;
}

// Both tables are gone through in order, so all that is waited for is the file: the trailers of
// the slots ahead are fetched meanwhile.
result<std::shared_ptr<index_table>> rebuild_index(index_table const& old, std::uint64_t capacity,
                                                   std::byte const* file, std::uint32_t alignment) {
    auto made = old.make_like(capacity);
    if (!made) {
        return made.error();
    }
    auto const table = std::shared_ptr<index_table>(std::move(*made));
    std::array<std::uint64_t, 64> ahead;  // a ring of trailer offsets
    std::size_t taken = 0;
    auto const put = [&](std::uint64_t offset) {
        if (!find_live_payload(file, offset, alignment).empty()) {
            table->put(load_le<std::uint64_t>(file + offset), offset, file);
        }
    };
    old.for_each([&](std::uint64_t offset) {
        __builtin_prefetch(file + offset);
        auto& place = ahead[taken % ahead.size()];
        if (taken++ >= ahead.size()) {
            put(place);
        }
        place = offset;
    });
    for (auto given = taken - std::min(taken, ahead.size()); given < taken; ++given) {
        put(ahead[given % ahead.size()]);
    }
    return table;
}

}  // namespace trunkline::store
