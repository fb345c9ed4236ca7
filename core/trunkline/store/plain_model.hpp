// For tests and fuzzing: the format's page written down once more, slowly and plainly. Shares only
// the two digests with the store.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/store/digest.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::store {

/// Where it is put.
inline constexpr auto image_path = "store.bin";

/// A file as it grows, with every tail it had.
class plain_image {
public:
    explicit plain_image(std::uint32_t alignment) : alignment_(alignment) {}

    [[nodiscard]] std::uint32_t alignment() const { return alignment_; }

    void write(std::string_view key, std::string_view payload) {
        append(hash_key(as_bytes(key)), payload, false);
    }
    void remove(std::string_view key) {
        append(hash_key(as_bytes(key)), std::string_view("\0", 1), true);
    }
    void append(std::uint64_t key_hash, std::string_view payload, bool tombstone) {
        auto const begin = bytes.size();
        while (!tombstone && bytes.size() % alignment_ != 0) {
            bytes.push_back('\0');
        }
        bytes += payload;
        add_number(key_hash, 8);
        add_number(begin, 8);
        add_number(checksum_of(as_bytes(payload)), 4);
        tails.push_back(bytes.size());
    }

    /// The longest tail that is at most `size`.
    [[nodiscard]] std::uint64_t tail_within(std::uint64_t size) const {
        std::uint64_t longest = 0;
        for (auto const tail : tails) {
            longest = tail <= size ? tail : longest;
        }
        return longest;
    }

    std::string bytes;
    std::vector<std::uint64_t> tails{0};

private:
    void add_number(std::uint64_t number, int size) {
        for (int i = 0; i < size; ++i) {
            bytes.push_back(static_cast<char>(number >> (8 * i)));
        }
    }

    std::uint32_t alignment_;
};

/// FORMAT.md, "Recovery", as a table over every offset.
class plain_recovery {
public:
    plain_recovery(std::string_view file, std::uint32_t alignment)
        : file_(file), alignment_(alignment) {}

    /// The tail that recovery keeps.
    [[nodiscard]] std::uint64_t tail() const {
        if (auto const finished = tail_within(file_, false); finished != 0) {
            return finished;
        }
        auto const longest = tail_within(file_, true);
        if (longest == 0) {
            return 0;
        }
        auto first = *entry_at(longest);
        while (first.begin != 0) {
            first = *entry_at(first.begin);
        }
        auto const inside = tail_within(file_.substr(0, first.end), true);
        return inside != 0 ? inside : longest;
    }

    struct entry {
        std::uint64_t begin, start, end;
        std::uint64_t key_hash;
        std::uint32_t checksum;
    };

    /// The entry that ends at `end` by its structure.
    [[nodiscard]] std::optional<entry> entry_at(std::uint64_t end) const {
        return entry_at(end, alignment_);
    }
    [[nodiscard]] std::optional<entry> entry_at(std::uint64_t end, std::uint32_t alignment) const {
        if (end < 20 || file_.substr(end - 20, 20) == std::string_view(zeros, 20)) {
            return std::nullopt;
        }
        entry found{number(end - 12, 8), 0, end - 20, number(end - 20, 8),
                    static_cast<std::uint32_t>(number(end - 4, 4))};
        if (found.begin >= found.end) {
            return std::nullopt;
        }
        found.start = found.begin;
        if (found.end - found.begin != 1 || file_[found.begin] != '\0') {
            while (found.start % alignment != 0) {
                ++found.start;
            }
        }
        return found.start < found.end ? std::optional(found) : std::nullopt;
    }

    [[nodiscard]] std::string_view payload(entry const& of) const {
        return file_.substr(of.start, of.end - of.start);
    }

private:
    static constexpr char zeros[64] = {};

    [[nodiscard]] std::uint64_t number(std::uint64_t at, int size) const {
        std::uint64_t read = 0;
        for (int i = size; i-- > 0;) {
            read = read << 8 | static_cast<unsigned char>(file_[at + static_cast<unsigned>(i)]);
        }
        return read;
    }
    // Of the bytes 8 to 20 of the trailer those in the sector of byte 16 are zero, and the checksum
    // is wrong whatever the alignment.
    [[nodiscard]] bool unfinished(entry const& of) const {
        bool all_zero = true;
        for (auto at = of.end + 8; at < of.end + 20; ++at) {
            all_zero = all_zero && (at / 512 != (of.end + 16) / 512 || file_[at] == '\0');
        }
        return all_zero && wrong_under_all(of);
    }
    // The same of the bytes 0 to 16 in another sector than byte 16, if byte 8 is one of them.
    [[nodiscard]] bool torn(entry const& of) const {
        bool all_zero = (of.end + 8) / 512 != (of.end + 16) / 512;
        for (auto at = of.end; at < of.end + 16; ++at) {
            all_zero = all_zero && (at / 512 == (of.end + 16) / 512 || file_[at] == '\0');
        }
        return all_zero && wrong_under_all(of);
    }
    [[nodiscard]] bool wrong_under_all(entry const& of) const {
        bool wrong = true;
        for (std::uint32_t const alignment : {64U, 16U, 1U}) {
            auto const same = entry_at(of.end + 20, alignment);
            wrong = wrong && !(same && right_checksum(*same));
        }
        return wrong;
    }
    [[nodiscard]] bool right_checksum(entry const& of) const {
        return checksum_of(as_bytes(payload(of))) == of.checksum;
    }
    [[nodiscard]] bool sound(entry const& of) const {
        auto const pad = file_.substr(of.begin, of.start - of.begin);
        return pad.find_first_not_of('\0') == std::string_view::npos && right_checksum(of);
    }
    // Rules 1 to 3 for a file that holds no more than `part`.
    [[nodiscard]] std::uint64_t tail_within(std::string_view part, bool first_unfinished) const {
        std::vector<bool> reaches_begin(part.size() + 1);
        reaches_begin[0] = true;
        std::uint64_t kept = 0;
        for (std::uint64_t end = 1; end <= part.size(); ++end) {
            auto const found = entry_at(end);
            if (found && reaches_begin[found->begin]) {
                kept = sound(*found) ? end : kept;
                reaches_begin[end] = !torn(*found) && (!unfinished(*found) ||
                                                       (first_unfinished && found->begin == 0));
            }
        }
        if (kept == part.size()) {
            return kept;
        }
        auto instead = kept;
        for (auto at = kept; at != 0;) {  // the oldest is looked at last and decides
            auto const found = entry_at(at);
            if (!right_checksum(*found) &&
                longest_sound_run(found->begin, found->end + 19) != found->begin) {
                instead = longest_sound_run(found->begin, part.size());
            }
            at = found->begin;
        }
        return instead;
    }
    [[nodiscard]] std::uint64_t longest_sound_run(std::uint64_t begin, std::uint64_t limit) const {
        std::vector<bool> reached(limit + 1);
        reached[begin] = true;
        auto longest = begin;
        for (auto end = begin + 1; end <= limit; ++end) {
            auto const found = entry_at(end);
            if (found && found->begin >= begin && reached[found->begin] && sound(*found)) {
                reached[end] = true;
                longest = end;
            }
        }
        return longest;
    }

    std::string_view file_;
    std::uint32_t alignment_;
};

}  // namespace trunkline::store
