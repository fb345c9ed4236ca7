// STO-07: whatever the last 20 bytes of a file are, everything that reads it finds the history that
// the plain model of recovery finds, and changes nothing.
#include <trunkline/store/check.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/recovery.hpp>
#include <trunkline/store/stat.hpp>
#include <trunkline/store/store.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace trunkline::store {
namespace {

// What the model finds in a file.
struct expected_content {
    expected_content(std::string_view file, std::uint32_t alignment) {
        plain_recovery const model(file, alignment);
        tail = model.tail();
        sound = tail == file.size();
        std::set<std::uint64_t> seen;
        for (auto at = tail; at != 0;) {
            auto const entry = *model.entry_at(at);
            auto const payload = model.payload(entry);
            auto const pad = file.substr(entry.begin, entry.start - entry.begin);
            bool const tombstone = payload == std::string_view("\0", 1);
            sound = sound && checksum_of(as_bytes(payload)) == entry.checksum &&
                    pad.find_first_not_of('\0') == pad.npos;
            ++entries;
            tombstones += tombstone ? 1 : 0;
            if (seen.insert(entry.key_hash).second && !tombstone) {
                live.push_back(payload);
            }
            at = entry.begin;
        }
    }

    std::uint64_t tail = 0;
    std::uint64_t entries = 0;
    std::uint64_t tombstones = 0;
    bool sound = false;
    std::vector<std::string_view> live;  // payloads, the newest first
};

void check_content(store& opened, expected_content const& expected) {
    RC_ASSERT(opened.size() == expected.live.size());
    auto entries = opened.entries();
    for (auto const payload : expected.live) {
        auto const entry = entries.next();
        RC_ASSERT(entry.has_value());
        RC_ASSERT(as_text(entry->bytes()) == payload);
    }
    RC_ASSERT(!entries.next());
}

// Everything that reads a file agrees with the model, or all of it refuses the file for one reason,
// which is given back.
std::optional<store_error> check_readers(std::string const& file,
                                         std::optional<std::uint32_t> alignment) {
    faulty_disk disk;
    disk.put(image_path, file);
    open_report report;
    auto const opened =
        store::open(image_path, {.alignment = alignment, .read_only = true, .on = &disk}, &report);
    auto const checked = check_file(image_path, alignment, disk);
    auto const counted = stat_file(image_path, alignment, disk);
    RC_ASSERT(disk.content(image_path) == file);
    RC_ASSERT(disk.names().size() == 1U);
    if (!opened) {
        RC_ASSERT(checked.has_error() && checked.error() == opened.error());
        RC_ASSERT(counted.has_error() && counted.error() == opened.error());
        bool const by_store =
            opened.error().category() == make_error_code(store_error::damaged).category();
        RC_ASSERT(by_store);
        return static_cast<store_error>(opened.error().value());
    }
    expected_content const expected(file, report.alignment_found);
    RC_ASSERT(report.tail_kept == expected.tail);
    RC_ASSERT(report.entries_kept == expected.entries);
    check_content(**opened, expected);

    RC_ASSERT(checked.has_value());
    RC_ASSERT(checked->alignment == report.alignment_found);
    RC_ASSERT(checked->tail == expected.tail);
    RC_ASSERT(checked->entries == expected.entries);
    RC_ASSERT(checked->tombstones == expected.tombstones);
    RC_ASSERT(checked->live_keys == expected.live.size());
    RC_ASSERT(checked->sound() == expected.sound);

    RC_ASSERT(counted.has_value());
    RC_ASSERT(counted->alignment == report.alignment_found);
    RC_ASSERT(counted->entries == expected.entries);
    RC_ASSERT(counted->live_keys == expected.live.size());
    RC_ASSERT(counted->tombstones == expected.tombstones);
    RC_ASSERT(counted->passed_over == file.size() - expected.tail);
    return std::nullopt;
}

plain_image some_history(std::uint32_t alignment) {
    plain_image image(alignment);
    for (auto left = *rc::gen::inRange(0, 8); left > 0; --left) {
        auto const key = std::to_string(*rc::gen::inRange(0, 4));
        if (*rc::gen::inRange(0, 4) == 0) {
            image.remove(key);
        } else {
            image.write(key, *rc::gen::nonEmpty(
                                 rc::gen::container<std::string>(rc::gen::arbitrary<char>())));
        }
    }
    return image;
}

// Any bytes, and such as come close to a trailer: with a previous tail at or beside a true one,
// with the right checksum too, or without the part that is written last.
std::string some_end(plain_image const& behind) {
    auto end = *rc::gen::container<std::string>(trailer_size, rc::gen::arbitrary<char>());
    auto const kind = *rc::gen::inRange(0, 5);
    auto* const bytes = reinterpret_cast<std::byte*>(end.data());
    if (kind >= 1) {
        auto const near = *rc::gen::elementOf(behind.tails);
        store_le(bytes + 8, near + static_cast<std::uint64_t>(*rc::gen::element(0, 0, 0, 1, -1)));
    }
    if (kind >= 3) {
        auto const file = behind.bytes + end;
        plain_recovery const model(file, behind.alignment());
        if (auto const entry = model.entry_at(file.size())) {
            store_le(bytes + 16, checksum_of(as_bytes(model.payload(*entry))));
        }
    }
    if (kind == 4) {
        auto const from = static_cast<std::size_t>(*rc::gen::element(0, 8, 16));
        std::fill(end.begin() + static_cast<std::ptrdiff_t>(from), end.end(), '\0');
    }
    return end;
}

RC_GTEST_PROP(hostile_trailer, sto_07_any_20_bytes_behind_any_history, ()) {
    for (auto const alignment : alignments) {
        auto const image = some_history(alignment);
        auto const file = image.bytes + some_end(image);
        std::uint64_t longest = 0;
        for (auto const as : alignments) {
            auto const tail = plain_recovery(file, as).tail();
            auto const found = recover(as_bytes(file), as);
            RC_ASSERT(found.has_value());
            RC_ASSERT(found->tail == tail);
            longest = std::max(longest, tail);
            auto const refused = check_readers(file, as);
            RC_ASSERT(!refused || *refused == store_error::wrong_alignment ||
                      (*refused == store_error::not_a_store && tail == 0));
        }
        // Without a word on the alignment the history before the end is never lost.
        auto const refused = check_readers(file, std::nullopt);
        RC_ASSERT(!refused || (*refused == store_error::not_a_store && image.bytes.empty()));
        RC_ASSERT(longest >= image.bytes.size());
    }
}

}  // namespace
}  // namespace trunkline::store
