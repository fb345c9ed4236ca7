#include <interop/history_player.hpp>

#include <trunkline/store/digest.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace trunkline::interop {
namespace {

// Gives `bytes` in pieces of another size each time.
store::payload_source pieces_of(bytes_view bytes) {
    return [bytes, step = std::size_t{0}](mutable_bytes into) mutable -> result<std::size_t> {
        step = step % 7000 + 991;
        auto const size = std::min({bytes.size(), into.size(), step});
        std::ranges::copy(bytes.first(size), into.begin());
        bytes = bytes.subspan(size);
        return size;
    };
}

std::vector<byte_string> values_of(step const& one) {
    std::vector<byte_string> values;
    for (auto const& each : one.entries) {
        values.push_back(each.value.bytes());
    }
    return values;
}

std::vector<bytes_view> keys_of(step const& one) {
    std::vector<bytes_view> keys;
    for (auto const& each : one.entries) {
        keys.emplace_back(each.key);
    }
    return keys;
}

result<std::uint64_t> play_values(store::store& here, step const& one) {
    auto const values = values_of(one);
    if (one.what == call::write) {
        return here.write(one.entries[0].key, values[0]);
    }
    if (one.what == call::stream) {
        return here.write_stream(one.entries[0].key, pieces_of(values[0]));
    }
    if (one.what == call::hashed) {
        std::vector<store::hashed_value> batch;
        for (std::size_t at = 0; at < values.size(); ++at) {
            batch.push_back({store::hash_key(one.entries[at].key), values[at]});
        }
        return here.batch_write_hashed(batch, store::null_payloads::delete_the_key);
    }
    std::vector<store::key_value> batch;
    for (std::size_t at = 0; at < values.size(); ++at) {
        batch.push_back({one.entries[at].key, values[at]});
    }
    return here.batch_write(batch);
}

result<std::uint64_t> play_call(store::store& here, store::store& other, step const& one) {
    switch (one.what) {
        case call::remove:
            return here.remove(one.entries[0].key);
        case call::batch_remove:
            return here.batch_remove(keys_of(one));
        case call::rename:
            return here.rename(one.entries[0].key, one.entries[1].key);
        case call::copy:
            return here.copy(one.entries[0].key, other);
        case call::transfer:
            return here.transfer(one.entries[0].key, other);
        case call::compact:
            if (auto const done = here.compact(); !done) {
                return done.error();
            }
            return here.file_size();
        default:
            return play_values(here, one);
    }
}

}  // namespace

std::string to_text(outcome const& one) {
    return one.tail ? "tail " + std::to_string(*one.tail) : "error " + one.error;
}

std::filesystem::path path_of(std::filesystem::path const& folder, history const& one,
                              std::size_t store) {
    return folder / (std::to_string(one.number) + "." + std::to_string(store));
}

store_pair open_pair(std::filesystem::path const& folder, history const& one,
                     std::uint32_t alignment) {
    store_pair made;
    for (std::size_t const store : {0, 1}) {
        auto const path = path_of(folder, one, store);
        auto opened = store::store::open(path, {.alignment = alignment});
        if (!opened) {
            throw std::runtime_error(path.string() + ": " + opened.error().message());
        }
        made[store] = std::move(*opened);
    }
    return made;
}

outcome play(store_pair& stores, step const& one) {
    auto const& here = stores[one.store];
    auto const got = play_call(*here, *stores[1 - one.store], one);
    if (got) {
        return {*got, {}};
    }
    bool const moves = one.what == call::copy || one.what == call::transfer;
    return {{},
            moves ? here->published_text(got.error(), one.entries[0].key) : got.error().message()};
}

plain_pair::plain_pair(std::uint32_t alignment)
    : alignment_(alignment),
      stores_{replay::plain_store({}, alignment), replay::plain_store({}, alignment)} {}

void plain_pair::begin_part(replay::store_rules const& rules) {
    for (auto& each : stores_) {
        each = replay::plain_store(each.bytes(), alignment_, rules);
    }
}

outcome plain_pair::play(step const& one) {
    auto& here = stores_[one.store];
    if (writes_values(one.what)) {
        return play_values(here, one);
    }
    if (one.what == call::remove || one.what == call::batch_remove) {
        std::vector<byte_string> keys;
        for (auto const& each : one.entries) {
            keys.push_back(each.key);
        }
        here.remove(keys);
    } else if (one.what == call::compact) {
        here = here.compacted();
    } else {
        return play_move(here, one);
    }
    return {here.tail(), {}};
}

outcome plain_pair::play_values(replay::plain_store& here, step const& one) {
    auto const values = values_of(one);
    for (auto const& each : values) {
        if (each.empty()) {
            return {{}, "Payload cannot be empty."};
        }
        if (is_null(each) && one.what != call::hashed) {
            return {{}, "NULL-byte payloads cannot be written directly."};
        }
    }
    for (std::size_t at = 0; at < values.size(); ++at) {
        here.write(one.entries[at].key, values[at]);
    }
    return {here.tail(), {}};
}

outcome plain_pair::play_move(replay::plain_store& here, step const& one) {
    auto const& from = one.entries[0].key;
    auto const value = here.read(from);
    if (one.what == call::rename) {
        if (from == one.entries[1].key) {
            return {{}, "Cannot rename a key to itself"};
        }
        if (!value) {
            return {{}, "Old key not found"};
        }
        here.write(one.entries[1].key, *value);
        here.remove({from});
        return {here.tail(), {}};
    }
    if (!value) {
        return {{}, "Key not found: "};  // the key follows, quoted
    }
    auto& target = stores_[1 - one.store];
    target.write(from, *value);
    if (one.what == call::copy) {
        return {target.tail(), {}};
    }
    here.remove({from});
    return {here.tail(), {}};
}

}  // namespace trunkline::interop
