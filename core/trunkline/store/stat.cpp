#include <trunkline/store/stat.hpp>

#include <trunkline/store/index_builder.hpp>
#include <trunkline/store/opening.hpp>
#include <trunkline/store/recovery.hpp>

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace trunkline::store {
namespace {

void count_entry(entry_view const& entry, bool tombstone, bool newest, file_stat& stat) {
    auto const pad = entry.payload.start - entry.tail.previous_tail;
    if (!newest || tombstone) {
        ++(tombstone ? stat.tombstones : stat.overwritten);
        stat.dead_bytes += pad + entry.payload.size() + trailer_size;
        return;
    }
    ++stat.live_keys;
    stat.live_bytes += entry.payload.size();
    stat.trailer_bytes += trailer_size;
    stat.pad_bytes += pad;
    // Compacting writes the newest first, which is how they come here.
    stat.size_compacted +=
        pad_size(stat.size_compacted, stat.alignment) + entry.payload.size() + trailer_size;
}

std::string one_decimal(double number) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.1f", number);
    return text.data();
}

}  // namespace

std::string file_stat::to_text() const {
    std::string text = path.string() + "\n";
    auto const line = [&text](std::string_view name, std::string const& number) {
        text.append("  ").append(name).append(24 - name.size(), ' ').append(number).append("\n");
    };
    for (auto const& [name, number] :
         {std::pair("size", size), std::pair("alignment", std::uint64_t{alignment}),
          std::pair("entries", entries), std::pair("live keys", live_keys),
          std::pair("overwritten", overwritten), std::pair("tombstones", tombstones),
          std::pair("bytes of live values", live_bytes),
          std::pair("bytes of their trailers", trailer_bytes),
          std::pair("bytes of their pads", pad_bytes), std::pair("dead bytes", dead_bytes),
          std::pair("bytes passed over", passed_over),
          std::pair("size if compacted", size_compacted),
          std::pair("saved by compacting", savings())}) {
        line(name, std::to_string(number));
    }
    line("index bytes per key", one_decimal(index_bytes_per_key()));
    text.pop_back();
    return text;
}

result<file_stat> stat_file(std::filesystem::path const& path,
                            std::optional<std::uint32_t> alignment, disk& where,
                            open_report* opening) {
    open_report ours;
    auto& filled = opening != nullptr ? *opening : ours;
    auto const opened =
        open_store_file(where, path, {.alignment = alignment, .read_only = true}, filled);
    if (!opened) {
        return opened.error();
    }
    bytes_view const content(opened->bytes.data(), opened->tail);
    auto const built = build_index(content, opened->tail, opened->entries, opened->alignment);
    if (!built) {
        return built.error();
    }
    file_stat stat;
    stat.path = path;
    stat.alignment = opened->alignment;
    stat.size = filled.size_found;
    stat.entries = opened->entries;
    stat.passed_over = filled.size_found - opened->tail;
    stat.index_bytes = built->table->size_in_memory();
    history newest_first(content, opened->tail, opened->alignment);
    while (auto const entry = newest_first.next()) {
        auto const newest = built->table->find(entry->tail.key_hash, content.data());
        count_entry(*entry, is_tombstone(entry->bytes(content)), newest == entry->trailer_offset,
                    stat);
    }
    return stat;
}

}  // namespace trunkline::store
