// Opening each golden file, whole or damaged: what is kept, what is read, what the next write
// gives.
#include <replay/plain_store.hpp>
#include <replay/store_set.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/check.hpp>
#include <trunkline/store/digest.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/store.hpp>

#include <algorithm>
#include <map>

namespace trunkline::replay {
namespace {

byte_string prefix_of(byte_string const& bytes, std::uint64_t size) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

// A file that nobody damaged and no defect spoiled is kept whole; of others verified recovery keeps
// what its list says.
std::optional<std::uint64_t> expected_tail(store_record const& record, std::uint64_t size) {
    if (auto const verified = verified_tail_of(record)) {
        return verified;
    }
    return record.list("ops") != nullptr && !record.shows_defect() ? std::optional(size)
                                                                   : std::nullopt;
}

std::vector<store_record> records_to_open() {
    std::vector<store_record> chosen;
    for (auto& record : store_records()) {
        if (expected_tail(record, 0)) {
            chosen.push_back(std::move(record));
        }
    }
    return chosen;
}

// A golden file, copied to where it may be changed.
class opened_copy {
public:
    explicit opened_copy(store_record const& record)
        : record_(record),
          content_(read_bytes(record.path())),
          tail_(*expected_tail(record, content_.size())),
          plain_(prefix_of(content_, tail_), record.alignment) {
        write_bytes(path_, content_);
    }

    void check() {
        auto opened =
            store::store::open(path_, {.alignment = record_.alignment, .create = false}, &report_);
        if (tail_ == 0 && !content_.empty()) {
            check_refused(opened);
            return;
        }
        ASSERT_TRUE(opened) << report_.explain(opened.error());
        store_ = std::move(*opened);
        check_kept();
        check_reads();
        check_iteration();
        check_append();
    }

    // The same when the file is asked for its alignment, as the program does. It may speak for
    // another one when it reads the same with that.
    void check_detected() {
        auto const opened = store::store::open(path_, {.create = false}, &report_);
        if (tail_ == 0 && !content_.empty()) {
            check_refused(opened);
            return;
        }
        ASSERT_TRUE(opened) << report_.explain(opened.error());
        EXPECT_EQ((*opened)->file_size(), tail_);
        EXPECT_TRUE(read_bytes(path_) == plain_.bytes());
        EXPECT_EQ(report_.entries_kept, plain_.entries().size());
        auto const live = plain_.live();
        auto entries = (*opened)->entries();
        for (auto const& expected : live) {
            auto const entry = entries.next();
            ASSERT_TRUE(entry);
            EXPECT_EQ(entry->key_hash(), expected.key_hash);
            EXPECT_TRUE(*entry == expected.payload);
        }
        EXPECT_FALSE(entries.next());
    }

private:
    void check_refused(result<std::unique_ptr<store::store>> const& opened) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error(), store::store_error::not_a_store);
        EXPECT_TRUE(read_bytes(path_) == content_) << "a refused file was changed";
    }

    void check_kept() {
        EXPECT_EQ(store_->file_size(), tail_);
        EXPECT_TRUE(read_bytes(path_) == plain_.bytes());
        EXPECT_EQ(report_.entries_kept, plain_.entries().size());
        // Deleted keys are absent (file 21.8): only live ones are counted.
        EXPECT_EQ(store_->size(), plain_.live().size());
        EXPECT_EQ(report_.cut_file.empty(), tail_ == content_.size());
        if (!report_.cut_file.empty()) {
            auto whole = plain_.bytes();
            auto const cut = read_bytes(report_.cut_file);
            whole.insert(whole.end(), cut.begin(), cut.end());
            EXPECT_TRUE(whole == content_) << "kept and cut bytes are not the file";
        }
    }

    // Against the plain store, and where the published one keeps the same bytes, against what it
    // read.
    void check_reads() {
        auto const* const open = record_.object("open");
        if (open == nullptr || !open->contains("keys")) {
            return;
        }
        bool const same_tail = number_of(open->at("tail_offset")) == tail_;
        for (auto& each : plain_.live()) {
            values_.emplace(each.key_hash, std::move(each.payload));
        }
        for (auto const& each : open->at("keys").as_array()) {
            auto const& fields = each.as_object();
            SCOPED_TRACE(json::serialize(fields).substr(0, 200));
            auto const key = from_hex(std::string_view(fields.at("key").as_string()));
            auto const found = store_->read(key);
            auto const expected = plain_value(key);
            ASSERT_EQ(found.has_value(), expected.has_value());
            EXPECT_EQ(store_->exists(key), expected.has_value());
            if (found) {
                EXPECT_TRUE(std::ranges::equal(found->bytes, *expected));
            }
            auto const entry = store_->read_entry(key);
            EXPECT_EQ(entry.has_value(), found.has_value());
            if (same_tail) {
                ASSERT_EQ(found.has_value(), fields.at("exists").as_bool());
            }
            if (same_tail && entry) {
                check_place(fields, *entry);
            }
        }
        if (same_tail && std::ranges::none_of(plain_.entries(), &plain_store::entry::tombstone)) {
            EXPECT_EQ(store_->size(), number_of(open->at("len")));
        }
    }

    [[nodiscard]] std::optional<byte_string> plain_value(bytes_view key) const {
        auto const found = values_.find(store::hash_key(key));
        return found != values_.end() ? std::optional(found->second) : std::nullopt;
    }

    static void check_bytes(json::object const& fields, bytes_view bytes) {
        if (auto const* const hex = fields.if_contains("hex")) {
            EXPECT_EQ(to_hex(bytes), std::string_view(hex->as_string()));
        }
        if (auto const* const digest = fields.if_contains("sha256")) {
            EXPECT_EQ(sha256_hex(bytes), std::string_view(digest->as_string()));
        }
        EXPECT_EQ(bytes.size(), number_of(fields.at("len")));
    }

    // Long sets leave some of the fields out.
    static void check_place(json::object const& fields, store::entry_handle const& entry) {
        auto const same = [&fields](char const* name, std::uint64_t actual) {
            if (auto const* const expected = fields.if_contains(name)) {
                EXPECT_EQ(actual, number_of(*expected)) << name;
            }
        };
        auto const same_hex = [&fields](char const* name, std::uint64_t actual) {
            if (auto const* const expected = fields.if_contains(name)) {
                EXPECT_EQ(actual, hex_number_of(*expected)) << name;
            }
        };
        same("start", entry.start_offset());
        same("end", entry.end_offset());
        same("prev_offset", entry.metadata().previous_tail);
        same_hex("key_hash", entry.key_hash());
        same_hex("checksum", entry.checksum());
        if (auto const* const valid = fields.if_contains("checksum_valid")) {
            EXPECT_EQ(entry.has_right_checksum(), valid->as_bool());
        }
        check_bytes(fields, entry.bytes());
    }

    // The live entries, the newest first, and in shares; the last entry; what compacting saves.
    void check_iteration() {
        std::map<std::uint64_t, std::uint64_t> places;
        std::vector<store::entry_handle> in_order;
        auto all = store_->entries();
        while (auto entry = all.next()) {
            places.emplace(entry->key_hash(), entry->start_offset());
            in_order.push_back(std::move(*entry));
        }
        auto const live = plain_.live();
        ASSERT_EQ(in_order.size(), live.size());
        for (std::size_t i = 0; i < live.size(); ++i) {
            EXPECT_EQ(in_order[i].key_hash(), live[i].key_hash);
            EXPECT_TRUE(in_order[i] == live[i].payload);
        }
        for (auto& some : store_->shares_of_entries(3)) {
            while (auto const entry = some.next()) {
                EXPECT_EQ(places.erase(entry->key_hash()), 1U);
            }
        }
        EXPECT_TRUE(places.empty());
        auto const* const open = record_.object("open");
        if (open != nullptr && number_of(open->at("tail_offset")) == tail_) {
            check_published_iteration(*open, in_order);
        }
    }

    void check_published_iteration(json::object const& open,
                                   std::vector<store::entry_handle> const& in_order) {
        EXPECT_EQ(in_order.size(), number_of(open.at("iter_count")));
        EXPECT_EQ(store_->compaction_savings(), number_of(open.at("compaction_savings")));
        if (auto const* const listed = open.if_contains("iter_entries")) {
            for (std::size_t i = 0; i < in_order.size(); ++i) {
                check_place(listed->as_array().at(i).as_object(), in_order[i]);
            }
        }
        if (auto const* const digest = open.if_contains("iter_order_sha256")) {
            byte_string order(24 * in_order.size());
            for (std::size_t i = 0; i < in_order.size(); ++i) {
                store_le(order.data() + 24 * i, in_order[i].key_hash());
                store_le(order.data() + 24 * i + 8, in_order[i].start_offset());
                store_le(order.data() + 24 * i + 16, in_order[i].end_offset());
            }
            EXPECT_EQ(sha256_hex(order), std::string_view(digest->as_string()));
        }
        auto const last = store_->last_entry();
        auto const& expected = open.at("last_entry");
        ASSERT_EQ(last.has_value(), expected.is_object());
        if (last) {
            check_place(expected.as_object(), *last);
        }
    }

    void check_append() {
        auto const* const open = record_.object("open");
        auto const* const append =
            open != nullptr ? open->if_contains("append_after_open") : nullptr;
        if (append == nullptr) {
            return;
        }
        auto const& fields = append->as_object();
        auto const key = from_hex(std::string_view(fields.at("key").as_string()));
        auto const payload = payload_of(fields.at("payload"));
        auto const written = store_->write(key, payload);
        ASSERT_TRUE(written);
        plain_.write(key, payload);
        EXPECT_EQ(*written, plain_.tail());
        store_.reset();
        auto const after = read_bytes(path_);
        EXPECT_TRUE(after == plain_.bytes());
        if (number_of(open->at("tail_offset")) == tail_) {
            EXPECT_EQ(*written, number_of(fields.at("returns")));
            EXPECT_EQ(after.size(), number_of(fields.at("size_file")));
            EXPECT_EQ(sha256_hex(after), std::string_view(fields.at("sha256_file").as_string()));
        }
    }

    store_record const& record_;
    scratch_folder folder_;
    std::filesystem::path path_ = folder_ / "opened.bin";
    byte_string content_;
    std::uint64_t tail_;
    plain_store plain_;
    std::map<std::uint64_t, byte_string> values_;  // of the plain store, by key hash
    store::open_report report_;
    std::unique_ptr<store::store> store_;
};

TEST(store_open, keeps_the_verified_history) {
    check_store_records(records_to_open(),
                        [](store_record const& record) { opened_copy(record).check(); });
}

TEST(store_open, keeps_the_verified_history_of_a_file_that_tells_its_alignment) {
    check_store_records(records_to_open(),
                        [](store_record const& record) { opened_copy(record).check_detected(); });
}

// The values that a whole file holds when it is read with `alignment`.
std::vector<byte_string> live_payloads(byte_string const& content, std::uint32_t alignment) {
    std::vector<byte_string> payloads;
    for (auto& each : plain_store(content, alignment).live()) {
        payloads.push_back(std::move(each.payload));
    }
    return payloads;
}

// A file is never cut because it was opened with the wrong alignment. It reads the same,
// or it is refused and an alignment is named under which it does.
TEST(store_open, wrong_alignment_never_damages) {
    std::vector<store_record> whole;
    for (auto& record : store_records()) {
        if (record.list("ops") != nullptr && !record.shows_defect()) {
            whole.push_back(std::move(record));
        }
    }
    check_store_records(whole, [](store_record const& record) {
        auto const content = read_bytes(record.path());
        auto const payloads = live_payloads(content, record.alignment);
        for (std::uint32_t const alignment : {64U, 16U, 1U}) {
            scratch_folder const folder;
            auto const path = folder / "opened.bin";
            write_bytes(path, content);
            store::open_report report;
            auto const opened = store::store::open(path, {.alignment = alignment}, &report);
            EXPECT_TRUE(read_bytes(path) == content);
            if (!opened) {
                EXPECT_NE(alignment, record.alignment);
                EXPECT_EQ(opened.error(), store::store_error::wrong_alignment);
                EXPECT_TRUE(live_payloads(content, report.alignment_found) == payloads);
            } else if (alignment != record.alignment) {
                EXPECT_TRUE(live_payloads(content, alignment) == payloads);
            }
        }
    });
}

// Our whole-file check finds the alignment, nothing wrong with files that are whole, and something
// wrong with files of which recovery does not keep all.
TEST(store_open, check_finds_what_is_wrong) {
    check_store_records(records_to_open(), [](store_record const& record) {
        auto const before = read_bytes(record.path());
        auto const report = store::check_file(record.path());
        auto const tail = *expected_tail(record, before.size());
        if (tail == 0 && !before.empty()) {
            ASSERT_FALSE(report);
            EXPECT_EQ(report.error(), store::store_error::not_a_store);
            return;
        }
        ASSERT_TRUE(report) << report.error().message();
        EXPECT_EQ(report->tail, tail);
        bool whole = tail == before.size();
        if (whole) {
            plain_store const plain(before, record.alignment);
            auto const* const open = record.object("open");
            whole = open == nullptr ||
                    number_of(open->at("iter_checksum_valid")) == number_of(open->at("iter_count"));
            EXPECT_EQ(report->live_keys, plain.live().size());
        }
        EXPECT_EQ(report->sound(), whole) << report->to_text();
        EXPECT_TRUE(read_bytes(record.path()) == before);
    });
}

}  // namespace
}  // namespace trunkline::replay
