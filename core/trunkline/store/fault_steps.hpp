// For tests: what may be done to a store on a disk that fails, and what it should hold then.
#pragma once

#include <trunkline/store/digest.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace trunkline::store::fault_steps {

using contents = std::map<std::string, std::string>;

inline constexpr auto path = "store.bin";

inline constexpr std::array levels{durability::none, durability::os, durability::sync,
                                   durability::group};

inline result<std::unique_ptr<store>> open_on(faulty_disk& disk,
                                              durability level = durability::os) {
    return store::open(path, {.level = level, .on = &disk});
}

inline contents read_all(store const& from, contents const& keys) {
    contents found;
    for (auto const& [key, unused] : keys) {
        if (auto const value = from.read(as_bytes(key))) {
            found[key] = as_text(value->bytes);
        }
    }
    return found;
}

inline std::string base_file() {
    plain_image image(64);
    image.write("kept", "as it was");
    image.write("changed", "old");
    image.write("removed", "old");
    return image.bytes;
}

// More than the appender takes into one gather write.
inline contents many_values() {
    contents values;
    for (int i = 0; i < 90; ++i) {
        values["many " + std::to_string(i)] = std::string(3800, static_cast<char>('a' + i % 26));
    }
    return values;
}

struct step {
    char const* name;
    std::function<bool(store&)> act;  // true when the store says it is done
    contents after;
};

inline std::vector<step> steps() {
    contents const base{{"kept", "as it was"}, {"changed", "old"}, {"removed", "old"}};
    auto written = base;
    written["changed"] = std::string(6000, 'n');
    auto batched = base;
    batched["changed"] = "new";
    batched["fresh"] = std::string(5000, 'f');
    auto removed = base;
    removed.erase("removed");
    auto streamed = base;
    streamed["fresh"] = std::string(150, '\0') + std::string(9000, 's');
    auto renamed = removed;
    renamed["fresh"] = "old";
    contents const emptied{{"kept", "as it was"}};
    auto mixed = removed;
    mixed["changed"] = std::string(700, 'm');
    auto filled = base;
    for (auto const& [key, payload] : many_values()) {
        filled[key] = payload;
    }
    return {
        {"write",
         [](store& on) {
             return on.write(as_bytes("changed"), as_bytes(std::string(6000, 'n'))).has_value();
         },
         written},
        {"batch write",
         [](store& on) {
             auto const large = std::string(5000, 'f');
             std::vector<key_value> const batch{{as_bytes("changed"), as_bytes("new")},
                                                {as_bytes("fresh"), as_bytes(large)}};
             return on.batch_write(batch).has_value();
         },
         batched},
        {"remove", [](store& on) { return on.remove(as_bytes("removed")).has_value(); }, removed},
        {"stream",
         [](store& on) {
             auto rest = std::string(150, '\0') + std::string(9000, 's');
             auto const source = [&](mutable_bytes into) -> result<std::size_t> {
                 auto const size = rest.copy(reinterpret_cast<char*>(into.data()), 1000);
                 rest.erase(0, size);
                 return size;
             };
             return on.write_stream(as_bytes("fresh"), source).has_value();
         },
         streamed},
        {"rename",
         [](store& on) { return on.rename(as_bytes("removed"), as_bytes("fresh")).has_value(); },
         renamed},
        {"batch remove",
         [](store& on) {
             std::vector<bytes_view> const keys{as_bytes("removed"), as_bytes("changed")};
             return on.batch_remove(keys).has_value();
         },
         emptied},
        {"write and delete",
         [](store& on) {
             std::string const value(700, 'm');
             std::vector<hashed_value> const batch{
                 {hash_key(as_bytes("changed")), as_bytes(value)},
                 {hash_key(as_bytes("removed")), as_bytes(std::string_view("\0", 1))}};
             return on.batch_write_hashed(batch, null_payloads::delete_the_key).has_value();
         },
         mixed},
        {"several gather writes",
         [](store& on) {
             auto const values = many_values();
             std::vector<key_value> batch;
             for (auto const& [key, payload] : values) {
                 batch.push_back({as_bytes(key), as_bytes(payload)});
             }
             return on.batch_write(batch).has_value();
         },
         filled}};
}

inline contents asked_keys() {
    contents keys{{"kept", ""}, {"changed", ""}, {"removed", ""}, {"fresh", ""}};
    keys.merge(many_values());
    return keys;
}
inline contents const all_keys = asked_keys();

}  // namespace trunkline::store::fault_steps
