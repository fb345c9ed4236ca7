#include <trunkline/store/store.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/test_store.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace trunkline::store {
namespace {

using namespace std::string_view_literals;

std::unique_ptr<store> open_at(std::filesystem::path const& path,
                               open_options const& options = {}) {
    return store::open(path, options).value();
}

class store_with_alignment : public ::testing::TestWithParam<std::uint32_t> {
protected:
    [[nodiscard]] std::unique_ptr<store> open() const {
        return open_at(path_, {.alignment = GetParam()});
    }

    scratch_folder folder_;
    std::filesystem::path path_ = folder_ / "store.bin";
};

INSTANTIATE_TEST_SUITE_P(every, store_with_alignment, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

TEST_P(store_with_alignment, a_new_file_is_empty) {
    auto const made = open();
    EXPECT_TRUE(made->empty());
    EXPECT_EQ(made->size(), 0U);
    EXPECT_EQ(made->file_size(), 0U);
    EXPECT_EQ(std::filesystem::file_size(path_), 0U);
    EXPECT_FALSE(made->read(as_bytes("alpha")));
}

TEST_P(store_with_alignment, what_is_written_is_read_back_also_after_reopening) {
    auto made = open();
    EXPECT_EQ(made->write(as_bytes("alpha"), as_bytes("hello world")).value(), 31U);
    EXPECT_TRUE(made->write(as_bytes(""), as_bytes("under the empty key")).has_value());
    EXPECT_TRUE(made->write(as_bytes("zeros"), as_bytes("\0\0"sv)).has_value());
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_EQ(text_of(made->read(as_bytes("alpha"))), "hello world");
        EXPECT_EQ(text_of(made->read(as_bytes(""))), "under the empty key");
        EXPECT_EQ(text_of(made->read(as_bytes("zeros"))), "\0\0"sv);
        EXPECT_FALSE(made->exists(as_bytes("beta")));
        EXPECT_EQ(made->size(), 3U);
        made.reset();
        made = open();
    }
}

TEST_P(store_with_alignment, the_newest_value_wins) {
    auto made = open();
    for (auto const* const text : {"first", "second", "third"}) {
        ASSERT_TRUE(made->write(as_bytes("key"), as_bytes(text)).has_value());
    }
    EXPECT_EQ(text_of(made->read(as_bytes("key"))), "third");
    EXPECT_EQ(made->size(), 1U);
    made.reset();
    EXPECT_EQ(text_of(open()->read(as_bytes("key"))), "third");
}

TEST_P(store_with_alignment, a_removed_key_is_absent_and_not_counted) {
    auto made = open();
    ASSERT_TRUE(made->write(as_bytes("key"), as_bytes("value")).has_value());
    auto const before = made->file_size();
    EXPECT_EQ(made->remove(as_bytes("key")).value(), before + 21);
    for (int pass = 0; pass < 2; ++pass) {
        EXPECT_FALSE(made->read(as_bytes("key")));
        EXPECT_FALSE(made->exists(as_bytes("key")));
        EXPECT_EQ(made->size(), 0U);
        EXPECT_TRUE(made->empty());
        EXPECT_EQ(made->remove(as_bytes("key")).value(), before + 21) << "writes nothing";
        made.reset();
        made = open();
    }
    ASSERT_TRUE(made->write(as_bytes("key"), as_bytes("again")).has_value());
    EXPECT_EQ(text_of(made->read(as_bytes("key"))), "again");
    EXPECT_EQ(made->size(), 1U);
}

TEST_P(store_with_alignment, a_batch_is_written_in_order_or_not_at_all) {
    auto made = open();
    std::vector<key_value> batch{{as_bytes("a"), as_bytes("1")},
                                 {as_bytes("b"), as_bytes("2")},
                                 {as_bytes("a"), as_bytes("3")}};
    auto const tail = made->batch_write(batch).value();
    EXPECT_EQ(tail, made->file_size());
    EXPECT_EQ(text_of(made->read(as_bytes("a"))), "3");
    EXPECT_EQ(made->size(), 2U);
    EXPECT_EQ(made->batch_write({}).value(), tail);

    batch.push_back({as_bytes("c"), as_bytes("\0"sv)});
    EXPECT_EQ(made->batch_write(batch).error(), store_error::null_payload);
    batch.back().payload = {};
    EXPECT_EQ(made->batch_write(batch).error(), store_error::empty_payload);
    EXPECT_EQ(made->file_size(), tail);
    EXPECT_EQ(std::filesystem::file_size(path_), tail);
}

TEST_P(store_with_alignment, batch_read_keeps_the_order_of_the_keys) {
    auto made = open();
    ASSERT_TRUE(made->write(as_bytes("a"), as_bytes("1")).has_value());
    ASSERT_TRUE(made->write(as_bytes("b"), as_bytes("2")).has_value());
    ASSERT_TRUE(made->remove(as_bytes("b")).has_value());
    std::vector<bytes_view> const keys{as_bytes("b"), as_bytes("a"), as_bytes("c"), as_bytes("a")};
    auto const found = made->batch_read(keys);
    ASSERT_EQ(found.size(), 4U);
    EXPECT_EQ(text_of(found[0]), "(absent)");
    EXPECT_EQ(text_of(found[1]), "1");
    EXPECT_EQ(text_of(found[2]), "(absent)");
    EXPECT_EQ(text_of(found[3]), "1");
    EXPECT_TRUE(made->batch_read({}).empty());
}

TEST_P(store_with_alignment, sto_16_every_value_begins_at_a_multiple_of_the_alignment) {
    auto const made = open();
    for (std::size_t size = 1; size < 200; ++size) {
        auto const text = std::string(size, 'x');
        ASSERT_TRUE(made->write(as_bytes(std::to_string(size)), as_bytes(text)).has_value());
    }
    for (std::size_t size = 1; size < 200; ++size) {
        auto const found = made->read(as_bytes(std::to_string(size)));
        ASSERT_TRUE(found);
        EXPECT_EQ(found->bytes.size(), size);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(found->bytes.data()) % GetParam(), 0U);
    }
}

TEST_P(store_with_alignment, large_and_small_payloads_share_a_batch) {
    auto made = open();
    std::vector<std::string> payloads;
    for (std::size_t const size : {1, 4095, 4096, 4097, 70'000, 20, 1'000'000, 8'388'608, 3}) {
        payloads.emplace_back(size, static_cast<char>('a' + payloads.size()));
    }
    std::vector<std::string> keys;
    std::vector<key_value> batch;
    for (std::size_t i = 0; i < 3000; ++i) {
        keys.push_back(std::to_string(i));
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        auto const& payload = payloads[i < payloads.size() ? i : i % 2 == 0 ? 0 : 3];
        batch.push_back({as_bytes(keys[i]), as_bytes(payload)});
    }
    ASSERT_TRUE(made->batch_write(batch).has_value());
    made.reset();
    made = open();
    EXPECT_EQ(made->size(), keys.size());
    for (auto const& entry : batch) {
        auto const found = made->read(entry.key);
        ASSERT_TRUE(found);
        EXPECT_TRUE(as_text(found->bytes) == as_text(entry.payload));
    }
}

TEST_P(store_with_alignment, a_value_outlives_overwriting_growth_and_the_store) {
    auto made = open();
    ASSERT_TRUE(made->write(as_bytes("key"), as_bytes("the first value")).has_value());
    auto kept = made->read(as_bytes("key"));
    ASSERT_TRUE(made->remove(as_bytes("key")).has_value());
    for (int i = 0; i < 2000; ++i) {
        auto const key = std::to_string(i);
        ASSERT_TRUE(made->write(as_bytes(key), as_bytes(std::string(500, 'v'))).has_value());
    }
    made.reset();
    EXPECT_EQ(text_of(kept), "the first value");
}

}  // namespace
}  // namespace trunkline::store
