#include <trunkline/store/recovery.hpp>

#include <trunkline/base/noise.hpp>
#include <trunkline/store/hostile_files.hpp>
#include <trunkline/store/plain_model.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace trunkline::store {
namespace {

recovered recover_text(std::string_view bytes, std::uint32_t alignment) {
    return recover(as_bytes(bytes), alignment).value();
}

// Sizes around every border, overwrites and deletions.
plain_image history_of_all_sizes(std::uint32_t alignment) {
    plain_image image(alignment);
    for (std::size_t const size : {1, 2, 11, 12, 20, 43, 44, 45, 63, 64, 65, 200}) {
        image.write("key " + std::to_string(size % 5), noise(size, size));
        if (size % 3 == 0) {
            image.remove("key " + std::to_string(size % 5));
        }
    }
    image.write("zeros", std::string(90, '\0'));
    image.write("last", noise(30, 9));
    return image;
}

// Zero bytes may be what the lost ones were.
std::size_t trailing_zeros_of(plain_image const& image, std::size_t size, std::size_t most) {
    std::size_t zeros = 0;
    while (zeros < most && size + zeros < image.bytes.size() && image.bytes[size + zeros] == 0) {
        ++zeros;
    }
    return zeros;
}

class recovery : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(every, recovery, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

TEST_P(recovery, whole_files_are_kept_and_counted) {
    auto const image = history_of_all_sizes(GetParam());
    auto const found = recover_text(image.bytes, GetParam());
    EXPECT_EQ(found.tail, image.bytes.size());
    EXPECT_EQ(found.entries, image.tails.size() - 1);
    EXPECT_EQ(recover_text("", GetParam()).tail, 0U);
}

// STO-03
TEST_P(recovery, sto_03_every_prefix_gives_the_longest_history) {
    auto const image = history_of_all_sizes(GetParam());
    for (std::size_t size = 0; size <= image.bytes.size(); ++size) {
        EXPECT_EQ(recover_text(std::string_view(image.bytes).substr(0, size), GetParam()).tail,
                  image.tail_within(size))
            << size;
    }
}

// STO-04: what a file system leaves where a write was lost.
TEST_P(recovery, sto_04_zero_and_noise_tails_are_left_off) {
    auto const image = history_of_all_sizes(GetParam());
    for (std::size_t size = 21; size <= image.bytes.size(); ++size) {
        auto const kept = image.bytes.substr(0, size);
        auto const tail = image.tail_within(size);
        for (std::size_t const more : {1, 8, 12, 13, 20, 21, 64, 500}) {
            EXPECT_EQ(recover_text(kept + std::string(more, '\0'), GetParam()).tail,
                      image.tail_within(size + trailing_zeros_of(image, size, more)))
                << size << " and " << more << " zero bytes";
        }
        EXPECT_EQ(recover_text(kept + std::string(300, '\xa5'), GetParam()).tail, tail) << size;
    }
}

// STO-04: the blocks behind the lost write hold an earlier life of the file, entries with right
// places and checksums among them. `shared` entries are the same in both lives.
TEST_P(recovery, sto_04_recycled_tails_are_left_off) {
    for (int const shared : {0, 3, 8}) {
        plain_image image(GetParam());
        plain_image earlier(GetParam());
        for (int i = 0; i < 20; ++i) {
            auto const key = "key " + std::to_string(i);
            image.write(key, noise(50 + static_cast<std::size_t>(i), 11));
            earlier.write(key, noise(50 + static_cast<std::size_t>(i < shared ? i : 3 * i + 1),
                                     i < shared ? 11 : 12));
        }
        // From the first byte on in which both lives differ.
        auto const parting = image.tails[static_cast<std::size_t>(shared)];
        for (auto size = parting + pad_size(parting, GetParam()) + 1; size < image.bytes.size();
             ++size) {
            auto const file = image.bytes.substr(0, size) + earlier.bytes.substr(size) + "rest";
            plain_recovery const model(file, GetParam());
            auto const tail = recover_text(file, GetParam()).tail;
            EXPECT_EQ(tail, model.tail());
            // Only an entry that begins where the lost write does can bring more; it fails, unless
            // nothing but the pad was written.
            auto const begin = image.tail_within(size);
            std::optional<plain_recovery::entry> beyond;
            auto at = tail;
            while (at > begin) {
                beyond = model.entry_at(at);
                at = beyond->begin;
            }
            EXPECT_EQ(at, begin) << size << ", " << shared << " shared";
            EXPECT_TRUE(!beyond || size <= begin + pad_size(begin, GetParam()) ||
                        checksum_of(as_bytes(model.payload(*beyond))) != beyond->checksum)
                << size << ", " << shared << " shared";
        }
    }
}

// STO-05: a whole store as a value has offsets of its own, which are wrong where it now lies.
TEST_P(recovery, sto_05_payloads_that_hold_a_store_never_win) {
    auto const inner = history_of_all_sizes(GetParam());
    plain_image outer(GetParam());
    outer.write("first", "value");
    outer.write("a store", inner.bytes);
    outer.write("behind", "value");
    for (std::size_t size = 21; size <= outer.bytes.size(); ++size) {
        EXPECT_EQ(recover_text(std::string_view(outer.bytes).substr(0, size), GetParam()).tail,
                  outer.tail_within(size))
            << size;
    }
}

// A trailer inside a payload, with an entry of one byte before it, that names `previous`.
std::string imitation(std::uint64_t begin_of_payload, std::size_t at, std::uint64_t previous,
                      std::uint32_t alignment, std::string_view file_before) {
    std::string payload = noise(at, 5) + std::string(alignment, '\0') + "x";
    // The imitated entry reaches from `previous` over all that lies between.
    auto const whole = std::string(file_before) +
                       std::string(begin_of_payload - file_before.size(), '\0') + payload;
    auto const start = (previous + alignment - 1) / alignment * alignment;
    plain_image trailer(1);
    trailer.append(0xabcd, std::string_view(whole).substr(start), false);
    auto fields = trailer.bytes.substr(trailer.bytes.size() - 20);
    for (unsigned i = 0; i < 8; ++i) {
        fields[8 + i] = static_cast<char>(previous >> (8 * i));
    }
    return payload + fields;
}

// STO-05: with the right place, pad and checksum an imitation is byte for byte a valid file when
// everything behind it is lost, and nothing otherwise.
TEST_P(recovery, sto_05_an_imitation_counts_only_where_the_file_ends_with_it) {
    auto const alignment = GetParam();
    plain_image image(alignment);
    image.write("first", "value");
    auto const begin = (image.bytes.size() + alignment - 1) / alignment * alignment;
    auto const fake = imitation(begin, 0, 0, alignment, image.bytes);
    auto const tail_before = image.bytes.size();
    image.write("imitating", fake + noise(40, 3));
    auto const fake_end = begin + fake.size();

    EXPECT_EQ(recover_text(image.bytes, alignment).tail, image.bytes.size());
    // Torn inside the payload, behind the imitation: its checksum is right, so it is a history.
    for (auto size = fake_end; size < image.bytes.size(); ++size) {
        EXPECT_EQ(recover_text(std::string_view(image.bytes).substr(0, size), alignment).tail,
                  fake_end);
    }
    for (auto size = tail_before; size < fake_end; ++size) {
        EXPECT_EQ(recover_text(std::string_view(image.bytes).substr(0, size), alignment).tail,
                  tail_before);
    }
}

// An imitated chain whose older link only looks like an entry would hide everything before it. Its
// checksum is wrong, and sound entries lie where it claims to be.
TEST_P(recovery, sto_05_made_up_older_entries_do_not_hide_sound_ones) {
    auto const alignment = GetParam();
    plain_image image(alignment);
    for (int i = 0; i < 10; ++i) {
        image.write("key " + std::to_string(i), noise(50, 4));
    }
    auto const tail_before = image.bytes.size();
    auto const begin = (tail_before + alignment - 1) / alignment * alignment;
    plain_image fake(alignment);
    // First link: a trailer that claims everything from 0; second link: a sound entry behind it.
    fake.bytes = image.bytes + std::string(begin - tail_before, '\0') + "payload";
    plain_image trailer(1);
    trailer.append(1, "whatever", false);
    fake.bytes += trailer.bytes.substr(8);
    fake.write("second link", "sound");
    auto const fake_end = fake.bytes.size();
    image.write("imitating", fake.bytes.substr(begin) + noise(100, 6));

    EXPECT_EQ(recover_text(image.bytes, alignment).tail, image.bytes.size());
    for (auto size = tail_before; size < image.bytes.size(); ++size) {
        // A file that ends with the imitation ends well, so only its last checksum is looked at.
        EXPECT_EQ(recover_text(std::string_view(image.bytes).substr(0, size), alignment).tail,
                  size == fake_end ? fake_end : tail_before)
            << size;
    }
}

// What is left of an entry whose last sector never reached the disk.
void lose_end_of_trailer(plain_image& image, std::size_t entry) {
    image.bytes.replace(image.tails[entry + 1] - 12, 12, 12, '\0');
}

// Its previous tail of 0 would hide everything before it.
TEST_P(recovery, half_written_entries_do_not_hide_sound_ones) {
    plain_image image(GetParam());
    for (int i = 0; i < 5; ++i) {
        image.write("key " + std::to_string(i), noise(600, 4));
    }
    lose_end_of_trailer(image, 2);
    auto const found = recover_text(image.bytes, GetParam());
    EXPECT_EQ(found.tail, image.tails[2]);
    EXPECT_EQ(found.entries, 2U);
    EXPECT_EQ(plain_recovery(image.bytes, GetParam()).tail(), found.tail);
}

// A lost sector took the begin of a trailer, and with it the low bytes of its previous tail, so
// that the entry seems to cover everything before it. The file ends well.
TEST_P(recovery, entries_torn_between_two_sectors_do_not_hide_sound_ones) {
    for (std::size_t lost = 9; lost <= 16; ++lost) {
        plain_image image(GetParam());
        image.write("first", noise(100, 4));
        image.write("second", noise(100, 5));
        auto const begin = image.bytes.size() + pad_size(image.bytes.size(), GetParam());
        image.write("torn", noise(1024 - lost - begin, 6));
        image.write("last", noise(100, 7));
        ASSERT_EQ(image.tails[3] - 20 + lost, 1024U);
        EXPECT_EQ(recover_text(image.bytes, GetParam()).tail, image.bytes.size());
        image.bytes.replace(512, 512, 512, '\0');

        auto const found = recover_text(image.bytes, GetParam());
        EXPECT_EQ(found.tail, image.tails[2]) << lost;
        EXPECT_EQ(found.entries, 2U) << lost;
        EXPECT_EQ(plain_recovery(image.bytes, GetParam()).tail(), found.tail) << lost;
    }
}

// The first entry of a file names 0 rightly, so only its checksum is damaged.
TEST_P(recovery, a_first_entry_without_a_checksum_stays) {
    plain_image image(GetParam());
    for (int i = 0; i < 101; ++i) {
        image.write("key " + std::to_string(i), noise(100, 4));
    }
    lose_end_of_trailer(image, 0);
    auto const found = recover_text(image.bytes, GetParam());
    EXPECT_EQ(found.tail, image.bytes.size());
    EXPECT_EQ(found.entries, 101U);
    EXPECT_EQ(plain_recovery(image.bytes, GetParam()).tail(), found.tail);
}

// All entries of what is kept are counted, whatever the oldest one looks like: the index is sized
// by that.
TEST_P(recovery, large_files_are_counted_whatever_their_first_entry_holds) {
    plain_image image(GetParam());
    image.write("first", "value");
    auto const value = noise(200'000, 4);
    for (int i = 0; i < 100; ++i) {
        image.write("key " + std::to_string(i), value);
    }
    lose_end_of_trailer(image, 0);
    auto const whole = recover_text(image.bytes, GetParam());
    EXPECT_EQ(whole.tail, image.bytes.size());
    EXPECT_EQ(whole.entries, 101U);
    auto const torn =
        recover_text(std::string_view(image.bytes).substr(0, image.bytes.size() - 3), GetParam());
    EXPECT_EQ(torn.tail, image.tails[100]);
    EXPECT_EQ(torn.entries, 100U);
}

// A byte that changed later is no reason to drop what came after it.
TEST_P(recovery, damage_inside_a_history_that_ends_well_costs_nothing_else) {
    auto image = history_of_all_sizes(GetParam());
    auto const whole = image.bytes;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        image.bytes[at] = static_cast<char>(image.bytes[at] ^ 0x10);
        EXPECT_EQ(recover_text(image.bytes, GetParam()).tail,
                  plain_recovery(image.bytes, GetParam()).tail());
        auto const torn = std::string_view(image.bytes).substr(0, image.bytes.size() - 3);
        EXPECT_EQ(recover_text(torn, GetParam()).tail, plain_recovery(torn, GetParam()).tail());
        image.bytes[at] = whole[at];
    }
    image.bytes[21 + pad_size(21, GetParam())] ^= 1;  // a payload
    EXPECT_EQ(recover_text(image.bytes, GetParam()).tail, whole.size());
}

// Nor when a later write is lost, however it was.
TEST_P(recovery, damage_inside_a_history_that_ends_torn_costs_nothing_else) {
    plain_image image(GetParam());
    for (int i = 0; i < 20; ++i) {
        image.write("key " + std::to_string(i), noise(100, 4));
    }
    auto const whole = image.bytes;
    auto unfinished = image;
    unfinished.write("first of a batch", "value");
    lose_end_of_trailer(unfinished, 20);
    unfinished.write("second of a batch", "value");
    for (auto const tail : image.tails) {
        if (tail == whole.size()) {
            break;
        }
        for (auto const& behind :
             {std::string("torn"), std::string(5, '\0'), unfinished.bytes.substr(whole.size())}) {
            auto file = whole + behind;
            auto& payload = file[tail + pad_size(tail, GetParam())];
            payload = static_cast<char>(payload ^ 1);
            auto const last = tail == image.tails[19];
            auto const kept = last ? tail : whole.size();
            EXPECT_EQ(recover_text(file, GetParam()).tail, kept) << tail;
            EXPECT_EQ(plain_recovery(file, GetParam()).tail(), kept) << tail;
        }
    }
}

// Two batches were cut short, the first one by a program that goes on all the same.
TEST_P(recovery, an_unfinished_batch_does_not_hide_what_stands_on_an_unfinished_first_entry) {
    plain_image image(GetParam());
    for (int i = 0; i < 20; ++i) {
        image.write("key " + std::to_string(i), noise(100, 4));
    }
    auto const tail = image.bytes.size();
    image.write("first of a batch", "value");
    image.write("second of a batch", "value");
    lose_end_of_trailer(image, 0);
    EXPECT_EQ(recover_text(image.bytes, GetParam()).tail, image.bytes.size());
    lose_end_of_trailer(image, 20);
    for (auto const* const more : {"", "torn"}) {
        EXPECT_EQ(recover_text(image.bytes + more, GetParam()).tail, tail);
        EXPECT_EQ(plain_recovery(image.bytes + more, GetParam()).tail(), tail);
    }
}

// What lies before the trailer of an unfinished first entry ends there.
TEST_P(recovery, no_history_inside_an_unfinished_first_entry_ends_in_its_trailer) {
    plain_image image(GetParam());
    image.write("unfinished", "value");
    image.bytes.replace(image.bytes.size() - 4, 4, 4, '\0');
    image.write("inside", "value");
    image.bytes.append(12, '\0');  // with the 8 bytes before it a trailer that names 0
    image.write("behind", "value");
    for (auto const* const more : {"", "torn"}) {
        EXPECT_EQ(recover_text(image.bytes + more, GetParam()).tail, image.bytes.size());
        EXPECT_EQ(plain_recovery(image.bytes + more, GetParam()).tail(), image.bytes.size());
    }
}

TEST_P(recovery, foreign_bytes_have_no_history) {
    for (auto const& bytes :
         {std::string(1, 'x'), std::string(19, '\0'), std::string(20, '\0'), std::string(21, '\0'),
          std::string(5000, '\0'), noise(5000, 1), std::string(5000, 'a')}) {
        EXPECT_EQ(recover_text(bytes, GetParam()).tail, 0U) << bytes.size();
    }
}

// STO-08: every byte of a hostile file can be the end of a candidate. Nothing here measures time
// (bench/store_hostile does): each offset is looked at once, and once more for what a history
// leaves out, each link is followed once, and what is read for checksums is bounded, however the
// file was made.
TEST_P(recovery, sto_08_hostile_files_take_linear_work) {
    for (auto const& shape : hostile_shapes()) {
        for (std::size_t const size : {1 << 18, 1 << 20}) {
            auto const file = hostile_file(shape, size, GetParam());
            auto const work = recover_text(file, GetParam()).work;
            EXPECT_LE(work.offsets, 2 * size) << shape.name;
            EXPECT_LE(work.links, size) << shape.name;
            EXPECT_LE(work.bytes, 16 * size) << shape.name;
        }
    }
}

TEST_P(recovery, sto_08_a_file_that_ends_well_is_not_searched) {
    auto const file = valid_file(1 << 20, 100, GetParam());
    EXPECT_EQ(recover_text(file, GetParam()).work.offsets, 0U);
}

}  // namespace
}  // namespace trunkline::store
