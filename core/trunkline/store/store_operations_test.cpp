// The operations beyond reading and writing one value: streams, hashed keys, renaming and copying,
// cursors, entries, compaction.
#include <trunkline/store/store.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/digest.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/test_store.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::store {
namespace {

using namespace std::string_view_literals;

class store_operations : public ::testing::TestWithParam<std::uint32_t> {
protected:
    [[nodiscard]] std::unique_ptr<store> open() const { return open_at(path_); }
    [[nodiscard]] static std::unique_ptr<store> open_at(std::filesystem::path const& path) {
        return store::open(path, {.alignment = GetParam()}).value();
    }

    scratch_folder folder_;
    std::filesystem::path path_ = folder_ / "store.bin";
};

INSTANTIATE_TEST_SUITE_P(every, store_operations, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

// The bytes of `text` in pieces, then `end`.
payload_source pieces(std::string const& text, std::size_t size, error_code end = {}) {
    return [text, size, end,
            done = std::size_t{0}](mutable_bytes into) mutable -> result<std::size_t> {
        auto const copied =
            text.copy(reinterpret_cast<char*>(into.data()), std::min(size, into.size()), done);
        done += copied;
        if (copied == 0 && end) {
            return end;
        }
        return copied;
    };
}

// The slots that deleted keys keep in the index go when it is replaced, which the batch brings
// about, and the keys need new ones.
TEST_P(store_operations, deleted_keys_can_be_written_again_all_at_once) {
    auto const opened = open();
    std::vector<std::string> keys;
    for (int i = 0; i < 897; ++i) {
        keys.push_back("key " + std::to_string(i));
    }
    std::vector<key_value> entries;
    for (auto const& key : keys) {
        entries.push_back({as_bytes(key), as_bytes(key)});
    }
    ASSERT_TRUE(opened->batch_write(std::span(entries).first(800)).has_value());
    for (int i = 0; i < 800; ++i) {
        ASSERT_TRUE(opened->remove(as_bytes(keys[static_cast<std::size_t>(i)])).has_value());
    }
    EXPECT_EQ(opened->size(), 0U);
    ASSERT_TRUE(opened->batch_write(entries).has_value());
    EXPECT_EQ(opened->size(), entries.size());
    for (auto const& key : keys) {
        ASSERT_EQ(text_of(opened->read(as_bytes(key))), key);
    }
    EXPECT_FALSE(opened->exists(as_bytes("absent")));
}

TEST_P(store_operations, a_stream_writes_what_a_write_writes) {
    auto const streamed = open();
    auto const written = open_at(folder_ / "other.bin");
    for (auto const& text :
         {std::string("x"), std::string(70, '\0') + "y", std::string(200'000, 'z'),
          std::string(100'000, '\0') + "middle" + std::string(100'000, '\0'),
          "z" + std::string(10, '\0')}) {
        for (std::size_t const size : {1000, 65'536, 131'072}) {
            EXPECT_EQ(streamed->write_stream(as_bytes("key"), pieces(text, size)).value(),
                      written->write(as_bytes("key"), as_bytes(text)).value());
            EXPECT_EQ(text_of(streamed->read(as_bytes("key"))), text);
        }
    }
    EXPECT_EQ(read_file(path_), read_file(folder_ / "other.bin"));
}

TEST_P(store_operations, a_refused_or_failed_stream_leaves_nothing) {
    auto made = open();
    ASSERT_TRUE(made->write(as_bytes("key"), as_bytes("value")).has_value());
    auto const before = read_file(path_);
    auto const fails_with = [&](payload_source const& source) {
        auto const error = made->write_stream(as_bytes("key"), source).error();
        EXPECT_EQ(read_file(path_), before);
        return error;
    };
    EXPECT_EQ(fails_with(pieces("", 10)), store_error::empty_payload);
    EXPECT_EQ(fails_with(pieces(std::string(1, '\0'), 10)), store_error::null_stream);
    EXPECT_EQ(fails_with(pieces(std::string(300'000, '\0'), 7777)), store_error::null_stream);
    auto const broken = boost::system::errc::make_error_code(boost::system::errc::broken_pipe);
    EXPECT_EQ(fails_with(pieces("", 10, broken)), broken);
    EXPECT_EQ(fails_with(pieces(std::string(200'000, 'x'), 7777, broken)), broken);
    // And the store goes on.
    ASSERT_TRUE(made->write(as_bytes("next"), as_bytes("value")).has_value());
    made.reset();
    made = open();
    EXPECT_EQ(text_of(made->read(as_bytes("key"))), "value");
    EXPECT_EQ(text_of(made->read(as_bytes("next"))), "value");
}

TEST_P(store_operations, a_batch_of_hashes_may_delete_and_write_again) {
    auto made = open();
    auto const hash = hash_key(as_bytes("key"));
    ASSERT_TRUE(made->write(as_bytes("key"), as_bytes("old")).has_value());
    std::vector<hashed_value> const batch{{hash, as_bytes("\0"sv)}, {hash, as_bytes("new")}};
    EXPECT_EQ(made->batch_write_hashed(batch).error(), store_error::null_payload);
    ASSERT_TRUE(made->batch_write_hashed(batch, null_payloads::delete_the_key).has_value());
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_EQ(text_of(made->read_hashed(hash)), "new");
        EXPECT_TRUE(made->exists_hashed(hash));
        EXPECT_EQ(made->size(), 1U);
        made.reset();
        made = open();
    }
    EXPECT_EQ(made->write_hashed(7, {}).error(), store_error::empty_payload);
    ASSERT_TRUE(made->write_hashed(7, as_bytes("under any hash")).has_value());
    EXPECT_EQ(text_of(made->read_hashed(7)), "under any hash");
}

// STO-15: keys with one hash are one key; the later write wins. Hashes that differ in one bit are
// two keys, whichever bit it is.
TEST_P(store_operations, sto_15_equal_hashes_are_one_key) {
    auto made = open();
    ASSERT_TRUE(made->write_hashed(42, as_bytes("first")).has_value());
    ASSERT_TRUE(made->write_hashed(42, as_bytes("second")).has_value());
    for (unsigned bit = 0; bit < 64; ++bit) {
        ASSERT_TRUE(made->write_hashed(42 ^ (std::uint64_t{1} << bit), as_bytes("other")));
    }
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_EQ(text_of(made->read_hashed(42)), "second");
        EXPECT_EQ(made->size(), 65U);
        made.reset();
        made = open();
    }
}

TEST_P(store_operations, hashes_and_keys_must_belong_together) {
    auto const made = open();
    ASSERT_TRUE(made->write(as_bytes("a"), as_bytes("1")).has_value());
    ASSERT_TRUE(made->write(as_bytes("b"), as_bytes("2")).has_value());
    std::vector<std::uint64_t> const hashes{hash_key(as_bytes("a")), hash_key(as_bytes("b"))};
    std::vector<bytes_view> keys{as_bytes("a"), as_bytes("x")};
    auto const found = made->batch_read_hashed(hashes, keys).value();
    EXPECT_EQ(text_of(found[0]), "1");
    EXPECT_FALSE(found[1]);
    EXPECT_EQ(text_of(made->batch_read_hashed(hashes).value()[1]), "2");
    keys.pop_back();
    auto const mismatch = made->batch_read_hashed(hashes, keys);
    EXPECT_EQ(mismatch.error(), store_error::mismatched_lengths);
    EXPECT_EQ(mismatch.error().message(), "Mismatched lengths for hashed and non-hashed keys.");
}

TEST_P(store_operations, batch_remove_writes_a_tombstone_for_each_key_given) {
    auto const made = open();
    ASSERT_TRUE(made->write(as_bytes("a"), as_bytes("1")).has_value());
    ASSERT_TRUE(made->write(as_bytes("b"), as_bytes("2")).has_value());
    auto const before = made->file_size();
    std::vector<bytes_view> const keys{as_bytes("a"), as_bytes("missing"), as_bytes("a")};
    EXPECT_EQ(made->batch_remove(keys).value(), before + 2 * 21);
    EXPECT_EQ(made->size(), 1U);
    EXPECT_EQ(made->batch_remove(keys).value(), before + 2 * 21);
    EXPECT_EQ(made->batch_remove({}).value(), before + 2 * 21);
    std::vector<std::uint64_t> const hashes{hash_key(as_bytes("b"))};
    EXPECT_EQ(made->batch_remove_hashed(hashes).value(), before + 3 * 21);
    EXPECT_TRUE(made->empty());
}

// STO-17
TEST_P(store_operations, sto_17_rename_and_copy_refuse_as_published) {
    auto const made = open();
    auto const other = open_at(folder_ / "other.bin");
    ASSERT_TRUE(made->write(as_bytes("key"), as_bytes("value")).has_value());
    ASSERT_TRUE(made->write(as_bytes("zeros"), as_bytes("\0\0"sv)).has_value());
    EXPECT_EQ(made->rename(as_bytes("x"), as_bytes("x")).error().message(),
              "Cannot rename a key to itself");
    EXPECT_EQ(made->rename(as_bytes("x"), as_bytes("y")).error().message(), "Old key not found");
    EXPECT_EQ(made->rename(as_bytes("zeros"), as_bytes("y")).error(), store_error::null_stream);
    EXPECT_EQ(made->copy(as_bytes("zeros"), *other).error(), store_error::null_stream);
    auto const same = made->copy(as_bytes("key"), *made).error();
    EXPECT_EQ(made->published_text(same, as_bytes("key")),
              "Cannot copy entry to the same storage (\"" + path_.string() +
                  "\"). Use `rename` instead.");
    auto const absent = made->transfer(as_bytes("a\"b"), *other).error();
    EXPECT_EQ(made->published_text(absent, as_bytes("a\"b")), "Key not found: \"a\\\"b\"");
    EXPECT_EQ(made->size(), 2U);
    EXPECT_TRUE(other->empty());
}

TEST_P(store_operations, rename_moves_the_value_over_another) {
    auto made = open();
    ASSERT_TRUE(made->write(as_bytes("old"), as_bytes("value")).has_value());
    ASSERT_TRUE(made->write(as_bytes("new"), as_bytes("overwritten")).has_value());
    auto const renamed = made->rename(as_bytes("old"), as_bytes("new")).value();
    EXPECT_EQ(renamed, made->file_size());
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_EQ(text_of(made->read(as_bytes("new"))), "value");
        EXPECT_FALSE(made->read(as_bytes("old")));
        EXPECT_EQ(made->size(), 1U);
        made.reset();
        made = open();
    }
}

TEST_P(store_operations, copy_and_transfer_reach_the_other_store) {
    auto const made = open();
    auto const other = store::open(folder_ / "other.bin").value();
    ASSERT_TRUE(made->write(as_bytes("a"), as_bytes("1")).has_value());
    auto const copied = made->copy(as_bytes("a"), *other).value();
    EXPECT_EQ(copied, other->file_size());
    EXPECT_TRUE(made->exists(as_bytes("a")));
    auto const transferred = made->transfer(as_bytes("a"), *other).value();
    EXPECT_EQ(transferred, made->file_size());
    EXPECT_FALSE(made->exists(as_bytes("a")));
    EXPECT_EQ(text_of(other->read(as_bytes("a"))), "1");
}

TEST_P(store_operations, a_cursor_sees_the_store_as_it_was) {
    auto made = open();
    for (auto const* const key : {"a", "b", "c", "d"}) {
        ASSERT_TRUE(made->write(as_bytes(key), as_bytes("old")).has_value());
    }
    ASSERT_TRUE(made->write(as_bytes("a"), as_bytes("newest")).has_value());
    ASSERT_TRUE(made->remove(as_bytes("b")).has_value());
    auto cursor = made->entries();
    EXPECT_EQ(text_of(cursor.next()->borrow()), "newest");
    // Nothing of this is seen: overwriting, deleting, adding, growing, compacting, closing.
    ASSERT_TRUE(made->write(as_bytes("c"), as_bytes("later")).has_value());
    ASSERT_TRUE(made->remove(as_bytes("d")).has_value());
    for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(made->write(as_bytes(std::to_string(i)), as_bytes("later")).has_value());
    }
    ASSERT_TRUE(made->compact().has_value());
    made.reset();
    auto const second = cursor.next();
    auto const third = cursor.next();
    ASSERT_TRUE(second && third);
    EXPECT_EQ(second->key_hash(), hash_key(as_bytes("d")));
    EXPECT_EQ(third->key_hash(), hash_key(as_bytes("c")));
    EXPECT_EQ(text_of(third->borrow()), "old");
    EXPECT_FALSE(cursor.next());
    EXPECT_FALSE(cursor.next());
}

// What a cursor has given is written again while it is under way, and what was deleted before.
TEST_P(store_operations, entries_are_those_of_one_moment) {
    auto const made = open();
    auto const write = [&](std::string const& key, std::string const& payload) {
        ASSERT_TRUE(made->write(as_bytes(key), as_bytes(payload)).has_value());
    };
    write("deleted", "1");
    write("between", "x");
    write("again", "1");
    ASSERT_TRUE(made->remove(as_bytes("deleted")).has_value());
    for (int i = 0; i < 60; ++i) {  // so many that deleted keys lose their place in the index
        write(std::to_string(i), "filler");
    }
    write("again", "2");
    auto cursor = made->entries();
    EXPECT_EQ(as_text(cursor.next()->bytes()), "2");
    write("again", "3");
    for (int i = 0; i < 60; ++i) {
        EXPECT_EQ(as_text(cursor.next()->bytes()), "filler");
    }
    EXPECT_EQ(as_text(cursor.next()->bytes()), "x");
    write("deleted", "2");
    EXPECT_FALSE(cursor.next().has_value());
}

TEST_P(store_operations, shares_are_all_entries_once_each) {
    auto const made = open();
    for (int i = 0; i < 1000; ++i) {
        ASSERT_TRUE(made->write(as_bytes(std::to_string(i)), as_bytes("value")).has_value());
    }
    ASSERT_TRUE(made->remove(as_bytes("7")).has_value());
    for (std::size_t const shares : {1, 2, 3, 7, 5000}) {
        std::vector<std::uint64_t> found;
        auto all = made->shares_of_entries(shares);
        EXPECT_EQ(all.size(), shares);
        for (auto& some : all) {
            while (auto const entry = some.next()) {
                found.push_back(entry->key_hash());
            }
        }
        std::ranges::sort(found);
        EXPECT_EQ(found.size(), 999U);
        EXPECT_EQ(std::ranges::unique(found).size(), 0U);
    }
}

TEST_P(store_operations, an_entry_knows_its_place) {
    auto const made = open();
    EXPECT_FALSE(made->last_entry());
    ASSERT_TRUE(made->write(as_bytes("alpha"), as_bytes("hello world")).has_value());
    auto const entry = made->read_entry(as_bytes("alpha")).value();
    EXPECT_EQ(entry.start_offset(), 0U);
    EXPECT_EQ(entry.end_offset(), 11U);
    EXPECT_EQ(entry.size(), 11U);
    EXPECT_EQ(entry.size_in_file(), 31U);
    EXPECT_EQ(entry.key_hash(), 0xbe6903b5f625ab5aU);
    EXPECT_EQ(entry.checksum(), 0x0d4a1185U);
    EXPECT_EQ(entry.raw_checksum()[0], std::byte{0x85});
    EXPECT_TRUE(entry.has_right_checksum());
    EXPECT_TRUE(entry == as_bytes("hello world"));
    EXPECT_FALSE(entry == as_bytes("hello"));
    EXPECT_EQ(made->read_metadata(as_bytes("alpha")), entry.metadata());
    EXPECT_FALSE(made->read_metadata(as_bytes("beta")));
    ASSERT_TRUE(made->remove(as_bytes("alpha")).has_value());
    EXPECT_EQ(text_of(made->last_entry()->borrow()), "\0"sv);
    EXPECT_FALSE(made->read_entry(as_bytes("alpha")));
}

TEST(entry_handle, of_own_bytes) {
    auto const entry = entry_handle::copy_of(as_bytes("hello world"), 7).value();
    EXPECT_EQ(entry.metadata(), (trailer{7, 0, 0x0d4a1185}));
    EXPECT_TRUE(entry.has_right_checksum());
    EXPECT_EQ(entry_handle::copy_of({}, 7)->size(), 0U);
}

TEST(entry_reader, copies_piece_by_piece) {
    entry_reader reader(entry_handle::copy_of(as_bytes("hello world"), 7).value());
    std::array<std::byte, 4> piece;
    std::string all;
    for (std::size_t size = reader.read(piece); size != 0; size = reader.read(piece)) {
        all += as_text(bytes_view(piece).first(size));
    }
    EXPECT_EQ(all, "hello world");
    EXPECT_EQ(reader.read(piece), 0U);
}

TEST_P(store_operations, compacting_keeps_what_is_live) {
    auto made = open();
    for (int i = 0; i < 300; ++i) {
        auto const payload = "value " + std::to_string(i);
        ASSERT_TRUE(made->write(as_bytes(std::to_string(i % 100)), as_bytes(payload)).has_value());
    }
    ASSERT_TRUE(made->remove(as_bytes("7")).has_value());
    ASSERT_TRUE(made->write(as_bytes("zeros"), as_bytes(std::string(8, '\0'))).has_value());
    ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
    auto const held = made->read(as_bytes("8"));
    auto const before = made->file_size();
    ASSERT_TRUE(made->compact().has_value());
    EXPECT_LT(made->file_size(), before);
    EXPECT_EQ(std::filesystem::file_size(path_), made->file_size());
    EXPECT_EQ(std::filesystem::status(path_).permissions(), std::filesystem::perms(0640));
    EXPECT_EQ(text_of(held), "value 208");
    ASSERT_TRUE(made->write(as_bytes("later"), as_bytes("still works")).has_value());
    EXPECT_EQ(store::open(path_, {.alignment = GetParam()}).error(), store_error::locked);
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_EQ(made->size(), 101U);
        EXPECT_EQ(text_of(made->read(as_bytes("99"))), "value 299");
        EXPECT_EQ(text_of(made->read(as_bytes("zeros"))), std::string(8, '\0'));
        EXPECT_EQ(text_of(made->read(as_bytes("later"))), "still works");
        EXPECT_FALSE(made->read(as_bytes("7")));
        made.reset();
        made = open();
    }
}

TEST_P(store_operations, compacting_does_not_hide_damage) {
    auto made = open();
    ASSERT_TRUE(made->write(as_bytes("a"), as_bytes("sound")).has_value());
    ASSERT_TRUE(made->write(as_bytes("b"), as_bytes("sound")).has_value());
    made.reset();
    auto file = read_file(path_);
    file[0] = 'S';
    write_file(path_, file);
    made = open();
    EXPECT_EQ(made->compact().error(), store_error::damaged);
    EXPECT_EQ(read_file(path_), file);
    ASSERT_TRUE(made->remove(as_bytes("a")).has_value());
    EXPECT_TRUE(made->compact().has_value());
    EXPECT_EQ(made->size(), 1U);
}

TEST_P(store_operations, an_empty_store_compacts_to_an_empty_file) {
    auto const made = open();
    ASSERT_TRUE(made->compact().has_value());
    ASSERT_TRUE(made->write(as_bytes("a"), as_bytes("1")).has_value());
    ASSERT_TRUE(made->remove(as_bytes("a")).has_value());
    ASSERT_TRUE(made->compact().has_value());
    EXPECT_EQ(std::filesystem::file_size(path_), 0U);
    EXPECT_EQ(made->compaction_savings(), 0U);
}

}  // namespace
}  // namespace trunkline::store
