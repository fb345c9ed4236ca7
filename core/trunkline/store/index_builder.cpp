#include <trunkline/store/index_builder.hpp>

namespace trunkline::store {

result<built_index> build_index(bytes_view file, std::uint64_t tail, std::uint64_t entries,
                                std::uint32_t alignment) {
    auto made = index_table::make(index_table::capacity_for(entries));
    if (!made) {
        return made.error();
    }
    built_index built{std::move(*made), 0};
    history newest_first(file, tail, alignment);
    while (auto const entry = newest_first.next()) {
        if (built.table->put_if_absent(entry->tail.key_hash, entry->trailer_offset, file.data()) ==
                0 &&
            !is_tombstone(entry->bytes(file))) {
            ++built.live_keys;
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

result<std::shared_ptr<index_table>> rebuild_index(index_table const& old, std::uint64_t capacity,
                                                   std::byte const* file, std::uint32_t alignment) {
    auto made = index_table::make(capacity);
    if (!made) {
        return made.error();
    }
    auto const table = std::shared_ptr<index_table>(std::move(*made));
    old.for_each([&](std::uint64_t offset) {
        if (find_live_payload(file, offset, alignment)) {
            table->put(load_le<std::uint64_t>(file + offset), offset, file);
        }
    });
    return table;
}

}  // namespace trunkline::store
