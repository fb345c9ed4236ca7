// The recorded calls that made each golden file, made again on our store: the same answers, the
// same bytes.
#include <replay/plain_store.hpp>
#include <replay/store_set.hpp>

#include <trunkline/store/scratch_folder.hpp>
#include <trunkline/store/store.hpp>

#include <cstdio>

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

// Why a record cannot be played; empty when it can.
std::string reason_to_skip(store_record const& record) {
    if (record.shows_defect()) {
        return "shows a defect of its writer";
    }
    for (auto const& each : *record.list("ops")) {
        auto const* const name = each.as_object().if_contains("op");
        if (name == nullptr) {
            return "a call without a name";
        }
        std::string_view const op = name->as_string();
        if (op != "write" && op != "batch_write" && op != "delete" && op != "reopen") {
            return "operation not in this slice: " + std::string(op);
        }
    }
    return {};
}

// Plays the calls of one record on our store and on the plain one, which follows our rules.
class player {
public:
    explicit player(store_record const& record)
        : record_(record),
          published_({}, record.alignment, {.deleted_keys_are_absent = false}),
          ours_({}, record.alignment) {
        open();
    }

    void play() {
        for (auto const& each : *record_.list("ops")) {
            auto const& call = each.as_object();
            SCOPED_TRACE(json::serialize(call).substr(0, 300));
            std::string_view const op = call.at("op").as_string();
            if (op == "write") {
                play_write(call);
            } else if (op == "batch_write") {
                play_batch_write(call);
            } else if (op == "delete") {
                play_delete(call);
            } else {
                play_reopen(call);
            }
        }
        store_.reset();
        // The plain store is right about the published one, and ours does as the plain one by our
        // rules. Where no rule came up both files are the same.
        EXPECT_TRUE(published_.bytes() == read_bytes(record_.path()));
        EXPECT_TRUE(read_bytes(path_) == ours_.bytes());
        if (rule_applied_) {
            std::printf("  %s: deleted keys are absent (section 21.8)\n", record_.name.c_str());
        } else {
            EXPECT_TRUE(read_bytes(path_) == read_bytes(record_.path()));
        }
    }

private:
    void open() {
        auto opened = store::store::open(path_, {.alignment = record_.alignment});
        ASSERT_TRUE(opened) << opened.error().message();
        store_ = std::move(*opened);
    }

    void expect_same(result<std::uint64_t> const& got, json::object const& call) {
        if (auto const* const error = call.if_contains("error")) {
            ASSERT_FALSE(got);
            EXPECT_EQ(got.error().message(),
                      std::string_view(error->as_object().at("message").as_string()));
            return;
        }
        ASSERT_TRUE(got) << got.error().message();
        EXPECT_EQ(*got, ours_.tail());
        EXPECT_EQ(published_.tail(), number_of(call.at("returns")));
        if (!rule_applied_) {
            EXPECT_EQ(*got, number_of(call.at("returns")));
        }
    }

    void play_write(json::object const& call) {
        auto const key = hex_field(call, "key");
        auto const payload = payload_of(call.at("payload"));
        if (!call.contains("error")) {
            published_.write(key, payload);
            ours_.write(key, payload);
        }
        expect_same(store_->write(key, payload), call);
    }

    void play_batch_write(json::object const& call) {
        auto const entries = entries_of(call);
        std::vector<store::key_value> batch;
        for (auto const& each : entries) {
            batch.push_back({each.key, each.payload});
            if (!call.contains("error")) {
                published_.write(each.key, each.payload);
                ours_.write(each.key, each.payload);
            }
        }
        expect_same(store_->batch_write(batch), call);
    }

    void play_delete(json::object const& call) {
        std::vector<byte_string> const keys{hex_field(call, "key")};
        published_.remove(keys);
        ours_.remove(keys);
        note_rule();
        expect_same(store_->remove(keys.front()), call);
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

    void note_rule() { rule_applied_ = rule_applied_ || published_.bytes() != ours_.bytes(); }

    store_record const& record_;
    store::scratch_folder folder_;
    std::filesystem::path path_ = folder_ / "replayed.bin";
    plain_store published_;
    plain_store ours_;
    std::unique_ptr<store::store> store_;
    bool rule_applied_ = false;
};

TEST(store_calls, make_the_same_file) {
    std::vector<store_record> playable;
    for (auto& record : store_records()) {
        if (record.list("ops") == nullptr) {
            continue;
        }
        if (auto const reason = reason_to_skip(record); !reason.empty()) {
            std::printf("  %s: skipped, %s\n", record.name.c_str(), reason.c_str());
            continue;
        }
        playable.push_back(std::move(record));
    }
    check_store_records(playable, [](store_record const& record) { player(record).play(); });
}

}  // namespace
}  // namespace trunkline::replay
