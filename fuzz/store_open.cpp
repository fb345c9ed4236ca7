// Any bytes as a store file: recovery is that of the plain model, a file is kept whole or refused
// unchanged or cut with what was cut saved, checking and counting say the same, and what was opened
// can be written and opened again.
#include "check.hpp"

#include <trunkline/store/alignment.hpp>
#include <trunkline/store/check.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/recovery.hpp>
#include <trunkline/store/stat.hpp>
#include <trunkline/store/store.hpp>

#include <algorithm>
#include <map>
#include <string>

namespace {

using namespace trunkline;

constexpr auto path = "store.bin";

std::uint64_t live_keys(store::plain_recovery const& model, std::uint64_t tail) {
    std::map<std::uint64_t, bool> live;
    for (auto at = tail; at != 0;) {
        auto const entry = *model.entry_at(at);
        live.try_emplace(entry.key_hash, model.payload(entry) != std::string_view("\0", 1));
        at = entry.begin;
    }
    std::uint64_t count = 0;
    for (auto const& [hash, is_live] : live) {
        count += is_live ? 1 : 0;
    }
    return count;
}

bool fits(std::string const& file, std::uint64_t tail, std::uint32_t alignment) {
    auto const at = std::ranges::find(store::alignments, alignment) - store::alignments.begin();
    return store::fitting_alignments(as_bytes(file), tail)[static_cast<std::size_t>(at)];
}

void check_opened(store::faulty_disk& disk, std::string const& file, std::uint32_t alignment,
                  std::uint64_t tail, std::uint64_t live) {
    auto const checked = store::check_file(path, alignment, disk);
    auto const counted = store::stat_file(path, alignment, disk);
    store::open_report report;
    store::open_options const options{.alignment = alignment, .on = &disk};
    auto opened = store::store::open(path, options, &report);
    if (!opened) {
        auto const why = opened.error();
        TRUNKLINE_FUZZ_CHECK(checked.has_error() && checked.error() == why);
        TRUNKLINE_FUZZ_CHECK(counted.has_error() && counted.error() == why);
        // No history, or one whose entries speak against this alignment and for no other.
        bool const none = tail == 0 || !fits(file, tail, alignment);
        TRUNKLINE_FUZZ_CHECK(why == store::store_error::wrong_alignment ||
                             (why == store::store_error::not_a_store && none));
        TRUNKLINE_FUZZ_CHECK(disk.content(path) == file && disk.names().size() == 1);
        return;
    }
    TRUNKLINE_FUZZ_CHECK(checked && checked->tail == tail && checked->live_keys == live);
    TRUNKLINE_FUZZ_CHECK(counted && counted->passed_over == file.size() - tail);
    TRUNKLINE_FUZZ_CHECK(counted->live_keys == live);
    TRUNKLINE_FUZZ_CHECK(tail != 0 || file.empty());
    TRUNKLINE_FUZZ_CHECK(disk.content(path) == file.substr(0, tail));
    TRUNKLINE_FUZZ_CHECK(disk.content(report.cut_file) == file.substr(tail));
    TRUNKLINE_FUZZ_CHECK((*opened)->size() == live);
    bool const known = (*opened)->exists(as_bytes("fresh"));
    TRUNKLINE_FUZZ_CHECK((*opened)->write(as_bytes("fresh"), as_bytes("value")).has_value());
    opened->reset();
    opened = store::store::open(path, options, &report);
    // A file without a word on its alignment may now speak for another one by chance only.
    TRUNKLINE_FUZZ_CHECK(opened.has_value());
    TRUNKLINE_FUZZ_CHECK(report.cut_file.empty());
    TRUNKLINE_FUZZ_CHECK((*opened)->size() == live + (known ? 0 : 1));
    TRUNKLINE_FUZZ_CHECK(as_text((*opened)->read(as_bytes("fresh"))->bytes) == "value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 1) {
        return 0;
    }
    auto const alignment = store::alignments[data[0] % store::alignments.size()];
    std::string const file(reinterpret_cast<char const*>(data + 1), size - 1);
    store::plain_recovery const model(file, alignment);
    auto const tail = model.tail();
    auto const found = store::recover(as_bytes(file), alignment);
    TRUNKLINE_FUZZ_CHECK(found && found->tail == tail);
    store::faulty_disk disk;
    disk.put(path, file);
    check_opened(disk, file, alignment, tail, live_keys(model, tail));
    return 0;
}
