// Holds FORMAT.md to the code: constants, texts and the worked examples.
#include <trunkline/base/format_page.hpp>

#include <trunkline/store/digest.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/key_index.hpp>
#include <trunkline/store/mapping.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/recovery.hpp>
#include <trunkline/store/write_queue.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace trunkline::store {
namespace {

using namespace std::string_view_literals;

class store_format : public ::testing::Test {
protected:
    format_page page_{TRUNKLINE_SOURCE_DIR "/core/trunkline/store/FORMAT.md"};
};

std::string hex(std::string_view bytes) {
    std::string digits;
    for (unsigned char const each : bytes) {
        digits += "0123456789abcdef"[each >> 4];
        digits += "0123456789abcdef"[each & 15];
    }
    return digits;
}

std::string_view named(std::string const& cell) {
    return cell == "(empty)" ? ""sv : cell == "(one zero byte)" ? "\0"sv : std::string_view(cell);
}

TEST_F(store_format, trailer_fields) {
    auto const table = page_.table("Entry");
    trailer const fields{0x1111111111111111, 0x2222222222222222, 0x33333333};
    std::string bytes(trailer_size, '\0');
    store_trailer(reinterpret_cast<std::byte*>(bytes.data()), fields);
    std::size_t total = 0;
    for (auto const& [name, digit] :
         {std::pair{"key hash", '\x11'}, {"previous tail", '\x22'}, {"checksum", '\x33'}}) {
        auto const size = table.number(name, "size");
        EXPECT_EQ(bytes.substr(table.number(name, "offset in the trailer"), size),
                  std::string(size, digit))
            << name;
        total += size;
    }
    EXPECT_EQ(total, trailer_size);
}

TEST_F(store_format, alignments) {
    auto const table = page_.table("Alignment");
    ASSERT_EQ(table.rows.size(), alignments.size() + 1);
    for (std::size_t i = 0; i < alignments.size(); ++i) {
        EXPECT_EQ(table.rows[i + 1][0], std::to_string(alignments[i]));
    }
}

TEST_F(store_format, digests) {
    auto const hashes = page_.table("Key hash").rows;
    for (std::size_t i = 1; i < hashes.size(); ++i) {
        EXPECT_EQ(hash_key(as_bytes(named(hashes[i][0]))), std::stoull(hashes[i][1], nullptr, 16))
            << hashes[i][0];
    }
    auto const checksums = page_.table("Checksum").rows;
    for (std::size_t i = 1; i < checksums.size(); ++i) {
        EXPECT_EQ(checksum_of(as_bytes(named(checksums[i][0]))),
                  std::stoul(checksums[i][1], nullptr, 16))
            << checksums[i][0];
    }
}

TEST_F(store_format, example) {
    plain_image image(64);
    image.write("alpha", "hello world");
    image.write("beta", "B");
    image.remove("alpha");
    EXPECT_EQ(page_.hex_example("Example"), hex(image.bytes));
    EXPECT_EQ(recover(as_bytes(image.bytes), 64)->entries, 3U);
}

TEST_F(store_format, the_cut_that_no_reader_can_tell) {
    plain_image alone(1);
    alone.write("alpha", "hi");
    EXPECT_EQ(page_.hex_example("What no reader can tell"), hex(alone.bytes));
    plain_image holding(1);
    holding.write("k", alone.bytes + " and goes on behind it");
    EXPECT_EQ(recover(as_bytes(holding.bytes), 1)->tail, holding.bytes.size());
    for (std::size_t size = 0; size < holding.bytes.size(); ++size) {
        auto const cut = std::string_view(holding.bytes).substr(0, size);
        EXPECT_EQ(recover(as_bytes(cut), 1)->tail,
                  size < alone.bytes.size() ? 0 : alone.bytes.size());
    }
}

TEST_F(store_format, refusals) {
    auto const rows = page_.table("Refusals").rows;
    EXPECT_EQ(rows.at(1).at(1), make_error_code(store_error::empty_payload).message());
    EXPECT_EQ(rows.at(2).at(1), make_error_code(store_error::null_payload).message());
}

TEST_F(store_format, limits) {
    auto const table = page_.table("Limits");
    EXPECT_EQ(table.number("trailer", "value"), trailer_size);
    EXPECT_EQ(table.number("shortest entry", "value"), entry_size_min);
    EXPECT_EQ(table.number("file", "value"), file_size_max);
    EXPECT_EQ(table.at("address space per mapping", "value"),
              "64 GiB, or sixteen times the file if that is more");
    EXPECT_EQ(mapping_size_wanted(0), std::uint64_t{64} << 30);
    EXPECT_EQ(mapping_size_wanted(std::uint64_t{10} << 30), std::uint64_t{160} << 30);
    EXPECT_EQ(mapping_size_wanted(file_size_max), file_size_max);
    auto const most = table.number("index, bytes per key", "value");
    for (std::uint64_t keys = 1000; keys < 10'000'000; keys += keys / 3) {
        EXPECT_LE(index_table::capacity_for(keys) * 8, most * keys) << keys;
    }
    EXPECT_EQ(table.number("calls written together", "value"), group_calls_max);
    EXPECT_EQ(table.number("entries of calls written together", "value"), group_entries_max);
}

TEST_F(store_format, durability_levels) {
    auto const table = page_.table("Durability");
    ASSERT_EQ(table.rows.size(), durability_names.size() + 1);
    for (std::size_t i = 0; i < durability_names.size(); ++i) {
        EXPECT_EQ(table.rows[i + 1][0], durability_names[i]);
        EXPECT_EQ(durability_of(durability_names[i]), static_cast<durability>(i));
    }
    EXPECT_EQ(durability_of("fsync"), std::nullopt);
}

// Every commit part lies in one sector, with the first byte of the checksum, and is as long as it
// can be.
TEST_F(store_format, commit_part) {
    EXPECT_NE(page_.text().find("sector of " + std::to_string(sector_size)), std::string::npos);
    for (std::uint64_t offset = 0; offset < 2 * sector_size; ++offset) {
        auto const part = commit_part(offset);
        ASSERT_TRUE(part.begin >= 8 && part.begin <= 16 && part.end > 16 && part.end <= 20);
        auto const first = offset + part.begin;
        auto const end = offset + part.end;
        EXPECT_EQ(first / sector_size, (end - 1) / sector_size);
        EXPECT_TRUE(part.begin == 8 || first % sector_size == 0);
        EXPECT_TRUE(part.end == 20 || end % sector_size == 0);
    }
}

}  // namespace
}  // namespace trunkline::store
