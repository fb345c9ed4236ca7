// The recorded calls that made each golden file, made again on our store: the same answers, the
// same bytes.
#include <replay/plain_store.hpp>
#include <replay/store_set.hpp>

#include <trunkline/base/scratch_folder.hpp>
#include <trunkline/store/digest.hpp>
#include <trunkline/store/store.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

namespace trunkline::replay {
namespace {

byte_string hex_field(json::object const& fields, char const* name) {
    return from_hex(std::string_view(fields.at(name).as_string()));
}

struct owned_entry {
    byte_string key;
    byte_string payload;
};

std::vector<owned_entry> entries_of(json::object const& call) {
    std::vector<owned_entry> entries;
    for (auto const& each : call.at("entries").as_array()) {
        entries.push_back(
            {hex_field(each.as_object(), "key"), payload_of(each.as_object().at("payload"))});
    }
    return entries;
}

std::vector<byte_string> keys_of(json::object const& call) {
    std::vector<byte_string> keys;
    for (auto const& each : call.at("keys").as_array()) {
        keys.push_back(from_hex(std::string_view(each.as_string())));
    }
    return keys;
}

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

class players;

// Plays the calls of one record on our store and on two plain ones: one follows our rules, the
// other the published store.
class player {
public:
    player(store_record const& record, players& others)
        : record_(record),
          others_(others),
          published_({}, record.alignment, {.deleted_keys_are_absent = false}),
          ours_({}, record.alignment) {
        open();
    }

    // Plays up to the next call that comes from another store.
    void play_own() {
        auto const& calls = *record_.list("ops");
        for (; next_ < calls.size(); ++next_) {
            auto const& call = calls[next_].as_object();
            std::string_view const op = call.at("op").as_string();
            if (op == "copied_in" || op == "transferred_in") {
                return;
            }
            SCOPED_TRACE(json::serialize(call).substr(0, 300));
            (this->*handlers().at(op))(call);
        }
    }

    void finish() {
        play_own();
        EXPECT_EQ(next_, record_.list("ops")->size());
        store_.reset();
        // The plain store is right about the published one, and ours does as the plain one by our
        // rules. Where no rule came up both files are the same.
        EXPECT_TRUE(published_.bytes() == read_bytes(record_.path()));
        EXPECT_TRUE(read_bytes(path_) == ours_.bytes());
        if (rule_applied_) {
            std::printf("  %s: deleted keys are absent (file 21.8)\n", record_.name.c_str());
        } else {
            EXPECT_TRUE(read_bytes(path_) == read_bytes(record_.path()));
        }
    }

    static bool knows(std::string_view op) {
        return handlers().contains(op) || op == "copied_in" || op == "transferred_in";
    }

private:
    using handler = void (player::*)(json::object const&);

    static std::map<std::string_view, handler> const& handlers() {
        static std::map<std::string_view, handler> const table{
            {"write", &player::play_write},
            {"write_stream", &player::play_write_stream},
            {"batch_write", &player::play_batch_write},
            {"batch_write_with_key_hashes", &player::play_batch_write_hashed},
            {"delete", &player::play_delete},
            {"batch_delete", &player::play_batch_delete},
            {"rename", &player::play_rename},
            {"copy", &player::play_copy},
            {"transfer", &player::play_copy},
            {"compact_then_close", &player::play_compact},
            {"reopen", &player::play_reopen},
        };
        return table;
    }

    void open() {
        auto opened = store::store::open(path_, {.alignment = record_.alignment});
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
    }

    static bool fails(json::object const& call) { return call.contains("error"); }

    static std::string_view text_of_error(json::object const& call) {
        return call.at("error").as_object().at("message").as_string();
    }

    // `tail_of` is the player whose tail the call gives.
    void expect_same(result<std::uint64_t> const& got, json::object const& call,
                     player const& tail_of) {
        if (fails(call)) {
            ASSERT_FALSE(got);
            EXPECT_EQ(got.error().message(), text_of_error(call));
            return;
        }
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(*got, tail_of.ours_.tail());
        EXPECT_EQ(tail_of.published_.tail(), number_of(call.at("returns")));
        if (!tail_of.rule_applied_) {
            EXPECT_EQ(*got, number_of(call.at("returns")));
        }
    }

    void write_plain(bytes_view key, bytes_view payload) {
        published_.write(key, payload);
        ours_.write(key, payload);
    }

    void remove_plain(std::vector<byte_string> const& keys) {
        published_.remove(keys);
        ours_.remove(keys);
        rule_applied_ = rule_applied_ || published_.bytes() != ours_.bytes();
    }

    void play_write(json::object const& call) {
        auto const key = hex_field(call, "key");
        auto const payload = payload_of(call.at("payload"));
        if (!fails(call)) {
            write_plain(key, payload);
        }
        expect_same(store_->write(key, payload), call, *this);
    }

    void play_write_stream(json::object const& call) {
        auto const key = hex_field(call, "key");
        auto const payload = payload_of(call.at("payload"));
        if (!fails(call)) {
            write_plain(key, payload);
        }
        expect_same(store_->write_stream(key, pieces_of(payload)), call, *this);
    }

    void play_batch_write(json::object const& call) {
        auto const entries = entries_of(call);
        std::vector<store::key_value> batch;
        for (auto const& each : entries) {
            batch.push_back({each.key, each.payload});
            if (!fails(call)) {
                write_plain(each.key, each.payload);
            }
        }
        expect_same(store_->batch_write(batch), call, *this);
    }

    void play_batch_write_hashed(json::object const& call) {
        auto const entries = entries_of(call);
        std::vector<store::hashed_value> batch;
        for (auto const& each : entries) {
            batch.push_back({store::hash_key(each.key), each.payload});
            if (!fails(call)) {
                write_plain(each.key, each.payload);
            }
        }
        auto const nulls = call.at("allow_null_bytes").as_bool()
                               ? store::null_payloads::delete_the_key
                               : store::null_payloads::refused;
        expect_same(store_->batch_write_hashed(batch, nulls), call, *this);
    }

    void play_delete(json::object const& call) {
        auto const key = hex_field(call, "key");
        remove_plain({key});
        expect_same(store_->remove(key), call, *this);
    }

    void play_batch_delete(json::object const& call) {
        auto const keys = keys_of(call);
        remove_plain(keys);
        std::vector<bytes_view> const views(keys.begin(), keys.end());
        expect_same(store_->batch_remove(views), call, *this);
    }

    void play_rename(json::object const& call) {
        auto const from = hex_field(call, "old");
        auto const to = hex_field(call, "new");
        if (!fails(call)) {
            write_plain(to, ours_.read(from).value());
            remove_plain({from});
        }
        expect_same(store_->rename(from, to), call, *this);
    }

    // copy and transfer; the target's record says what came in.
    void play_copy(json::object const& call);

    void play_compact(json::object const& call) {
        ASSERT_FALSE(fails(call));
        EXPECT_TRUE(store_->compact());
        published_ = published_.compacted();
        ours_ = ours_.compacted();
        EXPECT_EQ(store_->file_size(), ours_.tail());
    }

    void play_reopen(json::object const& call) {
        store_.reset();
        open();
        published_.reopen();
        ours_.reopen();
        EXPECT_EQ(store_->file_size(), ours_.tail());
        EXPECT_EQ(published_.tail(), number_of(call.at("file_size")));
        EXPECT_EQ(store_->size(), ours_.live().size());
    }

    store_record const& record_;
    players& others_;
    scratch_folder folder_;
    std::filesystem::path path_ = folder_ / "replayed.bin";
    plain_store published_;
    plain_store ours_;
    std::unique_ptr<store::store> store_;
    std::size_t next_ = 0;
    bool rule_applied_ = false;
};

// The records that are played together, by name: a store and those it copies into.
class players {
public:
    explicit players(std::map<std::string, store_record const*> const& records)
        : records_(records) {}

    player& of(std::string const& name) {
        auto& found = made_[name];
        if (!found) {
            found = std::make_unique<player>(*records_.at(name), *this);
            found->play_own();
        }
        return *found;
    }

    void finish() {
        for (auto const& [name, each] : made_) {
            SCOPED_TRACE(name);
            each->finish();
        }
    }

private:
    std::map<std::string, store_record const*> const& records_;
    std::map<std::string, std::unique_ptr<player>> made_;
};

void player::play_copy(json::object const& call) {
    auto& target = others_.of(std::string(call.at("target").as_string()));
    auto const& arrival = target.record_.list("ops")->at(target.next_++).as_object();
    bool const transfers = call.at("op").as_string() == "transfer";
    auto const key = hex_field(call, "key");
    EXPECT_EQ(hex_field(arrival, "key"), key);
    if (!fails(call)) {
        target.write_plain(key, ours_.read(key).value());
    }
    if (transfers) {
        remove_plain({key});
    }
    auto const got =
        transfers ? store_->transfer(key, *target.store_) : store_->copy(key, *target.store_);
    if (fails(call)) {
        ASSERT_FALSE(got);
        EXPECT_EQ(store_->published_text(got.error(), key), text_of_error(call));
    } else {
        expect_same(got, call, transfers ? *this : target);
        EXPECT_EQ(target.store_->file_size(), target.ours_.tail());
    }
    target.play_own();
}

// Why a record cannot be played; empty when it can.
std::string reason_to_skip(store_record const& record,
                           std::map<std::string, store_record const*> const& all) {
    if (record.shows_defect()) {
        return "shows a defect of its writer";
    }
    for (auto const& each : *record.list("ops")) {
        auto const& call = each.as_object();
        auto const* const name = call.if_contains("op");
        if (name == nullptr || !player::knows(name->as_string())) {
            return "a call that is not played: " + json::serialize(call).substr(0, 60);
        }
        if (!has_files_of(each)) {
            return "a file that a call writes is not there";
        }
        for (auto const* const other : {"target", "from"}) {
            if (call.contains(other) && !all.contains(std::string(call.at(other).as_string()))) {
                return "the other store is not there";
            }
        }
    }
    return {};
}

bool takes_part_in_another(store_record const& record) {
    return std::ranges::any_of(*record.list("ops"), [](json::value const& each) {
        auto const* const from = each.as_object().if_contains("from");
        return from != nullptr;
    });
}

TEST(store_calls, make_the_same_file) {
    auto const records = store_records();
    std::map<std::string, store_record const*> by_name;
    for (auto const& record : records) {
        if (record.list("ops") != nullptr) {
            by_name.emplace(record.name, &record);
        }
    }
    std::vector<store_record> playable;
    for (auto const& [name, record] : by_name) {
        if (auto const reason = reason_to_skip(*record, by_name); !reason.empty()) {
            std::printf("  %s: skipped, %s\n", name.c_str(), reason.c_str());
        } else if (!takes_part_in_another(*record)) {
            playable.push_back(*record);
        }
    }
    check_store_records(playable, [&by_name](store_record const& record) {
        players together(by_name);
        together.of(record.name);
        together.finish();
    });
}

}  // namespace
}  // namespace trunkline::replay
