// The simulator finds what is wrong: parts that do not keep a promise, each found by some seed.
#include <trunkline/sim/town.hpp>
#include <trunkline/store_service/backend.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::sim {
namespace {

using namespace std::chrono_literals;
using store_service::store_backend;
using store_service::tail_answer;

// Of so many seeds one at least has to find it.
constexpr std::uint64_t seeds_max = 200;

// Whether a seed says so, and the same again.
::testing::AssertionResult is_found(town_parts const& parts, std::string const& what) {
    for (std::uint64_t seed = 0; seed < seeds_max; ++seed) {
        auto const found = run_town(seed, nullptr, parts);
        if (found.broken.find(what) != std::string::npos) {
            EXPECT_EQ(run_town(seed, nullptr, parts).hash, found.hash) << "not the same again";
            return ::testing::AssertionSuccess();
        }
    }
    return ::testing::AssertionFailure() << "no seed says: " << what;
}

// A store that passes everything on, and does one thing wrongly now and then.
class passing_backend : public store_backend {
public:
    explicit passing_backend(std::shared_ptr<store_backend> to) : to_(std::move(to)) {}

    void write(std::span<store::key_value const> entries, tail_answer answer) override {
        to_->write(entries, std::move(answer));
    }
    void remove(bytes_view key, tail_answer answer) override {
        to_->remove(key, std::move(answer));
    }
    std::optional<slice> read(bytes_view key) override { return to_->read(key); }
    store_service::found_values batch_read(std::span<bytes_view const> keys) override {
        return to_->batch_read(keys);
    }
    bool is_loaded(bytes_view value) override { return to_->is_loaded(value); }
    void load(std::vector<bytes_view> values, std::function<void()> then) override {
        to_->load(std::move(values), std::move(then));
    }
    totals count() override { return to_->count(); }

protected:
    [[nodiscard]] bool now_and_then() { return ++calls_ % 20 == 0; }

private:
    std::shared_ptr<store_backend> to_;
    int calls_ = 0;
};

class dropping_answers final : public passing_backend {
public:
    using passing_backend::passing_backend;
    void remove(bytes_view key, tail_answer answer) override {
        if (now_and_then()) {
            kept_.push_back(std::move(answer));
        } else {
            passing_backend::remove(key, std::move(answer));
        }
    }
    void write(std::span<store::key_value const> entries, tail_answer answer) override {
        if (now_and_then()) {
            kept_.push_back(std::move(answer));
        } else {
            passing_backend::write(entries, std::move(answer));
        }
    }

private:
    std::vector<tail_answer> kept_;
};

class losing_writes final : public passing_backend {
public:
    using passing_backend::passing_backend;
    void write(std::span<store::key_value const> entries, tail_answer answer) override {
        if (now_and_then()) {
            answer(count().file_size);
        } else {
            passing_backend::write(entries, std::move(answer));
        }
    }
};

// Reads what was there when it was first read.
class reading_old_values final : public passing_backend {
public:
    using passing_backend::passing_backend;
    std::optional<slice> read(bytes_view key) override {
        auto& old = known_[std::string(as_text(key))];
        if (!old) {
            auto const now = passing_backend::read(key);
            old = now ? std::string(as_text(now->bytes)) : std::string();
        }
        return old->empty() ? std::nullopt : std::optional(slice{as_bytes(*old), {}});
    }

private:
    std::map<std::string, std::optional<std::string>> known_;  // the empty one is none
};

template <class Backend>
town_parts with_backend() {
    town_parts parts;
    parts.machine = [](machine_plan& plan) {
        plan.before_store = [](std::shared_ptr<store_backend> right) {
            return std::make_shared<Backend>(std::move(right));
        };
    };
    return parts;
}

TEST(wrong_parts, a_store_that_acknowledges_before_it_has_synced_is_found) {
    town_parts parts;
    parts.machine = [](machine_plan& plan) {
        plan.level = store::durability::sync;
        plan.real_level = store::durability::os;
    };
    EXPECT_TRUE(is_found(parts, "after a death"));
}

TEST(wrong_parts, a_server_that_drops_an_answer_is_found) {
    EXPECT_TRUE(is_found(with_backend<dropping_answers>(), "is not answered"));
}

TEST(wrong_parts, a_store_that_loses_a_write_is_found) {
    EXPECT_TRUE(is_found(with_backend<losing_writes>(), "not the last one acknowledged"));
}

TEST(wrong_parts, a_store_that_reads_old_values_is_found) {
    EXPECT_TRUE(is_found(with_backend<reading_old_values>(), "not the last one acknowledged"));
}

TEST(wrong_parts, a_client_that_repeats_an_unsafe_call_is_found) {
    town_parts parts;
    parts.call = [](call_options& options) { options.repeatable = true; };
    EXPECT_TRUE(is_found(parts, "an order was carried out twice"));
}

TEST(wrong_parts, a_client_that_does_not_keep_deadlines_is_found) {
    town_parts parts;
    parts.call = [](call_options& options) { options.timeout = *options.timeout + 5s; };
    EXPECT_TRUE(is_found(parts, "after its deadline"));
}

TEST(wrong_parts, a_client_that_does_not_come_back_is_found) {
    town_parts parts;
    parts.client = [](rpc_client::builder& building) {
        building.reconnect({.first_wait = 1h, .wait_max = 1h, .seed = 1});
    };
    EXPECT_TRUE(is_found(parts, "somebody does not come back"));
}

TEST(wrong_parts, a_client_that_gives_up_is_found) {
    town_parts parts;
    parts.client = [](rpc_client::builder& building) {
        building.reconnect({.first_wait = 10ms, .budget = 1, .seed = 1});
    };
    EXPECT_TRUE(is_found(parts, "somebody does not come back"));
}

TEST(wrong_parts, an_answer_to_another_call_is_found) {
    town_parts parts;
    parts.number = [](std::uint64_t right) {
        return right > 40 && right < 1000 ? right + 3 : right;  // not those of streams
    };
    EXPECT_TRUE(is_found(parts, "an order got the answer to another one"));
}

TEST(wrong_parts, a_stream_out_of_order_is_found) {
    town_parts parts;
    parts.number = [](std::uint64_t right) {
        auto const which = right % 1000;
        return right > 1000 && (which == 2 || which == 3) ? right - which + 5 - which : right;
    };
    EXPECT_TRUE(is_found(parts, "a stream is out of order"));
}

TEST(wrong_parts, a_part_on_another_stream_is_found) {
    town_parts parts;
    parts.number = [](std::uint64_t right) {
        return right > 1000 && right % 1000 == 2 ? right + 1000 : right;
    };
    EXPECT_TRUE(is_found(parts, "a part came on another stream"));
}

TEST(wrong_parts, a_store_that_comes_back_empty_is_found) {
    town_parts parts;
    parts.machine = [](machine_plan& plan) {
        plan.after_death = [](auto) { return std::make_unique<store::faulty_disk>(); };
    };
    EXPECT_TRUE(is_found(parts, "has lost its first write"));
}

}  // namespace
}  // namespace trunkline::sim
