#include <trunkline/store/check.hpp>

#include <trunkline/store/index_builder.hpp>
#include <trunkline/store/opening.hpp>
#include <trunkline/store/recovery.hpp>

namespace trunkline::store {
namespace {

class checker {
public:
    checker(bytes_view content, check_report& report) noexcept
        : content_(content), report_(report) {}

    void check_entries() {
        if (report_.tail < report_.size) {
            note(problem_kind::bytes_after_tail, report_.tail, report_.size - report_.tail);
        }
        history entries(content_, report_.tail, report_.alignment);
        while (auto const entry = entries.next()) {
            if (!has_right_checksum(content_, *entry)) {
                note(problem_kind::checksum, entry->payload.start, entry->payload.size());
            }
            if (!has_zero_pad(content_, *entry)) {
                auto const begin = entry->tail.previous_tail;
                note(problem_kind::pad, begin, entry->payload.start - begin);
            }
            report_.tombstones += is_tombstone(entry->bytes(content_)) ? 1 : 0;
        }
    }

    result<void> count_keys() {
        auto const built = build_index(content_, report_.tail, report_.entries, report_.alignment);
        if (!built) {
            return built.error();
        }
        report_.live_keys = built->live_keys;
        built->table->for_each([this](std::uint64_t trailer_offset) {
            auto const entry =
                entry_before(content_, trailer_offset + trailer_size, report_.alignment);
            if (entry && !is_tombstone(entry->bytes(content_))) {
                report_.live_bytes += entry->payload.size();
            }
        });
        return {};
    }

private:
    void note(problem_kind kind, std::uint64_t offset, std::uint64_t size) {
        if (report_.problems.size() < check_problems_max) {
            report_.problems.push_back({kind, offset, size});
        }
        ++report_.problems_found;
    }

    bytes_view content_;
    check_report& report_;
};

std::string line_about(check_problem const& problem) {
    auto const where = " at offset " + std::to_string(problem.offset);
    auto const bytes = std::to_string(problem.size) + (problem.size == 1 ? " byte" : " bytes");
    switch (problem.kind) {
        case problem_kind::checksum:
            return "the payload of " + bytes + where + " does not match its checksum";
        case problem_kind::pad:
            return "the pad of " + bytes + where + " is not zero";
        case problem_kind::bytes_after_tail:
            return bytes + where + " to the end belong to no entry";
    }
    return "unknown problem";
}

}  // namespace

std::string check_report::to_text() const {
    std::string text =
        path.string() + ": " + (sound() ? "sound" : std::to_string(problems_found) + " problems") +
        "; " + std::to_string(entries) + " entries (" + std::to_string(tombstones) +
        " deletions), " + std::to_string(live_keys) + " keys, " + std::to_string(tail) + " of " +
        std::to_string(size) + " bytes, alignment " + std::to_string(alignment);
    for (auto const& problem : problems) {
        text += "\n  " + line_about(problem);
    }
    if (problems_found > problems.size()) {
        text += "\n  and " + std::to_string(problems_found - problems.size()) + " more";
    }
    return text;
}

result<check_report> check_file(std::filesystem::path const& path,
                                std::optional<std::uint32_t> alignment, disk& where,
                                open_report* opening) {
    open_report ours;
    auto& filled = opening != nullptr ? *opening : ours;
    auto const opened =
        open_store_file(where, path, {.alignment = alignment, .read_only = true}, filled);
    if (!opened) {
        return opened.error();
    }
    bytes_view const content(opened->bytes.data(), filled.size_found);
    check_report report;
    report.path = path;
    report.alignment = opened->alignment;
    report.size = filled.size_found;
    report.tail = opened->tail;
    report.entries = opened->entries;
    checker checking(content, report);
    checking.check_entries();
    if (auto const counted = checking.count_keys(); !counted) {
        return counted.error();
    }
    return report;
}

}  // namespace trunkline::store
