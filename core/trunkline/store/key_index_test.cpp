#include <trunkline/store/key_index.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/index_builder.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trunkline::store {
namespace {

// Hashes laid into memory as trailers, so that the table can compare them.
class hashes_in_file {
public:
    std::uint64_t add(std::uint64_t hash) {
        auto const at = file_.size();
        file_.resize(at + trailer_size);
        store_trailer(file_.data() + at, {hash, 0, 0});
        return at;
    }
    [[nodiscard]] std::byte const* data() const { return file_.data(); }

private:
    std::vector<std::byte> file_{1};
};

TEST(key_index, finds_what_was_put_and_nothing_else) {
    hashes_in_file file;
    auto const table = index_table::make(64).value();
    auto const first = file.add(1);
    auto const second = file.add(2);
    EXPECT_EQ(table->find(1, file.data()), 0U);
    EXPECT_EQ(table->put(1, first, file.data()), 0U);
    EXPECT_EQ(table->put(2, second, file.data()), 0U);
    EXPECT_EQ(table->find(1, file.data()), first);
    EXPECT_EQ(table->find(2, file.data()), second);
    EXPECT_EQ(table->find(3, file.data()), 0U);
    auto const newer = file.add(1);
    EXPECT_EQ(table->put(1, newer, file.data()), first);
    EXPECT_EQ(table->find(1, file.data()), newer);
    EXPECT_EQ(table->put_if_absent(1, first, file.data()), newer);
    EXPECT_EQ(table->find(1, file.data()), newer);
    EXPECT_EQ(table->used(), 2U);
}

// Hashes that agree in any 16 bits, and so in the tag or in the low bits, are told apart.
TEST(key_index, hashes_that_look_alike_are_told_apart) {
    hashes_in_file file;
    auto const table = index_table::make(4096).value();
    std::vector<std::pair<std::uint64_t, std::uint64_t>> put;
    for (std::uint64_t i = 0; i < 400; ++i) {
        for (unsigned const shift : {0U, 16U, 32U, 48U}) {
            auto const hash = 0x1234567890abcdef ^ (i + 1) << shift;
            if (table->find(hash, file.data()) == 0) {
                auto const offset = file.add(hash);
                put.emplace_back(hash, offset);
                table->put(hash, offset, file.data());
            }
        }
    }
    for (auto const& [hash, offset] : put) {
        EXPECT_EQ(table->find(hash, file.data()), offset);
    }
    EXPECT_EQ(table->used(), put.size());
}

TEST(key_index, a_table_made_for_keys_has_room_for_them) {
    for (std::uint64_t keys = 0; keys < 200'000; keys += 1 + keys / 7) {
        auto const capacity = index_table::capacity_for(keys);
        auto const used_max = capacity / 8 * 7;
        EXPECT_LT(keys, used_max);
        EXPECT_EQ(capacity & (capacity - 1), 0U);
        if (capacity > index_table::capacity_min && keys > 1000) {
            EXPECT_LE(static_cast<double>(capacity * 8) / static_cast<double>(keys), 20.0) << keys;
        }
    }
}

TEST(key_index, is_built_from_the_newest_entries) {
    for (auto const alignment : alignments) {
        plain_image image(alignment);
        for (int i = 0; i < 5000; ++i) {
            image.write("key " + std::to_string(i % 1000), "value " + std::to_string(i));
        }
        for (int i = 0; i < 300; ++i) {
            image.remove("key " + std::to_string(i));
        }
        image.write("key 7", "again");
        auto const file = as_bytes(image.bytes);
        auto const built =
            build_index(file, file.size(), image.tails.size() - 1, alignment).value();
        EXPECT_EQ(built.live_keys, 701U);
        EXPECT_LE(built.table->capacity(), index_table::capacity_for(701));
        EXPECT_EQ(built.table->find(hash_key(as_bytes("key 7")), file.data()),
                  file.size() - trailer_size);
        EXPECT_NE(built.table->find(hash_key(as_bytes("key 999")), file.data()), 0U);
        EXPECT_EQ(built.table->find(hash_key(as_bytes("key 1000")), file.data()), 0U);
    }
}

// Nobody writes one zero byte behind a pad, but a file may hold it: its key is deleted, too.
TEST(key_index, is_built_without_keys_that_a_padded_zero_byte_deletes) {
    for (auto const alignment : alignments) {
        plain_image image(alignment);
        image.write("first", "value");
        for (std::uint64_t hash = 1; hash <= 2000; ++hash) {
            image.append(hash << 40, std::string_view("\0", 1), false);
        }
        auto const file = as_bytes(image.bytes);
        auto const built = build_index(file, file.size(), 2001, alignment).value();
        EXPECT_EQ(built.live_keys, 1U);
        EXPECT_EQ(built.table->used(), 1U);
        EXPECT_EQ(built.table->capacity(), index_table::capacity_min);
    }
}

// More than are fetched ahead at a time, into a larger and a smaller table.
TEST(key_index, a_replaced_table_leads_to_the_same_entries) {
    for (std::uint64_t const keys : {0, 1, 63, 64, 65, 1000, 1700}) {
        hashes_in_file file;
        file.add(0);  // one behind a single zero byte would be a tombstone
        std::vector<std::uint64_t> offsets;
        auto const table = index_table::make(2048).value();
        for (std::uint64_t key = 0; key < keys; ++key) {
            offsets.push_back(file.add(key * 0x9e3779b97f4a7c15));
        }
        for (std::uint64_t key = 0; key < keys; ++key) {
            table->put(key * 0x9e3779b97f4a7c15, offsets[key], file.data());
        }
        for (auto const capacity : {index_table::capacity_for(keys), std::uint64_t{8192}}) {
            auto const replaced = rebuild_index(*table, capacity, file.data(), 1).value();
            EXPECT_EQ(replaced->used(), keys);
            EXPECT_EQ(replaced->capacity(), capacity);
            for (std::uint64_t key = 0; key < keys; ++key) {
                auto const hash = key * 0x9e3779b97f4a7c15;
                EXPECT_EQ(replaced->find(hash, file.data()), offsets[key]);
            }
        }
    }
}

TEST(key_index, fetching_the_payload_early_changes_nothing) {
    hashes_in_file file;
    auto const table = index_table::make(64).value();
    auto const offset = file.add(7);
    table->put(7, offset, file.data());
    for (std::uint64_t const ahead : {std::uint64_t{0}, std::uint64_t{64}, file_size_max - 1}) {
        EXPECT_EQ(table->find(7, file.data(), ahead), offset);
        EXPECT_EQ(table->find(8, file.data(), ahead), 0U);
    }
}

// Of a store that is written key by key, at every key from 26 on, so also whenever the table was
// replaced.
TEST(key_index, takes_at_most_20_bytes_a_key_as_a_store_grows) {
    scratch_folder const folder;
    auto opened = store::open(folder / "s.bin", {.alignment = 1}).value();
    std::uint64_t replaced = 0;
    for (std::uint64_t keys = 1; keys <= 200'000; ++keys) {
        auto const before = opened->index_bytes();
        auto const key = std::to_string(keys);
        ASSERT_TRUE(opened->write(as_bytes(key), as_bytes("v")).has_value());
        auto const now = opened->index_bytes();
        ASSERT_EQ(opened->size(), keys);
        ASSERT_TRUE(keys < 26 ? now == 512 : now <= 20 * keys) << keys << " keys: " << now;
        ASSERT_GE(now, 9 * keys);
        if (now != before) {
            EXPECT_EQ(now, 2 * before) << keys;
            ++replaced;
        }
    }
    EXPECT_EQ(replaced, 12U);
    opened.reset();
    opened = store::open(folder / "s.bin").value();
    EXPECT_LE(opened->index_bytes(), 20U * 200'000);
}

// Deleted keys keep their slots until the table is replaced, which then becomes smaller.
TEST(key_index, forgets_deleted_keys_when_it_is_replaced) {
    scratch_folder const folder;
    auto const opened = store::open(folder / "s.bin", {.alignment = 1}).value();
    auto const write = [&](int key) {
        ASSERT_TRUE(opened->write(as_bytes(std::to_string(key)), as_bytes("v")).has_value());
    };
    auto const remove = [&](int key) {
        ASSERT_TRUE(opened->remove(as_bytes(std::to_string(key))).has_value());
    };
    for (int key = 0; key < 10'000; ++key) {
        write(key);
    }
    auto const large = opened->index_bytes();
    for (int key = 0; key < 9'900; ++key) {
        remove(key);
    }
    EXPECT_EQ(opened->index_bytes(), large);
    for (int key = 10'000; opened->index_bytes() == large && key < 40'000; ++key) {
        write(key);
        remove(key);
    }
    EXPECT_EQ(opened->size(), 100U);
    EXPECT_LE(opened->index_bytes(), 20U * 101);
    for (int key = 9'900; key < 10'000; ++key) {
        EXPECT_TRUE(opened->exists(as_bytes(std::to_string(key))));
    }
}

// A search for an absent key ends at an empty slot.
TEST(key_index, a_table_is_never_filled_up) {
    hashes_in_file file;
    for (std::uint64_t i = 1; i < 64; ++i) {
        file.add(i);
    }
    auto const table = index_table::make(64).value();
    for (std::uint64_t i = 1; i < 64; ++i) {
        table->put(i, 1 + (i - 1) * trailer_size, file.data());
    }
    EXPECT_EQ(table->find(64, file.data()), 0U);
    auto const one_more = file.add(64);
    EXPECT_DEATH(table->put(64, one_more, file.data()), "used_");
    EXPECT_DEATH(table->put_if_absent(64, one_more, file.data()), "used_");
}

}  // namespace
}  // namespace trunkline::store
