#include <trunkline/store/opening.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/digest.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/error.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace trunkline::store {
namespace {

class opening : public ::testing::Test {
protected:
    // The error of opening the file and the line for people that goes with it.
    std::pair<error_code, std::string> failure(open_options const& options = {}) {
        auto const opened = store::open(path_, options, &report_);
        if (opened) {
            return {};
        }
        return {opened.error(), report_.explain(opened.error())};
    }

    [[nodiscard]] std::size_t files_in_folder() const {
        return static_cast<std::size_t>(
            std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
    }

    static plain_image three_entries() {
        plain_image image(64);
        image.write("one", "1111");
        image.write("two", "22222222");
        image.write("three", "333");
        return image;
    }

    scratch_folder folder_;
    std::filesystem::path path_ = folder_ / "store.bin";
    open_report report_;
};

bool says(std::string const& line, std::string_view text) {
    return line.find(text) != std::string::npos;
}

TEST_F(opening, tells_what_it_made_and_what_it_opened) {
    auto made = store::open(path_, {}, &report_).value();
    EXPECT_TRUE(report_.created);
    EXPECT_EQ(report_.to_text(), "created " + path_.string() + ": 0 keys, 0 bytes");
    ASSERT_TRUE(made->write(as_bytes("key"), as_bytes("value")).has_value());
    made.reset();
    made = store::open(path_, {}, &report_).value();
    EXPECT_FALSE(report_.created);
    EXPECT_EQ(report_.to_text(), "opened " + path_.string() + ": 1 key, 25 bytes");
    EXPECT_EQ(report_.entries_kept, 1U);
    EXPECT_EQ(report_.alignment_found, 64U);
}

TEST_F(opening, saves_what_it_cuts) {
    auto const image = three_entries();
    auto const torn = image.bytes.substr(0, image.bytes.size() - 5);
    write_file(path_, torn);
    auto const opened = store::open(path_, {}, &report_).value();
    auto const tail = image.tails[2];
    auto const side =
        path_.string() + ".cut-" + std::to_string(tail) + "-" + std::to_string(torn.size() - tail);
    EXPECT_EQ(report_.cut_file, side);
    EXPECT_EQ(read_file(side), torn.substr(tail));
    EXPECT_EQ(read_file(path_), torn.substr(0, tail));
    EXPECT_EQ(report_.to_text(),
              "recovered " + path_.string() + ": kept " + std::to_string(tail) + " of " +
                  std::to_string(torn.size()) + " bytes (2 entries, 2 keys), " +
                  std::to_string(torn.size() - tail) + " bytes cut and saved in " + side);
}

TEST_F(opening, keeps_side_files_apart) {
    auto const image = three_entries();
    auto const tail = image.tails[2];
    for (std::string_view const cut : {"AAAAA", "BBBBB", "AAAAA", "BBBBB", "CCCCC"}) {
        write_file(path_, image.bytes.substr(0, tail) + std::string(cut));
        ASSERT_TRUE(store::open(path_, {}, &report_));
        EXPECT_EQ(read_file(report_.cut_file), cut);
    }
    EXPECT_EQ(files_in_folder(), 4U) << "the store and one side file for each content";
}

TEST_F(opening, missing_folder) {
    path_ = folder_ / "missing/store.bin";
    auto const [error, line] = failure();
    EXPECT_EQ(error, boost::system::errc::no_such_file_or_directory);
    EXPECT_TRUE(says(line, "the folder " + (folder_ / "missing").string() + " does not exist"))
        << line;
    EXPECT_EQ(files_in_folder(), 0U);
}

TEST_F(opening, missing_file_is_not_made_when_not_asked_for) {
    auto const [error, line] = failure({.create = false});
    EXPECT_EQ(error, boost::system::errc::no_such_file_or_directory);
    EXPECT_TRUE(says(line, "there is no such file")) << line;
    EXPECT_EQ(files_in_folder(), 0U);
}

TEST_F(opening, folder_or_device_instead_of_a_file) {
    std::filesystem::create_directory(path_);
    auto const [error, line] = failure();
    EXPECT_EQ(error, store_error::not_a_file);
    EXPECT_TRUE(says(line, "is not a regular file")) << line;
    path_ = "/dev/null";
    EXPECT_EQ(failure().first, store_error::not_a_file);
    path_ = folder_ / "pipe";
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_EQ(failure().first, store_error::not_a_file);
}

TEST_F(opening, file_in_the_place_of_a_folder) {
    write_file(folder_ / "file", "text");
    path_ = folder_ / "file/store.bin";
    auto const [error, line] = failure();
    EXPECT_EQ(error, boost::system::errc::not_a_directory);
    EXPECT_TRUE(says(line, "is a file, not a folder")) << line;
}

TEST_F(opening, file_without_permission) {
    // The tests may run as root, who may open everything.
    for (auto const refusal :
         {boost::system::errc::permission_denied, boost::system::errc::read_only_file_system}) {
        faulty_disk disk;
        disk.follow({.fail_at = 0, .error = refusal});
        auto const [error, line] = failure({.on = &disk});
        EXPECT_EQ(error, refusal);
        EXPECT_TRUE(says(line, "change its permissions")) << line;
    }
}

TEST_F(opening, no_room_to_save_what_must_be_cut) {
    auto const torn = three_entries().bytes + "torn";
    faulty_disk disk;
    disk.put(path_, torn);
    disk.follow({.room = torn.size() + 1});
    auto const [error, line] = failure({.on = &disk});
    EXPECT_EQ(error, boost::system::errc::no_space_on_device);
    EXPECT_TRUE(says(line, "no room to save what has to be cut")) << line;
    EXPECT_EQ(disk.content(path_), torn);
}

// A file that is not a store is never truncated.
TEST_F(opening, foreign_files_are_refused_and_not_changed) {
    for (auto const& content :
         {std::string("x"), std::string(19, 'y'), std::string(20, '\0'), std::string(4096, '\0'),
          std::string("The quick brown fox jumps over the lazy dog and keeps running.\n")}) {
        write_file(path_, content);
        auto const [error, line] = failure();
        EXPECT_EQ(error, store_error::not_a_store);
        EXPECT_TRUE(says(line, "is not a store")) << line;
        EXPECT_TRUE(says(line, "It was not changed")) << line;
        EXPECT_EQ(read_file(path_), content);
        EXPECT_EQ(files_in_folder(), 1U);
    }
}

TEST_F(opening, other_alignment_is_told_and_refused) {
    for (auto const written : alignments) {
        plain_image image(written);
        for (int i = 0; i < 20; ++i) {
            image.write("key " + std::to_string(i), "value " + std::to_string(i));
        }
        for (auto const& content : {image.bytes, image.bytes.substr(0, image.bytes.size() - 3)}) {
            for (auto const asked : alignments) {
                if (asked == written) {
                    continue;
                }
                write_file(path_, content);
                auto const [error, line] = failure({.alignment = asked});
                EXPECT_EQ(error, store_error::wrong_alignment) << asked << " for " << written;
                EXPECT_EQ(report_.alignment_found, written);
                EXPECT_TRUE(says(line, "with alignment " + std::to_string(written))) << line;
                EXPECT_EQ(read_file(path_), content);
                EXPECT_EQ(files_in_folder(), 1U);
            }
        }
    }
}

TEST_F(opening, alignments_that_nobody_wrote_are_refused) {
    for (std::uint32_t const alignment : {0U, 2U, 8U, 32U, 63U, 128U}) {
        auto const [error, line] = failure({.alignment = alignment});
        EXPECT_EQ(error, store_error::unsupported_alignment);
        EXPECT_TRUE(says(line, "64, 16 or 1")) << line;
    }
    EXPECT_EQ(files_in_folder(), 0U);
}

// File 9: a file that says nothing reads the same under each alignment,
// and goes on with 64 unless another one is asked for.
TEST_F(opening, the_file_tells_its_alignment) {
    for (auto const written : alignments) {
        plain_image image(written);
        for (int i = 0; i < 20; ++i) {
            image.write("key " + std::to_string(i), "value " + std::to_string(i));
        }
        for (auto const& content : {image.bytes, image.bytes.substr(0, image.bytes.size() - 3)}) {
            write_file(path_, content);
            auto opened = store::open(path_, {}, &report_).value();
            EXPECT_EQ(report_.alignment_found, written);
            EXPECT_EQ(as_text(opened->read(as_bytes("key 18"))->bytes), "value 18");
            ASSERT_TRUE(opened->write(as_bytes("more"), as_bytes("value")).has_value());
            EXPECT_EQ(opened->read_entry(as_bytes("more"))->start_offset() % written, 0U);
            auto expected = image;
            if (content.size() < image.bytes.size()) {
                expected = plain_image(written);
                for (int i = 0; i < 19; ++i) {
                    expected.write("key " + std::to_string(i), "value " + std::to_string(i));
                }
            }
            expected.write("more", "value");
            EXPECT_EQ(read_file(path_), expected.bytes);
        }
    }
}

TEST_F(opening, a_file_that_says_nothing_goes_on_as_asked) {
    plain_image single(16);
    single.write("key", "a value of 44 bytes, so that the tail is 64.");
    single.write("other", "value");
    single.remove("key");
    for (auto const asked : {std::optional<std::uint32_t>(), std::optional(64U), std::optional(16U),
                             std::optional(1U)}) {
        for (auto const& content : {std::string(), single.bytes}) {
            write_file(path_, content);
            auto const opened = store::open(path_, {.alignment = asked}, &report_).value();
            ASSERT_TRUE(opened->write(as_bytes("more"), as_bytes("value")).has_value());
            EXPECT_EQ(report_.alignment_found, asked.value_or(64));
            plain_image expected(asked.value_or(64));
            expected.bytes = content;
            expected.write("more", "value");
            EXPECT_EQ(read_file(path_), expected.bytes);
        }
    }
}

TEST_F(opening, for_reading_changes_nothing) {
    auto const image = three_entries();
    EXPECT_EQ(failure({.read_only = true}).first, boost::system::errc::no_such_file_or_directory);
    EXPECT_EQ(files_in_folder(), 0U);
    for (auto const& content : {image.bytes, image.bytes + "torn", std::string()}) {
        write_file(path_, content);
        auto const opened = store::open(path_, {.read_only = true}, &report_).value();
        EXPECT_EQ(opened->file_size(), content.empty() ? 0 : image.bytes.size());
        EXPECT_EQ(opened->read(as_bytes("two")).has_value(), !content.empty());
        EXPECT_EQ(opened->write(as_bytes("two"), as_bytes("new")).error(), store_error::read_only);
        EXPECT_EQ(opened->write_stream(as_bytes("two"), [](auto) { return 0; }).error(),
                  store_error::read_only);
        EXPECT_EQ(opened->compact().error(), store_error::read_only);
        EXPECT_EQ(opened->sync().error(), store_error::read_only);
        if (!content.empty()) {
            EXPECT_EQ(opened->remove(as_bytes("two")).error(), store_error::read_only);
            EXPECT_EQ(opened->rename(as_bytes("two"), as_bytes("2")).error(),
                      store_error::read_only);
        }
        EXPECT_EQ(read_file(path_), content);
        EXPECT_EQ(files_in_folder(), 1U);
    }
    write_file(path_, image.bytes + "torn");
    ASSERT_TRUE(store::open(path_, {.read_only = true}, &report_));
    EXPECT_EQ(report_.to_text(), "recovered " + path_.string() + ": kept " +
                                     std::to_string(image.bytes.size()) + " of " +
                                     std::to_string(image.bytes.size() + 4) +
                                     " bytes (3 entries, 3 keys), 4 bytes passed over");
}

TEST_F(opening, readers_share_a_file_and_a_writer_has_it_alone) {
    write_file(path_, three_entries().bytes);
    auto first = store::open(path_, {.read_only = true}).value();
    auto second = store::open(path_, {.read_only = true}).value();
    auto const [error, line] = failure();
    EXPECT_EQ(error, store_error::locked);
    EXPECT_TRUE(says(line, "in use by another program; stop")) << line;
    first.reset();
    second.reset();
    auto const writer = store::open(path_).value();
    EXPECT_EQ(failure({.read_only = true}).first, store_error::locked);
}

TEST_F(opening, for_reading_needs_no_permission_to_write) {
    write_file(path_, three_entries().bytes);
    std::filesystem::permissions(path_, std::filesystem::perms::owner_read);
    EXPECT_TRUE(store::open(path_, {.read_only = true}));
}

TEST_F(opening, sto_13_a_second_writer_is_refused) {
    auto const first = store::open(path_).value();
    ASSERT_TRUE(first->write(as_bytes("key"), as_bytes("value")).has_value());
    auto const [error, line] = failure();
    EXPECT_EQ(error, store_error::locked);
    EXPECT_TRUE(says(line, "in use by another program")) << line;
    EXPECT_EQ(std::filesystem::file_size(path_), 25U);
}

TEST_F(opening, sto_13_a_second_writer_in_another_process_is_refused) {
    auto first = store::open(path_).value();
    auto const other = [this] {
        auto const child = ::fork();
        if (child == 0) {
            // The child holds the parent's description as well; a fresh one decides.
            auto const opened = store::open(path_);
            ::_exit(opened ? 0 : opened.error() == store_error::locked ? 1 : 2);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    };
    EXPECT_EQ(other(), 1);
    first.reset();
    EXPECT_EQ(other(), 0);
}

// More keys than the smallest index holds, and a first entry that looks half written.
TEST_F(opening, a_first_entry_without_a_checksum_costs_nothing_else) {
    struct {
        std::size_t value_size, cut, kept;
    } const cases[] = {{100, 0, 101}, {100, 3, 100}, {200'000, 0, 101}, {200'000, 3, 100}};
    for (auto const& [value_size, cut, kept] : cases) {
        plain_image image(64);
        for (int i = 0; i < 101; ++i) {
            image.write("key " + std::to_string(i), std::string(value_size, 'v'));
        }
        image.bytes.replace(image.tails[1] - 4, 4, 4, '\0');
        write_file(path_, image.bytes.substr(0, image.bytes.size() - cut));
        auto const opened = store::open(path_, {}, &report_).value();
        EXPECT_EQ(opened->size(), kept);
        EXPECT_EQ(report_.entries_kept, kept);
        EXPECT_TRUE(opened->exists(as_bytes("key 0")));
        EXPECT_TRUE(opened->exists(as_bytes("key 99")));
        EXPECT_FALSE(opened->exists(as_bytes("absent")));
    }
}

TEST_F(opening, a_padded_zero_byte_deletes_its_key) {
    plain_image image(64);
    image.write("first", "value");
    for (int i = 0; i < 2000; ++i) {
        auto const key = "key " + std::to_string(i);
        image.append(hash_key(as_bytes(key)), std::string_view("\0", 1), false);
    }
    write_file(path_, image.bytes);
    auto opened = store::open(path_, {}, &report_).value();
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(opened->size(), 1U);
        EXPECT_FALSE(opened->exists(as_bytes("key 7")));
        EXPECT_EQ(opened->remove(as_bytes("key 7")).value(), opened->file_size());
        for (int i = 0; i < 200; ++i) {
            auto const key = "fresh " + std::to_string(i);
            ASSERT_TRUE(opened->write(as_bytes(key), as_bytes("value")).has_value());
            ASSERT_TRUE(opened->remove(as_bytes(key)).has_value());
        }
        EXPECT_EQ(opened->entries().next()->key_hash(), hash_key(as_bytes("first")));
        ASSERT_TRUE(opened->compact().has_value());
    }
}

// The process dies in one opening, and the power goes in the next. What the first one saved may be
// with the system alone when the second one finds it.
TEST(interrupted_openings, sto_09_cut_nothing_that_is_not_saved_on_the_disk) {
    plain_image image(64);
    image.write("one", "1111");
    image.write("two", std::string(700, '2'));
    auto const torn = image.bytes.substr(0, image.bytes.size() - 7);
    auto const open_and_close = [](faulty_disk& disk, std::uint64_t crash_at) {
        disk.follow({.crash_at = crash_at});
        static_cast<void>(store::open("s.bin", {.on = &disk}));
        return disk.crashed();
    };
    auto const is_saved = [&](faulty_disk const& disk, std::uint64_t kept) {
        return std::ranges::any_of(disk.names(), [&](auto const& name) {
            return disk.content(name) == torn.substr(kept);
        });
    };
    bool crashed = true;
    for (std::uint64_t first = 0; crashed; ++first) {
        bool again = true;
        for (std::uint64_t second = 0; again; ++second) {
            faulty_disk disk;
            disk.put("s.bin", torn);
            crashed = open_and_close(disk, first);
            again = open_and_close(disk, second);
            for (std::uint64_t seed = 0; seed < 40; ++seed) {
                auto const left = disk.after_power_loss(seed);
                auto const now = left->content("s.bin");
                ASSERT_EQ(now, torn.substr(0, now.size()));
                ASSERT_TRUE(now == torn || is_saved(*left, now.size()))
                    << "calls " << first << " and " << second << ", seed " << seed;
            }
        }
    }
}

TEST_F(opening, checking_all_refuses_a_damaged_entry_inside) {
    auto image = three_entries();
    image.bytes[0] = static_cast<char>(image.bytes[0] ^ 1);
    write_file(path_, image.bytes);
    auto const [error, line] = failure({.verify_all = true});
    EXPECT_EQ(error, store_error::damaged);
    EXPECT_TRUE(says(line, "does not match its checksum")) << line;
    EXPECT_EQ(read_file(path_), image.bytes);
    EXPECT_FALSE(failure({.verify_all = false}).first);
    EXPECT_EQ(read_file(path_), image.bytes);
}

}  // namespace
}  // namespace trunkline::store
