#include <interop/history_maker.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <random>

namespace trunkline::interop {
namespace {

// Sizes at which something changes: alignment, the checksum's steps, the pieces of streams.
constexpr std::array<std::uint32_t, 14> edges{15,   16,   17,   20,    63,    64,    65,
                                              4095, 4096, 4097, 65535, 65536, 65537, 131072};

class maker {
public:
    maker(std::uint64_t seed, std::size_t number) : random_(seed ^ (number << 20U)) {
        made_.number = number;
        make_keys();
    }

    history make() {
        auto const parts = 1 + below(4);
        for (std::uint64_t part = 0; part < parts; ++part) {
            made_.parts.emplace_back();
            for (auto steps = 1 + below(16); steps > 0; --steps) {
                add_step();
            }
            for (std::size_t const store : {0, 1}) {
                if (below(7) == 0 && !holds_zeros(store)) {
                    add({store, call::compact, {}});
                }
            }
        }
        return std::move(made_);
    }

private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

    byte_string random_bytes(std::size_t size) {
        byte_string made(size);
        std::ranges::generate(made,
                              [this] { return std::byte{static_cast<std::uint8_t>(random_())}; });
        return made;
    }

    void make_keys() {
        keys_.emplace_back();
        constexpr std::string_view text = "ключ/鍵/🗝";
        auto const bytes = as_bytes(text);
        keys_.emplace_back(bytes.begin(), bytes.end());
        for (auto const most : {3, 16, 17, 40, 128, 240, 1025}) {  // the hash's length classes
            keys_.push_back(random_bytes(1 + below(static_cast<std::uint64_t>(most))));
        }
    }

    byte_string const& key() { return keys_[below(keys_.size())]; }

    std::uint32_t size() {
        auto const kind = below(100);
        if (kind < 3) {
            return edges[below(edges.size())];
        }
        if (kind < 20) {
            return static_cast<std::uint32_t>(below(3000));
        }
        return static_cast<std::uint32_t>(below(kind < 60 ? 200 : 20));
    }

    payload value() {
        auto const kind = below(20);
        payload made{payload_kind::any, size(), below(1'000'000)};
        if (kind == 0) {
            made.kind = payload_kind::zeros;
        } else if (kind < 4) {
            made.kind = payload_kind::late;
        } else if (kind < 8) {
            made.kind = payload_kind::few;
        }
        return made;
    }

    payload value_for_stream() {
        for (;;) {
            if (auto const made = value(); !is_all_zero(made.bytes())) {
                return made;
            }
        }
    }

    std::vector<entry> batch() {
        std::vector<entry> entries(below(7));
        std::ranges::generate(entries, [this] { return entry{key(), value()}; });
        return entries;
    }

    // Each key once; every fourth is deleted.
    std::vector<entry> hashed_batch() {
        std::map<byte_string, payload> entries;
        for (auto count = below(6); count > 0; --count) {
            entries[key()] = below(4) == 0 ? payload{payload_kind::zeros, 1, 0} : value();
        }
        std::vector<entry> listed;
        for (auto const& [each, value] : entries) {
            listed.push_back({each, value});
        }
        return listed;
    }

    void add_step() {
        std::size_t const store = below(4) == 0 ? 1 : 0;
        switch (below(14)) {
            case 0:
            case 1:
            case 2:
                return add({store, call::write, {{key(), value()}}});
            case 3:
            case 4:
                return add({store, call::batch, batch()});
            case 5:
                return add({store, call::hashed, hashed_batch()});
            case 6:
            case 7:
                return add({store, call::stream, {{key(), value_for_stream()}}});
            case 8:
            case 9:
                return add({store, call::remove, {{key(), {}}}});
            case 10:
                return add({store, call::batch_remove, {{key(), {}}, {key(), {}}, {key(), {}}}});
            default:
                return add_move(store);
        }
    }

    void add_move(std::size_t store) {
        constexpr std::array<call, 3> moves{call::rename, call::copy, call::transfer};
        auto const what = moves[below(moves.size())];
        auto const from = key();
        auto const found = zeros_[store].find(from);
        if (found != zeros_[store].end() && found->second) {  // this one is never moved
            return add({store, call::remove, {{from, {}}}});
        }
        if (what == call::rename) {
            return add({store, what, {{from, {}}, {key(), {}}}});
        }
        add({store, what, {{from, {}}}});
    }

    void add(step const& made) {
        follow(made);
        made_.parts.back().push_back(made);
    }

    bool holds_zeros(std::size_t store) const {
        return std::ranges::any_of(zeros_[store], [](auto const& each) { return each.second; });
    }

    // Keeps account of what is live, and whether it is all zero.
    void follow(step const& made) {
        auto& here = zeros_[made.store];
        if (writes_values(made.what)) {
            return follow_values(here, made);
        }
        if (made.what == call::compact || made.entries.empty()) {
            return;
        }
        auto const& from = made.entries[0].key;
        bool const moves = here.contains(from);
        if (made.what == call::remove || made.what == call::batch_remove) {
            for (auto const& each : made.entries) {
                here.erase(each.key);
            }
        } else if (moves && made.what == call::rename) {
            if (auto const& to = made.entries[1].key; to != from) {
                here[to] = false;
                here.erase(from);
            }
        } else if (moves) {
            zeros_[1 - made.store][from] = false;
            if (made.what == call::transfer) {
                here.erase(from);
            }
        }
    }

    static void follow_values(std::map<byte_string, bool>& here, step const& made) {
        bool const deletes = made.what == call::hashed;
        auto const refused = [deletes](entry const& each) {
            auto const bytes = each.value.bytes();
            return bytes.empty() || (is_null(bytes) && !deletes);
        };
        if (std::ranges::any_of(made.entries, refused)) {
            return;
        }
        for (auto const& [key, value] : made.entries) {
            if (auto const bytes = value.bytes(); is_null(bytes)) {
                here.erase(key);
            } else {
                here[key] = is_all_zero(bytes);
            }
        }
    }

    std::mt19937_64 random_;
    history made_;
    std::vector<byte_string> keys_;
    std::array<std::map<byte_string, bool>, 2> zeros_;  // live keys of each store
};

}  // namespace

std::vector<history> make_histories(std::uint64_t seed, std::size_t count) {
    std::vector<history> made;
    for (std::size_t number = 0; number < count; ++number) {
        made.push_back(maker(seed, number).make());
    }
    return made;
}

}  // namespace trunkline::interop
