// The store's page written down once more, as plainly as possible: a file is a vector, reading is a
// walk over all of it. What golden files and our store are compared with where the two differ by a
// rule.
#pragma once

#include <replay/values.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::replay {

/// Where our store differs from the published one on purpose.
struct store_rules {
    /// File 21.8: a deleted key is absent, also after reopening. Deleting it again writes
    /// nothing, and it is not counted. The published store counts deleted keys after reopening and
    /// writes another tombstone for one.
    bool deleted_keys_are_absent = true;
};

class plain_store {
public:
    struct entry {
        std::uint64_t key_hash = 0;
        std::uint64_t previous_tail = 0;
        std::uint32_t checksum = 0;
        byte_string payload;

        [[nodiscard]] bool tombstone() const {
            return payload.size() == 1 && payload.front() == std::byte{0};
        }
    };

    /// Takes `content` as a file without damage.
    plain_store(byte_string content, std::uint32_t alignment, store_rules rules = {});

    void append(std::uint64_t key_hash, bytes_view payload);
    void write(bytes_view key, bytes_view payload);

    /// Appends tombstones for the keys that are there.
    void remove(std::vector<byte_string> const& keys);

    /// From now on the published store takes tombstones for entries.
    void reopen();

    [[nodiscard]] byte_string const& bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t tail() const { return bytes_.size(); }

    /// From the newest to the oldest. Throws when the chain does not go back to 0.
    [[nodiscard]] std::vector<entry> entries() const;
    [[nodiscard]] std::optional<byte_string> read(bytes_view key) const;

    /// Live entries, the newest first.
    [[nodiscard]] std::vector<entry> live() const;

    /// Live entries alone, in that order.
    [[nodiscard]] plain_store compacted() const;

private:
    byte_string bytes_;
    std::uint32_t alignment_;
    store_rules rules_;
    std::map<std::uint64_t, bool> present_;  // what delete() takes for there
};

}  // namespace trunkline::replay
