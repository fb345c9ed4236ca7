// Writes that meet: what is written together, and what each of them is told.
#include <trunkline/store/write_queue.hpp>

#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <string>
#include <thread>

namespace trunkline::store {
namespace {

namespace errc = boost::system::errc;

// A disk whose next write waits until it may go on, so that other writes meet behind it.
class gated_disk final : public disk {
public:
    faulty_disk inner;

    // The future is ready when the write has come; it goes on when the promise is kept.
    std::future<void> hold_next_write() {
        go_on_ = {};
        came_ = {};
        held_ = true;
        return came_.get_future();
    }
    void go_on() { go_on_.set_value(); }
    [[nodiscard]] int writes() const { return writes_; }
    [[nodiscard]] int syncs() const { return syncs_; }

    result<std::unique_ptr<file>> open(std::filesystem::path const& name, open_mode mode) override {
        auto opened = inner.open(name, mode);
        if (!opened) {
            return opened.error();
        }
        return std::make_unique<gated_file>(*this, std::move(*opened));
    }
    result<void> replace(std::filesystem::path const& from,
                         std::filesystem::path const& to) override {
        return inner.replace(from, to);
    }
    result<void> remove(std::filesystem::path const& name) override { return inner.remove(name); }
    result<void> sync_folder_of(std::filesystem::path const& name) override {
        return inner.sync_folder_of(name);
    }

private:
    class gated_file final : public file {
    public:
        gated_file(gated_disk& where, std::unique_ptr<file> real)
            : where_(where), real_(std::move(real)) {}
        result<std::uint64_t> size() override { return real_->size(); }
        result<std::uint64_t> write_some(std::uint64_t offset,
                                         std::span<bytes_view const> pieces) override {
            ++where_.writes_;
            if (std::exchange(where_.held_, false)) {
                where_.came_.set_value();
                where_.go_on_.get_future().wait();
            }
            return real_->write_some(offset, pieces);
        }
        result<void> resize(std::uint64_t size) override { return real_->resize(size); }
        result<void> sync() override {
            ++where_.syncs_;
            return real_->sync();
        }
        result<mapping> map(std::uint64_t needed) override { return real_->map(needed); }

    private:
        gated_disk& where_;
        std::unique_ptr<file> real_;
    };

    // By the thread that writes, or while none does.
    bool held_ = false;
    std::promise<void> came_;
    std::promise<void> go_on_;
    int writes_ = 0;
    int syncs_ = 0;
};

using write_action = std::function<result<std::uint64_t>(store&)>;

write_action put(std::string key, std::string payload) {
    return [key = std::move(key), payload = std::move(payload)](store& on) {
        return on.write(as_bytes(key), as_bytes(payload));
    };
}

write_action put_two(std::string first, std::string second, std::string payload) {
    return [first = std::move(first), second = std::move(second),
            payload = std::move(payload)](store& on) {
        std::array const batch{key_value{as_bytes(first), as_bytes(payload)},
                               key_value{as_bytes(second), as_bytes(payload)}};
        return on.batch_write(batch);
    };
}

write_action drop(std::string key) {
    return [key = std::move(key)](store& on) { return on.remove(as_bytes(key)); };
}

struct writes_that_meet : ::testing::Test {
    gated_disk disk;
    std::unique_ptr<store> data;

    void open(durability level, std::string const& content = {}) {
        if (!content.empty()) {
            disk.inner.put(image_path, content);
        }
        data = store::open(image_path, {.alignment = 1, .level = level, .on = &disk}).value();
    }

    // Lets one write wait in the file, and `actions` behind it, in their order; then `before` is
    // done and they go on.
    std::vector<result<std::uint64_t>> meet(
        std::vector<write_action> const& actions, std::function<void()> const& before = [] {}) {
        std::vector<result<std::uint64_t>> told(actions.size(), std::uint64_t{0});
        auto came = disk.hold_next_write();
        std::vector<std::thread> threads;
        threads.emplace_back([this] { first_done = put("first", "1")(*data).has_value(); });
        came.wait();
        for (std::size_t i = 0; i < actions.size(); ++i) {
            threads.emplace_back([&, i] { told[i] = actions[i](*data); });
            while (data->waiting_writes() <= i) {
                std::this_thread::yield();
            }
        }
        writes_before = disk.writes();
        syncs_before = disk.syncs();
        before();
        disk.go_on();
        for (auto& each : threads) {
            each.join();
        }
        EXPECT_EQ(data->waiting_writes(), 0U);
        return told;
    }
    [[nodiscard]] int writes() const { return disk.writes() - writes_before; }
    [[nodiscard]] int syncs() const { return disk.syncs() - syncs_before; }

    bool first_done = false;
    int writes_before = 0;
    int syncs_before = 0;
};

std::vector<write_action> eight_writes() {
    std::vector<write_action> actions;
    for (int i = 0; i < 8; ++i) {
        actions.push_back(put("key " + std::to_string(i), "value " + std::to_string(i)));
    }
    return actions;
}

TEST_F(writes_that_meet, are_one_gather_write) {
    open(durability::os);
    auto const told = meet(eight_writes());
    EXPECT_TRUE(first_done);
    EXPECT_EQ(writes(), 1);
    EXPECT_EQ(syncs(), 0);
    plain_image expected(1);
    expected.write("first", "1");
    for (std::size_t i = 0; i < told.size(); ++i) {
        expected.write("key " + std::to_string(i), "value " + std::to_string(i));
        EXPECT_EQ(told[i].value(), expected.bytes.size());
        EXPECT_TRUE(data->exists(as_bytes("key " + std::to_string(i))));
    }
    EXPECT_EQ(disk.inner.content(image_path), expected.bytes);
}

// One sync for all, and one before it so that nothing stands behind what may be torn.
TEST_F(writes_that_meet, share_their_sync_at_group) {
    open(durability::group);
    for (auto const& each : meet(eight_writes())) {
        EXPECT_TRUE(each);
    }
    EXPECT_EQ(writes(), 1 + 2) << "the rest of the first one; the eight and what they held back";
    EXPECT_EQ(syncs(), 2 + 2);
    auto const left = disk.inner.after_power_loss(1);
    EXPECT_EQ(left->content(image_path), disk.inner.content(image_path));
}

TEST_F(writes_that_meet, have_a_sync_each_at_sync) {
    open(durability::sync);
    for (auto const& each : meet(eight_writes())) {
        EXPECT_TRUE(each);
    }
    EXPECT_EQ(writes(), 1 + 8);
    EXPECT_EQ(syncs(), 2 + 8);
}

TEST_F(writes_that_meet, of_different_levels_do_not_wait_for_each_other) {
    open(durability::os);
    auto const synced = [](store& on) {
        return on.write(as_bytes("s"), as_bytes("s"), durability::group);
    };
    auto const told = meet({put("a", "1"), put("b", "2"), synced, put("c", "3")});
    EXPECT_EQ(writes(), 1 + 2 + 1);
    EXPECT_EQ(syncs(), 2);
    EXPECT_EQ(data->size(), 5U);
    EXPECT_EQ(told[3].value(), data->file_size());
}

TEST_F(writes_that_meet, see_each_other_in_their_order) {
    open(durability::os);
    auto const told = meet({put("k", "1"), drop("k"), drop("k"), drop("first"), put("k", "2"),
                            put_two("k", "l", "3"), drop("l")});
    plain_image expected(1);
    expected.write("first", "1");
    expected.write("k", "1");
    expected.remove("k");
    expected.remove("first");
    expected.write("k", "2");
    expected.write("k", "3");
    expected.write("l", "3");
    expected.remove("l");
    EXPECT_EQ(disk.inner.content(image_path), expected.bytes);
    EXPECT_EQ(told[2].value(), told[1].value()) << "deleted already: nothing written";
    EXPECT_EQ(told[6].value(), expected.bytes.size());
    EXPECT_EQ(as_text(data->read(as_bytes("k"))->bytes), "3");
    EXPECT_EQ(data->size(), 1U);
    EXPECT_EQ(writes(), 2) << "one for all, one for what the batch holds back";
}

TEST_F(writes_that_meet, let_others_between) {
    open(durability::os);
    auto const sync = [](store& on) -> result<std::uint64_t> {
        auto const done = on.sync();
        return done ? result<std::uint64_t>(std::uint64_t{0}) : done.error();
    };
    for (auto const& each : meet({put("a", "1"), sync, put("b", "2")})) {
        EXPECT_TRUE(each);
    }
    EXPECT_EQ(writes(), 2);
    EXPECT_EQ(syncs(), 1);
}

class sto_12_writes_that_meet : public writes_that_meet,
                                public testing::WithParamInterface<durability> {};
INSTANTIATE_TEST_SUITE_P(at, sto_12_writes_that_meet,
                         ::testing::Values(durability::none, durability::os, durability::sync,
                                           durability::group),
                         [](auto const& at) { return std::string(name_of(at.param)); });

// Whatever call fails: nobody is told that a write is there that is not, and all later ones fail.
TEST_P(sto_12_writes_that_meet, are_all_told_of_a_failure) {
    plain_image base(1);
    base.write("kept", "as it was");
    for (std::uint64_t call = 0;; ++call) {
        disk.inner.put(image_path, base.bytes);
        open(GetParam());
        ASSERT_TRUE(data->sync());
        auto actions = eight_writes();
        actions.push_back(put_two("left", "right", "both"));
        bool reached = false;
        // The calls of the write that is held are counted, too.
        auto const told = meet(actions, [&] {
            disk.inner.follow({.fail_at = call + (waits_for_disk(GetParam()) ? 2U : 1U),
                               .error = errc::no_space_on_device});
        });
        reached = disk.inner.calls() > call + (waits_for_disk(GetParam()) ? 2U : 1U);
        disk.inner.follow({});
        EXPECT_TRUE(first_done);
        std::size_t failures = 0;
        for (std::size_t i = 0; i < told.size(); ++i) {
            auto const key = i < 8 ? "key " + std::to_string(i) : "left";
            EXPECT_EQ(data->exists(as_bytes(key)), told[i].has_value());
            if (!told[i]) {
                ++failures;
                EXPECT_TRUE(told[i].error() == errc::no_space_on_device ||
                            told[i].error() == store_error::read_only);
            }
        }
        EXPECT_EQ(failures != 0, reached);
        EXPECT_EQ(disk.inner.content(image_path).size(), data->file_size());
        EXPECT_EQ(put("later", "x")(*data).has_value(), !reached);
        EXPECT_TRUE(data->exists(as_bytes("kept")));
        data.reset();
        if (!reached) {
            break;
        }
        EXPECT_GT(failures, 0U);
    }
}

// Killed or without power at any call, every batch is whole and every write that was acknowledged
// as synced is there.
TEST_P(sto_12_writes_that_meet, sto_09_are_whole_after_a_crash) {
    bool const synced = waits_for_disk(GetParam());
    for (std::uint64_t call = 0;; ++call) {
        plain_image base(1);
        base.write("kept", "as it was");
        disk.inner.put(image_path, base.bytes);
        open(GetParam());
        auto const told =
            meet({put("a", "1"), put_two("left", "right", std::string(600, 'b')), put("c", "3")},
                 [&] { disk.inner.follow({.crash_at = call}); });
        bool const crashed = disk.inner.crashed();
        data.reset();
        for (std::uint64_t seed = 0; seed < (synced ? 20U : 1U); ++seed) {
            auto const left =
                seed == 0 ? disk.inner.after_kill() : disk.inner.after_power_loss(seed);
            auto const reopened =
                store::open(image_path, {.alignment = 1, .on = left.get()}).value();
            auto const has = [&](char const* key) { return reopened->exists(as_bytes(key)); };
            EXPECT_TRUE(has("kept"));
            EXPECT_TRUE(GetParam() == durability::none || has("left") == has("right")) << call;
            EXPECT_TRUE(!told[0] || has("a"));
            EXPECT_TRUE(!told[1] || (has("left") && has("right")));
            EXPECT_TRUE(!told[2] || has("c"));
        }
        disk.inner.follow({});
        if (!crashed) {
            break;
        }
    }
}

TEST(jobs_given_at_once, are_done_as_if_each_were_alone) {
    faulty_disk disk;
    auto const data =
        store::open(image_path, {.alignment = 1, .level = durability::group, .on = &disk}).value();
    auto const before = disk.calls();
    std::array const two{key_value{as_bytes("a"), as_bytes("1")},
                         key_value{as_bytes("b"), as_bytes("2")}};
    std::array const refused{key_value{as_bytes("c"), as_bytes("3")}, key_value{as_bytes("d"), {}}};
    std::array const keys{as_bytes("a"), as_bytes("none")};
    std::array<write_job, 4> jobs{write_job{two, {}}, write_job{refused, {}}, write_job{{}, keys},
                                  write_job{{}, {}}};
    data->do_all(jobs);
    plain_image expected(1);
    expected.write("a", "1");
    expected.write("b", "2");
    EXPECT_EQ(jobs[0].done.value(), expected.bytes.size());
    expected.remove("a");
    EXPECT_EQ(jobs[1].done.error(), store_error::empty_payload);
    EXPECT_EQ(jobs[2].done.value(), expected.bytes.size());
    EXPECT_EQ(jobs[3].done.value(), expected.bytes.size());
    EXPECT_EQ(disk.content(image_path), expected.bytes);
    EXPECT_EQ(disk.calls() - before, 5U) << "folder, write, sync, what was held back, sync";
}

TEST(write_queue, does_what_many_threads_ask_for) {
    faulty_disk disk;
    auto data = store::open(image_path, {.on = &disk}).value();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 6; ++thread) {
        threads.emplace_back([&data, thread] {
            for (int i = 0; i < 200; ++i) {
                auto const level = static_cast<durability>((thread + i) % 4);
                auto const key = std::to_string(thread) + "/" + std::to_string(i % 20);
                EXPECT_TRUE(data->write(as_bytes(key), as_bytes(key), level).has_value());
                EXPECT_TRUE(data->exists(as_bytes(key)));
                if (i % 5 == 0) {
                    EXPECT_TRUE(data->remove(as_bytes(key), level).has_value());
                    EXPECT_FALSE(data->exists(as_bytes(key)));
                }
                if (i % 50 == 0) {
                    EXPECT_TRUE(data->sync());
                }
            }
        });
    }
    for (auto& each : threads) {
        each.join();
    }
    EXPECT_EQ(data->size(), 6U * 16U);
    data.reset();
    EXPECT_EQ(store::open(image_path, {.on = &disk}).value()->size(), 6U * 16U);
}

}  // namespace
}  // namespace trunkline::store
