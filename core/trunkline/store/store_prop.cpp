// Random histories of a store against a map, with reopening, for every alignment.
#include <trunkline/store/store.hpp>

#include <trunkline/store/check.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/recovery.hpp>
#include <trunkline/store/test_store_model.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <rapidcheck/state.h>

#include <string>
#include <utility>
#include <vector>

namespace trunkline::store {
namespace {

using namespace store_model;

// The store under test and the one that it copies to.
struct model : key_history {
    explicit model(std::uint32_t alignment) : key_history(alignment), other(alignment) {}

    void note(durability level) { synced = waits_for_disk(level) ? image.bytes.size() : synced; }

    key_history other;
    std::uint64_t synced = 0;  // bytes that no loss of power takes
};

// With the disk they live on.
struct subject {
    explicit subject(std::uint32_t alignment_) : alignment(alignment_) { reopen(); }

    void reopen() {
        opened.reset();
        opened = store::open(image_path, {.alignment = alignment, .on = disk.get()}).value();
        other.reset();
        other = store::open("other.bin", {.alignment = alignment, .on = disk.get()}).value();
    }

    std::uint32_t alignment;
    std::unique_ptr<faulty_disk> disk = std::make_unique<faulty_disk>();
    std::unique_ptr<store> opened;
    std::unique_ptr<store> other;
};

using command = rc::state::Command<model, subject>;

struct write_one : command {
    std::string key = *some_key();
    std::string payload = *some_payload();
    bool hashed = *rc::gen::arbitrary<bool>();
    durability level = *some_level();

    void apply(model& state) const override {
        state.put(key, payload);
        state.note(level);
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        auto const written =
            hashed ? actual.opened->write_hashed(hash_key(as_bytes(key)), as_bytes(payload), level)
                   : actual.opened->write(as_bytes(key), as_bytes(payload), level);
        RC_ASSERT(written.has_value());
        RC_ASSERT(*written == after.image.bytes.size());
        compare(after, *actual.opened);
    }
    void show(std::ostream& to) const override { to << "write " << rc::toString(key); }
};

struct write_batch : command {
    key_values entries = *some_entries();
    durability level = *some_level();

    void apply(model& state) const override {
        for (auto const& [key, payload] : entries) {
            state.put(key, payload);
        }
        if (!entries.empty()) {
            state.note(level);
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        auto const written = actual.opened->batch_write(views_of(entries), level);
        RC_ASSERT(written.has_value());
        RC_ASSERT(*written == after.image.bytes.size());
        compare(after, *actual.opened);
    }
    void show(std::ostream& to) const override { to << "batch of " << entries.size(); }
};

// Values and deletions in one batch, in their order.
struct write_hashed_batch : command {
    key_values entries = *rc::gen::container<key_values>(
        rc::gen::pair(some_key(), rc::gen::oneOf(some_payload(), rc::gen::just(zero_byte))));
    durability level = *some_level();

    void apply(model& state) const override {
        for (auto const& [key, payload] : entries) {
            if (payload == zero_byte) {
                state.drop(key);
            } else {
                state.put(key, payload);
            }
        }
        if (!entries.empty()) {
            state.note(level);
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        std::vector<hashed_value> batch;
        for (auto const& [key, payload] : entries) {
            batch.push_back({hash_key(as_bytes(key)), as_bytes(payload)});
        }
        auto const written =
            actual.opened->batch_write_hashed(batch, null_payloads::delete_the_key, level);
        RC_ASSERT(written.value() == after.image.bytes.size());
        compare(after, *actual.opened);
    }
    void show(std::ostream& to) const override { to << "hashed batch of " << entries.size(); }
};

struct remove_one : command {
    std::string key = *some_key();
    durability level = *some_level();

    void apply(model& state) const override {
        if (state.drop_if_live(key)) {
            state.note(level);
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        RC_ASSERT(actual.opened->remove(as_bytes(key), level).value() == after.image.bytes.size());
        RC_ASSERT(!actual.opened->exists(as_bytes(key)));
        compare(after, *actual.opened);
    }
    void show(std::ostream& to) const override { to << "remove " << rc::toString(key); }
};

struct remove_many : command {
    std::vector<std::string> keys = *rc::gen::container<std::vector<std::string>>(some_key());
    bool hashed = *rc::gen::arbitrary<bool>();

    void apply(model& state) const override { state.drop_all(keys); }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        auto const removed = hashed ? actual.opened->batch_remove_hashed(hashes_of(keys))
                                    : actual.opened->batch_remove(views_of(keys));
        RC_ASSERT(removed.value() == after.image.bytes.size());
        compare(after, *actual.opened);
    }
};

// Writes, deletions and a refused write that are given at once are done one after the other.
struct do_many : command {
    struct job {
        key_values entries;
        std::vector<std::string> removed;
        bool is_refused = false;
    };
    std::vector<job> jobs = some_jobs();
    durability level = *some_level();

    static std::vector<job> some_jobs() {
        std::vector<job> made(*rc::gen::inRange<std::size_t>(0, 6));
        for (auto& one : made) {
            auto const kind = *rc::gen::inRange(0, 5);
            if (kind < 3) {
                one.entries = *some_entries();
            } else {
                one.removed = *rc::gen::container<std::vector<std::string>>(some_key());
            }
            one.is_refused = kind == 0 && !one.entries.empty();
            if (one.is_refused) {
                one.entries.back().second = *rc::gen::element<std::string>("", zero_byte);
            }
        }
        return made;
    }
    // The tail after each job; 0 for one that is refused.
    std::vector<std::uint64_t> do_all(model& state) const {
        std::vector<std::uint64_t> tails;
        for (auto const& one : jobs) {
            for (auto const& [key, payload] : one.is_refused ? key_values() : one.entries) {
                state.put(key, payload);
                state.note(level);
            }
            if (state.drop_all(one.removed)) {
                state.note(level);
            }
            tails.push_back(one.is_refused ? 0 : state.image.bytes.size());
        }
        return tails;
    }
    void apply(model& state) const override { do_all(state); }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        auto const tails = do_all(after);
        std::vector<std::vector<key_value>> entries;
        std::vector<std::vector<bytes_view>> removed;
        for (auto const& one : jobs) {
            entries.push_back(views_of(one.entries));
            removed.push_back(views_of(one.removed));
        }
        std::vector<write_job> asked;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            asked.push_back({entries[i], removed[i]});
        }
        actual.opened->do_all(asked, level);
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            RC_ASSERT(asked[i].done.has_value() == !jobs[i].is_refused);
            if (!jobs[i].is_refused) {
                RC_ASSERT(*asked[i].done == tails[i]);
            }
        }
        compare(after, *actual.opened);
    }
    void show(std::ostream& to) const override { to << jobs.size() << " jobs"; }
};

struct rename_one : command {
    std::string from = *some_key();
    std::string to = *some_key();
    durability level = *some_level();

    [[nodiscard]] bool refused(model const& state) const {
        return from == to || state.cannot_move(from);
    }
    void apply(model& state) const override {
        if (!refused(state)) {
            state.put(to, std::string(state.live.at(from)));
            state.drop(from);
            state.note(level);
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        auto const renamed = actual.opened->rename(as_bytes(from), as_bytes(to), level);
        RC_ASSERT(renamed.has_value() == !refused(before));
        compare(after, *actual.opened);
    }
    void show(std::ostream& out) const override {
        out << "rename " << rc::toString(from) << " to " << rc::toString(to);
    }
};

// Into the other store, with or without deleting it here.
struct copy_one : command {
    std::string key = *some_key();
    bool moves = *rc::gen::arbitrary<bool>();
    durability level = *some_level();

    void apply(model& state) const override {
        if (state.cannot_move(key)) {
            return;
        }
        state.other.put(key, state.live.at(key));
        if (moves) {
            state.drop(key);
            state.note(level);
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        auto& from = *actual.opened;
        auto const done = moves ? from.transfer(as_bytes(key), *actual.other, level)
                                : from.copy(as_bytes(key), *actual.other, level);
        RC_ASSERT(done.has_value() == !before.cannot_move(key));
        if (done) {
            RC_ASSERT(*done == (moves ? after : after.other).image.bytes.size());
        }
        RC_ASSERT(from.copy(as_bytes(key), from).error() == store_error::same_storage);
        compare(after, from);
        compare(after.other, *actual.other);
    }
    void show(std::ostream& to) const override {
        to << (moves ? "transfer " : "copy ") << rc::toString(key);
    }
};

struct stream_one : command {
    std::string key = *some_key();
    std::string payload = *rc::gen::container<std::string>(rc::gen::element('\0', 'x'));
    std::size_t piece = *rc::gen::inRange<std::size_t>(1, 20);
    bool hashed = *rc::gen::arbitrary<bool>();
    durability level = *some_level();

    [[nodiscard]] bool refused() const {
        return payload.find_first_not_of('\0') == std::string::npos;
    }
    void apply(model& state) const override {
        if (!refused()) {
            state.put(key, payload);
            state.note(level);
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        auto rest = std::string_view(payload);
        auto const source = [&](mutable_bytes into) -> result<std::size_t> {
            auto const size = rest.copy(reinterpret_cast<char*>(into.data()), piece);
            rest.remove_prefix(size);
            return size;
        };
        auto const written =
            hashed ? actual.opened->write_stream_hashed(hash_key(as_bytes(key)), source, level)
                   : actual.opened->write_stream(as_bytes(key), source, level);
        RC_ASSERT(written.has_value() == !refused());
        RC_ASSERT(actual.disk->content(image_path).size() == after.image.bytes.size());
        compare(after, *actual.opened);
    }
    void show(std::ostream& out) const override { out << "stream " << rc::toString(payload); }
};

struct compact_all : command {
    void apply(model& state) const override {
        static_cast<key_history&>(state) = state.compacted();
        state.synced = state.image.bytes.size();
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        RC_ASSERT(actual.opened->compact().has_value());
        RC_ASSERT(actual.disk->content(image_path) == after.image.bytes);
        compare(after, *actual.opened);
    }
};

struct refused : command {
    void run(model const& before, subject& actual) const override {
        std::vector<key_value> const batch{{as_bytes("a"), as_bytes("fine")}, {as_bytes("b"), {}}};
        RC_ASSERT(actual.opened->batch_write(batch).error() == store_error::empty_payload);
        compare(before, *actual.opened);
    }
};

struct reopen : command {
    void run(model const& before, subject& actual) const override {
        actual.reopen();
        RC_ASSERT(actual.disk->content(image_path) == before.image.bytes);
        compare(before, *actual.opened);
        compare(before.other, *actual.other);
        RC_ASSERT(check_file(image_path, actual.alignment, *actual.disk).error() ==
                  store_error::locked);
    }
};

struct sync_all : command {
    void apply(model& state) const override { state.synced = state.image.bytes.size(); }
    void run(model const&, subject& actual) const override {
        RC_ASSERT(actual.opened->sync().has_value());
    }
};

// The process dies between two calls: everything is there.
struct die : command {
    void run(model const& before, subject& actual) const override {
        auto left = actual.disk->after_kill();
        actual.opened.reset();
        actual.other.reset();
        actual.disk = std::move(left);
        // What the system had is not on the disk by that; but this disk takes it for synced.
        actual.reopen();
        RC_ASSERT(actual.disk->content(image_path) == before.image.bytes);
        compare(before, *actual.opened);
    }
};

// What a loss of power would leave: at least all that was synced, and whole entries.
struct see_power_lost : command {
    std::uint64_t seed = *rc::gen::arbitrary<std::uint64_t>();

    void run(model const& before, subject& actual) const override {
        if (before.synced == 0) {
            return;
        }
        auto const left = actual.disk->after_power_loss(seed);
        auto const opened =
            store::open(image_path, {.alignment = actual.alignment, .on = left.get()}).value();
        auto const kept = opened->file_size();
        RC_ASSERT(kept >= before.synced);
        RC_ASSERT(left->content(image_path).substr(0, before.synced) ==
                  before.image.bytes.substr(0, before.synced));
        RC_ASSERT(before.image.tail_within(kept) == kept);
        // No entry hides those that were synced.
        auto const synced = before.image.tail_within(before.synced);
        auto const file = left->content(image_path);
        auto at = kept;
        for (history entries(as_bytes(file), kept, actual.alignment); at > synced;) {
            at = entries.next().value().tail.previous_tail;
        }
        RC_ASSERT(at == synced);
    }
};

// A batch that is cut short at some call, on a copy of the disk: the old state or the new one.
struct see_batch_cut_short : command {
    key_values entries = *rc::gen::nonEmpty(some_entries());
    durability level = *rc::gen::element(durability::os, durability::sync, durability::group);
    std::uint64_t call = *rc::gen::inRange<std::uint64_t>(0, 6);
    std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 20);

    void run(model const& before, subject& actual) const override {
        if (before.image.bytes.empty()) {
            return;  // of the very first write any part may be left
        }
        auto copy = actual.disk->after_kill();
        auto written =
            store::open(image_path,
                        {.alignment = actual.alignment, .level = level, .on = copy.get()})
                .value();
        auto after = before;
        for (auto const& [key, payload] : entries) {
            after.put(key, payload);
        }
        copy->follow({.crash_at = call});
        bool const done = written->batch_write(views_of(entries)).has_value();
        written.reset();
        bool const power_lost = waits_for_disk(level) && seed != 0;
        auto const left = power_lost ? copy->after_power_loss(seed) : copy->after_kill();
        auto const opened =
            store::open(image_path, {.alignment = actual.alignment, .on = left.get()}).value();
        bool const whole = opened->file_size() == after.image.bytes.size();
        RC_ASSERT(whole || !done);
        compare(whole ? after : before, *opened);
    }
};

class store_state : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(every, store_state, ::testing::ValuesIn(alignments),
                         ::testing::PrintToStringParamName());

TEST_P(store_state, is_that_of_a_map) {
    auto const held = rc::check([alignment = GetParam()] {
        model const initial(alignment);
        subject actual(alignment);
        // Histories of moderate length: each of their steps compares everything.
        auto const history = *rc::gen::scale(
            0.4, rc::state::gen::commands(
                     initial,
                     rc::state::gen::execOneOfWithArgs<
                         write_one, write_one, write_batch, write_hashed_batch, remove_one,
                         remove_many, do_many, rename_one, copy_one, stream_one, compact_all,
                         sync_all, refused, reopen, die, see_power_lost, see_batch_cut_short>()));
        rc::state::runAll(history, initial, actual);
    });
    EXPECT_TRUE(held);
}

// Recovery agrees with the plain one on files that were damaged anywhere, in any way.
TEST_P(store_state, recovery_is_that_of_the_plain_model) {
    auto const held = rc::check([alignment = GetParam()] {
        plain_image image(alignment);
        for (auto const& [key, payload] : *some_entries()) {
            payload.size() % 5 == 0 ? image.remove(key) : image.write(key, payload);
        }
        auto file = image.bytes;
        auto const changes = *rc::gen::inRange(0, 4);
        for (int i = 0; i < changes && !file.empty(); ++i) {
            auto const at = *rc::gen::inRange<std::size_t>(0, file.size());
            switch (*rc::gen::inRange(0, 6)) {
                case 0:
                    file.resize(at);
                    break;
                case 1:
                    file[at] = *rc::gen::arbitrary<char>();
                    break;
                case 2:
                    file.append(at % 100, '\0');
                    break;
                case 3:
                    file += file.substr(at);
                    break;
                case 4:  // as in a batch that was cut short
                    if (auto const end = *rc::gen::elementOf(image.tails);
                        end >= 12 && end <= file.size()) {
                        file.replace(end - 12, 12, 12, '\0');
                    }
                    break;
                default:
                    file.insert(at, *rc::gen::element<std::string>("x", std::string(64, '\0')));
                    break;
            }
        }
        auto const found = recover(as_bytes(file), alignment).value();
        RC_ASSERT(found.tail == plain_recovery(file, alignment).tail());
    });
    EXPECT_TRUE(held);
}

}  // namespace
}  // namespace trunkline::store
