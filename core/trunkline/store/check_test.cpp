#include <trunkline/store/check.hpp>

#include <trunkline/store/entry.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <gtest/gtest.h>

#include <string>

namespace trunkline::store {
namespace {

plain_image short_history(std::uint32_t alignment) {
    plain_image image(alignment);
    image.write("alpha", "hello world");
    image.write("beta", std::string(100, 'b'));
    image.write("alpha", "again");
    image.remove("beta");
    image.write("gamma", std::string(64, '\0'));
    image.write("delta", "end");
    return image;
}

result<check_report> check_content(std::string_view content,
                                   std::optional<std::uint32_t> alignment = {}) {
    faulty_disk disk;
    disk.put("store.bin", content);
    auto report = check_file("store.bin", alignment, disk);
    EXPECT_EQ(disk.content("store.bin"), content);
    return report;
}

class check : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(every, check, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

TEST_P(check, a_sound_file_is_counted) {
    auto const image = short_history(GetParam());
    auto const report = check_content(image.bytes).value();
    EXPECT_TRUE(report.sound()) << report.to_text();
    EXPECT_EQ(report.alignment, GetParam());
    EXPECT_EQ(report.size, image.bytes.size());
    EXPECT_EQ(report.tail, image.bytes.size());
    EXPECT_EQ(report.entries, 6U);
    EXPECT_EQ(report.tombstones, 1U);
    EXPECT_EQ(report.live_keys, 3U);
    EXPECT_EQ(report.live_bytes, 5U + 64 + 3);
    EXPECT_EQ(report.to_text(), "store.bin: sound; 6 entries (1 deletions), 3 keys, " +
                                    std::to_string(report.size) + " of " +
                                    std::to_string(report.size) + " bytes, alignment " +
                                    std::to_string(GetParam()));
}

TEST_P(check, a_first_entry_without_a_checksum_is_one_problem) {
    plain_image image(GetParam());
    for (int i = 0; i < 101; ++i) {
        image.write("key " + std::to_string(i), std::string(100, 'v'));
    }
    image.bytes.replace(image.tails[1] - 4, 4, 4, '\0');
    auto const report = check_content(image.bytes).value();
    EXPECT_EQ(report.problems_found, 1U) << report.to_text();
    EXPECT_EQ(report.tail, image.bytes.size());
    EXPECT_EQ(report.entries, 101U);
    EXPECT_EQ(report.live_keys, 101U);
}

TEST_P(check, padded_zero_bytes_are_counted_as_deletions) {
    plain_image image(GetParam());
    image.write("first", "value");
    for (std::uint64_t hash = 1; hash <= 200; ++hash) {
        image.append(hash << 40, std::string_view("\0", 1), false);
    }
    auto const report = check_content(image.bytes).value();
    EXPECT_TRUE(report.sound()) << report.to_text();
    EXPECT_EQ(report.tombstones, 200U);
    EXPECT_EQ(report.live_keys, 1U);
}

// STO-06: each change of one bit is found, but for those in the eight bytes of a key hash.
TEST_P(check, sto_06_every_changed_bit_outside_a_key_hash_is_found) {
    auto const image = short_history(GetParam());
    for (std::size_t at = 0; at < image.bytes.size(); ++at) {
        bool in_hash = false;
        for (std::size_t i = 1; i < image.tails.size(); ++i) {
            in_hash = in_hash || (at >= image.tails[i] - 20 && at < image.tails[i] - 12);
        }
        for (int bit = 0; bit < 8; ++bit) {
            auto changed = image.bytes;
            changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
            auto const report = check_content(changed, GetParam());
            auto const found = !report || !report->sound();
            EXPECT_EQ(found, !in_hash) << "bit " << bit << " of byte " << at;
            auto const detected = check_content(changed);
            EXPECT_EQ(!detected || !detected->sound(), !in_hash) << at;
        }
    }
}

TEST_P(check, every_prefix_and_every_tail_is_found) {
    auto const image = short_history(GetParam());
    for (std::size_t size = 0; size < image.bytes.size(); ++size) {
        auto const report = check_content(std::string_view(image.bytes).substr(0, size));
        if (size != 0 && image.tail_within(size) == 0) {
            EXPECT_EQ(report.error(), store_error::not_a_store) << size;
            continue;
        }
        EXPECT_EQ(report->sound(), image.tail_within(size) == size) << size;
        EXPECT_EQ(report->tail, image.tail_within(size));
    }
    for (auto const& tail : {std::string(1, '\0'), std::string(100, '\0'), std::string("x")}) {
        auto const report = check_content(image.bytes + tail).value();
        ASSERT_EQ(report.problems.size(), 1U);
        EXPECT_EQ(report.problems[0].kind, problem_kind::bytes_after_tail);
        EXPECT_EQ(report.problems[0].offset, image.bytes.size());
        EXPECT_EQ(report.problems[0].size, tail.size());
    }
}

TEST(check_file, names_the_problems) {
    auto image = short_history(64);
    image.bytes[70] = 'B';  // in the second payload
    image.bytes[50] = 'x';  // in the pad before it
    auto const report = check_content(image.bytes).value();
    ASSERT_EQ(report.problems_found, 2U) << report.to_text();
    EXPECT_NE(report.to_text().find(": 2 problems; "), std::string::npos);
    EXPECT_NE(report.to_text().find("\n  the payload of 100 bytes at offset 64 does not match"),
              std::string::npos);
    EXPECT_NE(report.to_text().find("\n  the pad of 33 bytes at offset 31 is not zero"),
              std::string::npos);
    auto const torn = check_content(image.bytes + "junk").value();
    ASSERT_EQ(torn.problems_found, 3U) << torn.to_text();
    EXPECT_NE(torn.to_text().find("\n  4 bytes at offset 407 to the end belong to no entry"),
              std::string::npos);
}

TEST(check_file, lists_a_bounded_number_of_problems) {
    plain_image image(1);
    for (int i = 0; i < 300; ++i) {
        image.write(std::to_string(i), "value");
        image.bytes[image.tails[image.tails.size() - 2]] = 'V';
    }
    image.write("last", "sound");
    auto const report = check_content(image.bytes).value();
    EXPECT_EQ(report.problems_found, 300U);
    EXPECT_EQ(report.problems.size(), check_problems_max);
    EXPECT_NE(report.to_text().find("and 200 more"), std::string::npos);
}

TEST(check_file, an_empty_file_is_sound) {
    EXPECT_TRUE(check_content("").value().sound());
}

TEST(check_file, refuses_what_it_cannot_read) {
    faulty_disk disk;
    EXPECT_EQ(check_file("absent", {}, disk).error(),
              boost::system::errc::no_such_file_or_directory);
    disk.put("store.bin", short_history(16).bytes);
    EXPECT_EQ(check_file("store.bin", 64, disk).error(), store_error::wrong_alignment);
    EXPECT_EQ(check_file("store.bin", 2, disk).error(), store_error::unsupported_alignment);
    auto const writer = store::open("store.bin", {.alignment = 16, .on = &disk}).value();
    EXPECT_EQ(check_file("store.bin", {}, disk).error(), store_error::locked);
    disk.put("text", std::string(1000, 'x'));
    EXPECT_EQ(check_file("text", {}, disk).error(), store_error::not_a_store);
}

}  // namespace
}  // namespace trunkline::store
