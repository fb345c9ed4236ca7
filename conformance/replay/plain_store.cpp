#include <replay/plain_store.hpp>

#include <xxhash.h>

#include <set>
#include <stdexcept>

namespace trunkline::replay {
namespace {

std::uint64_t hash_of(bytes_view key) {
    return XXH3_64bits(key.data(), key.size());
}

// Bit by bit, from the definition.
std::uint32_t crc32(bytes_view bytes) {
    std::uint32_t value = 0xffffffff;
    for (auto const each : bytes) {
        value ^= static_cast<std::uint32_t>(each);
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? (value >> 1) ^ 0xedb88320 : value >> 1;
        }
    }
    return ~value;
}

template <class Number>
void add_le(byte_string& to, Number value) {
    for (std::size_t i = 0; i < sizeof value; ++i) {
        to.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
}

}  // namespace

plain_store::plain_store(byte_string content, std::uint32_t alignment, store_rules rules)
    : bytes_(std::move(content)), alignment_(alignment), rules_(rules) {
    reopen();
}

void plain_store::append(std::uint64_t key_hash, bytes_view payload) {
    auto const begin = bytes_.size();
    bool const tombstone = payload.size() == 1 && payload.front() == std::byte{0};
    if (!tombstone) {
        while (bytes_.size() % alignment_ != 0) {
            bytes_.push_back(std::byte{0});
        }
    }
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    add_le(bytes_, key_hash);
    add_le(bytes_, std::uint64_t{begin});
    add_le(bytes_, crc32(payload));
    present_[key_hash] = !tombstone;
}

void plain_store::write(bytes_view key, bytes_view payload) {
    append(hash_of(key), payload);
}

void plain_store::remove(std::vector<byte_string> const& keys) {
    std::vector<std::uint64_t> found;
    for (auto const& key : keys) {
        if (auto const hash = hash_of(key); present_[hash]) {
            found.push_back(hash);
        }
    }
    std::byte const zero{0};
    for (auto const hash : found) {
        append(hash, {&zero, 1});
    }
}

void plain_store::reopen() {
    present_.clear();
    for (auto const& each : entries()) {
        present_.try_emplace(each.key_hash, !each.tombstone() || !rules_.deleted_keys_are_absent);
    }
}

std::vector<plain_store::entry> plain_store::entries() const {
    std::vector<entry> found;
    for (auto tail = bytes_.size(); tail != 0;) {
        if (tail < 21) {
            throw std::runtime_error("the chain ends at " + std::to_string(tail));
        }
        auto const* const trailer = bytes_.data() + tail - 20;
        entry one{load_le<std::uint64_t>(trailer),
                  load_le<std::uint64_t>(trailer + 8),
                  load_le<std::uint32_t>(trailer + 16),
                  {}};
        auto start = one.previous_tail;
        auto const end = tail - 20;
        if (start >= end) {
            throw std::runtime_error("an entry ends before it begins");
        }
        if (!(end - start == 1 && bytes_[start] == std::byte{0})) {
            start = (start + alignment_ - 1) / alignment_ * alignment_;
        }
        if (start >= end) {
            throw std::runtime_error("an entry without payload");
        }
        one.payload.assign(bytes_.begin() + static_cast<std::ptrdiff_t>(start),
                           bytes_.begin() + static_cast<std::ptrdiff_t>(end));
        tail = one.previous_tail;
        found.push_back(std::move(one));
    }
    return found;
}

std::vector<plain_store::entry> plain_store::live() const {
    std::vector<entry> found;
    std::set<std::uint64_t> seen;
    for (auto& each : entries()) {
        if (seen.insert(each.key_hash).second && !each.tombstone()) {
            found.push_back(std::move(each));
        }
    }
    return found;
}

plain_store plain_store::compacted() const {
    plain_store fresh({}, alignment_, rules_);
    for (auto const& each : live()) {
        fresh.append(each.key_hash, each.payload);
    }
    return fresh;
}

std::optional<byte_string> plain_store::read(bytes_view key) const {
    auto const hash = hash_of(key);
    for (auto& each : entries()) {
        if (each.key_hash == hash) {
            return each.tombstone() ? std::nullopt : std::optional(std::move(each.payload));
        }
    }
    return std::nullopt;
}

}  // namespace trunkline::replay
