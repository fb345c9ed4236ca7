// Random histories of a store against a map, with reopening, for every alignment.
#include <trunkline/store/store.hpp>

#include <trunkline/store/check.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/recovery.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <rapidcheck/state.h>

#include <map>
#include <string>

namespace trunkline::store {
namespace {

inline constexpr auto path = "store.bin";

// What a store should hold, and the bytes it should have.
struct model {
    std::map<std::string, std::string> live;
    plain_image image{64};
    std::uint64_t synced = 0;  // bytes that no loss of power takes

    void note(durability level) { synced = waits_for_disk(level) ? image.bytes.size() : synced; }
};

// The store under test with the disk it lives on.
struct subject {
    explicit subject(std::uint32_t alignment_) : alignment(alignment_) { reopen(); }

    void reopen() {
        opened.reset();
        opened = store::open(path, {.alignment = alignment, .on = disk.get()}).value();
    }

    std::uint32_t alignment;
    std::unique_ptr<faulty_disk> disk = std::make_unique<faulty_disk>();
    std::unique_ptr<store> opened;
};

using command = rc::state::Command<model, subject>;

rc::Gen<std::string> some_key() {
    return rc::gen::oneOf(rc::gen::element<std::string>("", "a", "b", "c", "key"),
                          rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

rc::Gen<std::string> some_payload() {
    auto const sized = [](std::size_t size) {
        return rc::gen::container<std::string>(size, rc::gen::arbitrary<char>());
    };
    return rc::gen::suchThat(
        rc::gen::oneOf(
            rc::gen::container<std::string>(rc::gen::arbitrary<char>()),
            rc::gen::mapcat(rc::gen::element<std::size_t>(1, 2, 43, 44, 45, 64, 300), sized),
            rc::gen::element(std::string(2, '\0'), std::string(4097, 'x'))),
        [](std::string const& text) { return !text.empty() && text != std::string(1, '\0'); });
}

rc::Gen<durability> some_level() {
    return rc::gen::element(durability::none, durability::os, durability::sync, durability::group);
}

void compare(model const& expected, store& actual) {
    RC_ASSERT(actual.size() == expected.live.size());
    RC_ASSERT(actual.file_size() == expected.image.bytes.size());
    std::vector<bytes_view> keys;
    for (auto const& [key, payload] : expected.live) {
        auto const found = actual.read(as_bytes(key));
        RC_ASSERT(found.has_value());
        RC_ASSERT(as_text(found->bytes) == payload);
        keys.push_back(as_bytes(key));
    }
    auto cursor = actual.entries();
    std::size_t count = 0;
    while (auto const entry = cursor.next()) {
        RC_ASSERT(entry->has_right_checksum());
        ++count;
    }
    RC_ASSERT(count == keys.size());
    auto const all = actual.batch_read(keys);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        RC_ASSERT(all[i].has_value());
        RC_ASSERT(as_text(all[i]->bytes) == expected.live.at(std::string(as_text(keys[i]))));
    }
}

struct write_one : command {
    std::string key = *some_key();
    std::string payload = *some_payload();
    durability level = *some_level();

    void apply(model& state) const override {
        state.live[key] = payload;
        state.image.write(key, payload);
        state.note(level);
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        auto const written = actual.opened->write(as_bytes(key), as_bytes(payload), level);
        RC_ASSERT(written.has_value());
        RC_ASSERT(*written == after.image.bytes.size());
        compare(after, *actual.opened);
    }
    void show(std::ostream& to) const override { to << "write " << rc::toString(key); }
};

struct write_batch : command {
    std::vector<std::pair<std::string, std::string>> entries =
        *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
            rc::gen::pair(some_key(), some_payload()));
    durability level = *some_level();

    void apply(model& state) const override {
        for (auto const& [key, payload] : entries) {
            state.live[key] = payload;
            state.image.write(key, payload);
        }
        if (!entries.empty()) {
            state.note(level);
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        std::vector<key_value> batch;
        for (auto const& [key, payload] : entries) {
            batch.push_back({as_bytes(key), as_bytes(payload)});
        }
        auto const written = actual.opened->batch_write(batch, level);
        RC_ASSERT(written.has_value());
        RC_ASSERT(*written == after.image.bytes.size());
        compare(after, *actual.opened);
    }
    void show(std::ostream& to) const override { to << "batch of " << entries.size(); }
};

// Values and deletions in one batch, in their order.
struct write_hashed_batch : command {
    std::vector<std::pair<std::string, std::string>> entries =
        *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(rc::gen::pair(
            some_key(), rc::gen::oneOf(some_payload(), rc::gen::just(std::string(1, '\0')))));
    durability level = *some_level();

    void apply(model& state) const override {
        for (auto const& [key, payload] : entries) {
            bool const deletes = payload == std::string(1, '\0');
            state.image.append(hash_key(as_bytes(key)), payload, deletes);
            if (deletes) {
                state.live.erase(key);
            } else {
                state.live[key] = payload;
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
        if (state.live.erase(key) != 0) {
            state.image.remove(key);
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

    void apply(model& state) const override {
        auto const live = state.live;
        for (auto const& key : keys) {
            if (live.contains(key)) {
                state.live.erase(key);
                state.image.remove(key);
            }
        }
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        std::vector<bytes_view> views;
        for (auto const& key : keys) {
            views.push_back(as_bytes(key));
        }
        RC_ASSERT(actual.opened->batch_remove(views).value() == after.image.bytes.size());
        compare(after, *actual.opened);
    }
};

struct rename_one : command {
    std::string from = *some_key();
    std::string to = *some_key();
    durability level = *some_level();

    [[nodiscard]] bool refused(model const& state) const {
        auto const found = state.live.find(from);
        return from == to || found == state.live.end() ||
               found->second.find_first_not_of('\0') == std::string::npos;
    }
    void apply(model& state) const override {
        if (!refused(state)) {
            auto const payload = state.live.at(from);
            state.image.write(to, payload);
            state.image.remove(from);
            state.live[to] = payload;
            state.live.erase(from);
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

struct stream_one : command {
    std::string key = *some_key();
    std::string payload = *rc::gen::container<std::string>(rc::gen::element('\0', 'x'));
    std::size_t piece = *rc::gen::inRange<std::size_t>(1, 20);
    durability level = *some_level();

    [[nodiscard]] bool refused() const {
        return payload.find_first_not_of('\0') == std::string::npos;
    }
    void apply(model& state) const override {
        if (!refused()) {
            state.live[key] = payload;
            state.image.write(key, payload);
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
        auto const written = actual.opened->write_stream(as_bytes(key), source, level);
        RC_ASSERT(written.has_value() == !refused());
        RC_ASSERT(actual.disk->content(path).size() == after.image.bytes.size());
        compare(after, *actual.opened);
    }
    void show(std::ostream& out) const override { out << "stream " << rc::toString(payload); }
};

struct compact_all : command {
    // The newest first, so the newest of each key in the order of the last writes.
    void apply(model& state) const override {
        auto const recovery = plain_recovery(state.image.bytes, state.image.alignment());
        std::map<std::uint64_t, bool> seen;
        plain_image fresh(state.image.alignment());
        for (auto at = state.image.bytes.size(); at != 0;) {
            auto const entry = *recovery.entry_at(at);
            auto const payload = recovery.payload(entry);
            if (seen.emplace(entry.key_hash, true).second && payload != std::string_view("\0", 1)) {
                fresh.append(entry.key_hash, payload, false);
            }
            at = entry.begin;
        }
        state.image = fresh;
        state.synced = fresh.bytes.size();
    }
    void run(model const& before, subject& actual) const override {
        auto after = before;
        apply(after);
        RC_ASSERT(actual.opened->compact().has_value());
        RC_ASSERT(actual.disk->content(path) == after.image.bytes);
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
        RC_ASSERT(actual.disk->content(path) == before.image.bytes);
        compare(before, *actual.opened);
        RC_ASSERT(check_file(path, actual.alignment, *actual.disk).error() == store_error::locked);
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
        actual.disk = std::move(left);
        // What the system had is not on the disk by that; but this disk takes it for synced.
        actual.reopen();
        RC_ASSERT(actual.disk->content(path) == before.image.bytes);
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
            store::open(path, {.alignment = actual.alignment, .on = left.get()}).value();
        auto const kept = opened->file_size();
        RC_ASSERT(kept >= before.synced);
        RC_ASSERT(left->content(path).substr(0, before.synced) ==
                  before.image.bytes.substr(0, before.synced));
        RC_ASSERT(before.image.tail_within(kept) == kept);
    }
};

// A batch that is cut short at some call, on a copy of the disk: the old state or the new one.
struct see_batch_cut_short : command {
    std::vector<std::pair<std::string, std::string>> entries =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
            rc::gen::pair(some_key(), some_payload())));
    durability level = *rc::gen::element(durability::os, durability::sync, durability::group);
    std::uint64_t call = *rc::gen::inRange<std::uint64_t>(0, 6);
    std::uint64_t seed = *rc::gen::inRange<std::uint64_t>(0, 20);

    void run(model const& before, subject& actual) const override {
        if (before.image.bytes.empty()) {
            return;  // of the very first write any part may be left
        }
        auto copy = actual.disk->after_kill();
        auto written =
            store::open(path, {.alignment = actual.alignment, .level = level, .on = copy.get()})
                .value();
        auto after = before;
        std::vector<key_value> batch;
        for (auto const& [key, payload] : entries) {
            batch.push_back({as_bytes(key), as_bytes(payload)});
            after.live[key] = payload;
            after.image.write(key, payload);
        }
        copy->follow({.crash_at = call});
        bool const done = written->batch_write(batch).has_value();
        written.reset();
        bool const power_lost = waits_for_disk(level) && seed != 0;
        auto const left = power_lost ? copy->after_power_loss(seed) : copy->after_kill();
        auto const opened =
            store::open(path, {.alignment = actual.alignment, .on = left.get()}).value();
        bool const whole = opened->file_size() == after.image.bytes.size();
        RC_ASSERT(whole || !done);
        compare(whole ? after : before, *opened);
    }
};

class store_state : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(every, store_state, testing::ValuesIn(alignments),
                         testing::PrintToStringParamName());

TEST_P(store_state, is_that_of_a_map) {
    auto const held = rc::check([alignment = GetParam()] {
        model initial;
        initial.image = plain_image(alignment);
        subject actual(alignment);
        // Histories of moderate length: each of their steps compares everything.
        auto const history = *rc::gen::scale(
            0.4, rc::state::gen::commands(
                     initial, rc::state::gen::execOneOfWithArgs<
                                  write_one, write_one, write_batch, write_hashed_batch, remove_one,
                                  remove_many, rename_one, stream_one, compact_all, sync_all,
                                  refused, reopen, die, see_power_lost, see_batch_cut_short>()));
        rc::state::runAll(history, initial, actual);
    });
    EXPECT_TRUE(held);
}

// Recovery agrees with the plain one on files that were damaged anywhere, in any way.
TEST_P(store_state, recovery_is_that_of_the_plain_model) {
    auto const held = rc::check([alignment = GetParam()] {
        plain_image image(alignment);
        for (auto const& [key, payload] :
             *rc::gen::container<std::vector<std::pair<std::string, std::string>>>(
                 rc::gen::pair(some_key(), some_payload()))) {
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
