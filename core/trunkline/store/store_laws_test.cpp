// What holds for every store, whatever was done to it: round trips, alignment, refusals.
#include <trunkline/store/store.hpp>

#include <trunkline/store/check.hpp>
#include <trunkline/store/digest.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace trunkline::store {
namespace {

payload_source pieces_of(std::string_view bytes) {
    return [bytes](mutable_bytes into) mutable -> result<std::size_t> {
        auto const size = bytes.copy(reinterpret_cast<char*>(into.data()), into.size() / 3 + 1);
        bytes.remove_prefix(size);
        return size;
    };
}

class store_laws : public ::testing::TestWithParam<std::uint32_t> {
protected:
    void open() {
        store_.reset();
        store_ = store::open(image_path, {.alignment = GetParam(), .on = &disk_}).value();
    }
    void SetUp() override { open(); }

    void expect_same(std::map<std::string, std::string> const& expected) {
        EXPECT_EQ(store_->size(), expected.size());
        for (auto const& [key, payload] : expected) {
            auto const entry = store_->read_entry(as_bytes(key));
            ASSERT_TRUE(entry) << key;
            EXPECT_TRUE(*entry == as_bytes(payload)) << key;
            EXPECT_TRUE(entry->has_right_checksum());
        }
    }

    faulty_disk disk_;
    std::unique_ptr<store> store_;
};
INSTANTIATE_TEST_SUITE_P(every, store_laws, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

// Around each border of the format and of the ways that bytes take into the file.
constexpr std::array<std::size_t, 29> sizes{
    1,  2,   3,   11,  12,  15,   16,   17,   20,   21,    43,    44,    45,     63,     64,
    65, 127, 128, 129, 255, 4095, 4096, 4097, 8191, 65535, 65536, 65537, 200001, 1 << 20};

TEST_P(store_laws, sto_01_every_size_and_tombstones_make_the_round_trip) {
    std::map<std::string, std::string> expected;
    for (auto const size : sizes) {
        std::string payload(size, '\1');
        for (std::size_t i = 0; i < size; ++i) {
            payload[i] = static_cast<char>(i * 31 + size);
        }
        payload.back() = 'e';
        auto const name = std::to_string(size);
        expected["write " + name] = expected["batch " + name] = expected["stream " + name] =
            payload;
        ASSERT_TRUE(store_->write(as_bytes("write " + name), as_bytes(payload)));
        auto const removed = "removed " + name;
        auto const batched = "batch " + name;
        std::vector<key_value> const batch{{as_bytes(removed), as_bytes(payload)},
                                           {as_bytes(batched), as_bytes(payload)}};
        ASSERT_TRUE(store_->batch_write(batch));
        ASSERT_TRUE(store_->remove(as_bytes(removed)));
        ASSERT_TRUE(store_->write_stream(as_bytes("stream " + name), pieces_of(payload)));
        if (size > 1) {
            auto const zeros = expected["zeros " + name] = std::string(size, '\0');
            ASSERT_TRUE(store_->write(as_bytes("zeros " + name), as_bytes(zeros)));
        }
    }
    expect_same(expected);
    open();
    expect_same(expected);
    EXPECT_FALSE(store_->exists(as_bytes("removed 64")));
    ASSERT_TRUE(store_->compact());
    expect_same(expected);
    open();
    expect_same(expected);
}

// STO-16: whichever way an entry came into the file.
TEST_P(store_laws, sto_16_every_entry_is_aligned_and_its_pad_is_zero) {
    ASSERT_TRUE(store_->write(as_bytes("a"), as_bytes("written")));
    ASSERT_TRUE(store_->write_stream(as_bytes("b"), pieces_of("streamed in pieces")));
    std::vector<key_value> const batch{{as_bytes("c"), as_bytes("1")},
                                       {as_bytes("d"), as_bytes("22")}};
    ASSERT_TRUE(store_->batch_write(batch));
    ASSERT_TRUE(store_->rename(as_bytes("a"), as_bytes("renamed")));
    ASSERT_TRUE(store_->remove(as_bytes("c")));
    ASSERT_TRUE(store_->write(as_bytes("e"), as_bytes("after a tombstone")));
    for (int pass = 0; pass < 3; ++pass) {
        auto all = store_->entries();
        int count = 0;
        while (auto const entry = all.next()) {
            EXPECT_EQ(entry->start_offset() % GetParam(), 0U);
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(entry->bytes().data()) % GetParam(), 0U);
            ++count;
        }
        EXPECT_EQ(count, 4);
        pass == 0 ? open() : static_cast<void>(store_->compact());
    }
    store_.reset();
    EXPECT_TRUE(check_file(image_path, GetParam(), disk_)->sound());
}

// STO-15: hashes that are equal are one key; such that agree in the tag of the index, or in all but
// one bit, are two.
TEST_P(store_laws, sto_15_forced_collisions) {
    std::map<std::uint64_t, std::string> expected;
    auto const put = [&](std::uint64_t hash) {
        auto const payload = std::to_string(hash);
        ASSERT_TRUE(store_->write_hashed(hash, as_bytes(payload)));
        expected[hash] = payload;
    };
    constexpr auto base = std::uint64_t{0x123456789abcdef0};
    put(base);
    for (unsigned bit = 0; bit < 64; ++bit) {
        put(base ^ std::uint64_t{1} << bit);
    }
    for (std::uint64_t i = 1; i < 2000; ++i) {
        put((base >> 48 << 48) + i);
        put(i << 48);
    }
    put(0);
    ASSERT_TRUE(store_->write_hashed(base, as_bytes("the later one")));
    expected[base] = "the later one";
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_EQ(store_->size(), expected.size());
        for (auto const& [hash, payload] : expected) {
            auto const found = store_->read_hashed(hash);
            ASSERT_TRUE(found) << hash;
            EXPECT_EQ(as_text(found->bytes), payload);
        }
        open();
    }
    std::array const removed{base};
    ASSERT_TRUE(store_->batch_remove_hashed(removed));
    EXPECT_FALSE(store_->exists_hashed(base));
    EXPECT_TRUE(store_->exists_hashed(base ^ 1));
}

// STO-17: refused alike, with the published text, and nothing is written.
TEST_P(store_laws, sto_17_what_the_original_refuses_is_refused) {
    faulty_disk other_disk;
    auto const other =
        store::open(image_path, {.alignment = GetParam(), .on = &other_disk}).value();
    ASSERT_TRUE(store_->write(as_bytes("key"), as_bytes("value")));
    ASSERT_TRUE(store_->write(as_bytes("zeros"), as_bytes(std::string(9, '\0'))));
    auto const before = disk_.content(image_path);
    auto const null = std::string(1, '\0');
    auto const zeros = std::string(70'000, '\0');
    std::vector<key_value> const half_empty{{as_bytes("a"), as_bytes("1")}, {as_bytes("b"), {}}};
    std::vector<hashed_value> const half_null{{1, as_bytes("1")}, {2, as_bytes(null)}};
    struct row {
        result<std::uint64_t> got;
        std::string_view text;
    };
    constexpr auto empty_text = "Payload cannot be empty.";
    constexpr auto null_text = "NULL-byte payloads cannot be written directly.";
    constexpr auto stream_text = "NULL-byte-only streams cannot be written directly.";
    auto const key = as_bytes("key");
    auto const absent = as_bytes("absent");
    std::vector<row> const table{
        {store_->write(key, {}), empty_text},
        {store_->write(key, as_bytes(null)), null_text},
        {store_->write_hashed(1, {}), empty_text},
        {store_->write_hashed(1, as_bytes(null)), null_text},
        {store_->batch_write(half_empty), empty_text},
        {store_->batch_write_hashed(half_null), null_text},
        {store_->write_stream(key, pieces_of("")), empty_text},
        {store_->write_stream(key, pieces_of(null)), stream_text},
        {store_->write_stream(key, pieces_of(zeros)), stream_text},
        {store_->rename(key, key), "Cannot rename a key to itself"},
        {store_->rename(absent, absent), "Cannot rename a key to itself"},
        {store_->rename(absent, key), "Old key not found"},
        {store_->rename(as_bytes("zeros"), key), stream_text},
        {store_->copy(as_bytes("zeros"), *other), stream_text},
        {store_->transfer(as_bytes("zeros"), *other), stream_text},
    };
    for (auto const& [got, text] : table) {
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().message(), text);
    }
    EXPECT_EQ(store_->published_text(store_->copy(absent, *other).error(), absent),
              "Key not found: \"absent\"");
    EXPECT_EQ(store_->published_text(store_->copy(key, *store_).error(), key),
              "Cannot copy entry to the same storage (\"store.bin\"). Use `rename` instead.");
    std::array const hash{hash_key(key)};
    EXPECT_EQ(store_->batch_read_hashed(hash, std::span<bytes_view const>()).error().message(),
              "Mismatched lengths for hashed and non-hashed keys.");
    EXPECT_EQ(disk_.content(image_path), before);
    EXPECT_EQ(other->file_size(), 0U);
    // And what it allows is allowed: nothing to delete, nothing to write.
    EXPECT_EQ(store_->remove(absent).value(), before.size());
    EXPECT_EQ(store_->batch_write({}).value(), before.size());
    EXPECT_EQ(store_->batch_remove_hashed({}).value(), before.size());
}

}  // namespace
}  // namespace trunkline::store
