// For tests: what a store should hold after any history of calls, and a comparison of a store with
// it.
#pragma once

#include <trunkline/store/digest.hpp>
#include <trunkline/store/durability.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::store::store_model {

inline std::string const zero_byte(1, '\0');

/// One store: its keys, its entries in their order, and its bytes.
struct key_history {
    struct entry {
        std::string key;
        std::string payload;
        bool tombstone;
        std::uint64_t begin;
    };

    explicit key_history(std::uint32_t alignment) : image(alignment) {}

    void put(std::string const& key, std::string const& payload) {
        log.push_back({key, payload, false, image.bytes.size()});
        image.write(key, payload);
        live[key] = payload;
    }
    void drop(std::string const& key) {
        log.push_back({key, zero_byte, true, image.bytes.size()});
        image.remove(key);
        live.erase(key);
    }
    [[nodiscard]] bool drop_if_live(std::string const& key) {
        bool const lives = live.contains(key);
        if (lives) {
            drop(key);
        }
        return lives;
    }
    /// Deletes those that live now; a key given twice twice. True when there was one.
    bool drop_all(std::vector<std::string> const& keys) {
        auto const before = live;
        for (auto const& key : keys) {
            if (before.contains(key)) {
                drop(key);
            }
        }
        return std::ranges::any_of(keys, [&](auto const& key) { return before.contains(key); });
    }

    /// The newest value of every live key, the newest first.
    [[nodiscard]] std::vector<entry> newest_first() const {
        std::set<std::string> seen;
        std::vector<entry> found;
        for (auto at = log.rbegin(); at != log.rend(); ++at) {
            if (seen.insert(at->key).second && !at->tombstone) {
                found.push_back(*at);
            }
        }
        return found;
    }

    [[nodiscard]] key_history compacted() const {
        key_history fresh(image.alignment());
        for (auto const& each : newest_first()) {
            fresh.put(each.key, each.payload);
        }
        return fresh;
    }

    /// True for absent keys and values of zero bytes alone, which are neither renamed nor copied.
    [[nodiscard]] bool cannot_move(std::string const& key) const {
        auto const found = live.find(key);
        return found == live.end() || found->second.find_first_not_of('\0') == std::string::npos;
    }

    std::map<std::string, std::string> live;
    std::vector<entry> log;
    plain_image image;
};

inline trailer trailer_of(key_history::entry const& entry) {
    return {hash_key(as_bytes(entry.key)), entry.begin, checksum_of(as_bytes(entry.payload))};
}

inline void compare_reads(key_history const& expected, store const& actual) {
    std::vector<bytes_view> keys;
    std::vector<std::uint64_t> hashes;
    for (auto const& [key, payload] : expected.live) {
        auto const found = actual.read(as_bytes(key));
        RC_ASSERT(found.has_value());
        RC_ASSERT(as_text(found->bytes) == payload);
        keys.push_back(as_bytes(key));
        hashes.push_back(hash_key(as_bytes(key)));
        RC_ASSERT(actual.exists(as_bytes(key)) && actual.exists_hashed(hashes.back()));
        RC_ASSERT(as_text(actual.read_hashed(hashes.back())->bytes) == payload);
    }
    auto const all = actual.batch_read(keys);
    auto const hashed = actual.batch_read_hashed(hashes, keys).value();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        auto const& payload = expected.live.at(std::string(as_text(keys[i])));
        RC_ASSERT(all[i].has_value() && hashed[i].has_value());
        RC_ASSERT(as_text(all[i]->bytes) == payload);
        RC_ASSERT(as_text(hashed[i]->bytes) == payload);
    }
}

inline void compare_entries(key_history const& expected, store const& actual) {
    auto const order = expected.newest_first();
    auto cursor = actual.entries();
    std::uint64_t needed = 0;
    for (auto const& each : order) {
        auto const entry = cursor.next();
        RC_ASSERT(entry.has_value());
        RC_ASSERT(as_text(entry->bytes()) == each.payload);
        RC_ASSERT(entry->metadata() == trailer_of(each));
        RC_ASSERT(entry->has_right_checksum());
        RC_ASSERT(entry->start_offset() % expected.image.alignment() == 0);
        RC_ASSERT(actual.read_metadata(as_bytes(each.key)) == trailer_of(each));
        needed += entry->size_in_file();
    }
    RC_ASSERT(!cursor.next().has_value());
    RC_ASSERT(actual.compaction_savings() == expected.image.bytes.size() - needed);
    std::vector<std::uint64_t> shared;
    for (auto& some : actual.shares_of_entries(3)) {
        while (auto const entry = some.next()) {
            shared.push_back(entry->metadata().previous_tail);
        }
    }
    std::ranges::sort(shared, std::greater());
    std::vector<std::uint64_t> begins;
    for (auto const& each : order) {
        begins.push_back(each.begin);
    }
    RC_ASSERT(shared == begins);
}

/// All that a store can be asked for.
inline void compare(key_history const& expected, store const& actual) {
    RC_ASSERT(actual.size() == expected.live.size());
    RC_ASSERT(actual.empty() == expected.live.empty());
    RC_ASSERT(actual.file_size() == expected.image.bytes.size());
    compare_reads(expected, actual);
    compare_entries(expected, actual);
    auto const last = actual.last_entry();
    RC_ASSERT(last.has_value() == !expected.log.empty());
    if (last) {
        RC_ASSERT(as_text(last->bytes()) == expected.log.back().payload);
        RC_ASSERT(last->metadata() == trailer_of(expected.log.back()));
        RC_ASSERT(last->end_offset() + trailer_size == expected.image.bytes.size());
    }
}

inline rc::Gen<std::string> some_key() {
    return rc::gen::oneOf(rc::gen::element<std::string>("", "a", "b", "c", "key"),
                          rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

inline rc::Gen<std::string> some_payload() {
    auto const sized = [](std::size_t size) {
        return rc::gen::container<std::string>(size, rc::gen::arbitrary<char>());
    };
    return rc::gen::suchThat(
        rc::gen::oneOf(
            rc::gen::container<std::string>(rc::gen::arbitrary<char>()),
            rc::gen::mapcat(rc::gen::element<std::size_t>(1, 2, 43, 44, 45, 64, 300), sized),
            rc::gen::element(std::string(2, '\0'), std::string(4097, 'x'))),
        [](std::string const& text) { return !text.empty() && text != zero_byte; });
}

inline rc::Gen<durability> some_level() {
    return rc::gen::element(durability::none, durability::os, durability::sync, durability::group);
}

using key_values = std::vector<std::pair<std::string, std::string>>;

inline rc::Gen<key_values> some_entries() {
    return rc::gen::container<key_values>(rc::gen::pair(some_key(), some_payload()));
}

inline std::vector<key_value> views_of(key_values const& entries) {
    std::vector<key_value> views;
    for (auto const& [key, payload] : entries) {
        views.push_back({as_bytes(key), as_bytes(payload)});
    }
    return views;
}

inline std::vector<bytes_view> views_of(std::vector<std::string> const& keys) {
    std::vector<bytes_view> views;
    for (auto const& key : keys) {
        views.push_back(as_bytes(key));
    }
    return views;
}

inline std::vector<std::uint64_t> hashes_of(std::vector<std::string> const& keys) {
    std::vector<std::uint64_t> hashes;
    for (auto const& key : keys) {
        hashes.push_back(hash_key(as_bytes(key)));
    }
    return hashes;
}

}  // namespace trunkline::store::store_model
