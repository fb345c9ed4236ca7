#include <trunkline/sim/town.hpp>

#include <trunkline/sim/resident.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::sim {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using boost::asio::use_awaitable;

namespace {

// What everybody has to come back in, once nothing fails any more: longer than the longest wait of
// a client, and than a silent connection is kept.
constexpr auto recovery_time = 60s;

class town {
public:
    town(world& at, town_parts const& parts) : at_(at), parts_(parts), orders_(at) {}

    void run(bool calm) {
        found();
        at_.expect(at_.run_until([this] { return all(&resident::is_connected); }, 30s),
                   "somebody does not arrive");
        each(&resident::live);
        peace_ = calm;
        if (!calm) {
            add_faults();
            at_.faults().strike_for(60s, 2s);
        }
        at_.run_for(at_.random().between(60s, 90s));
        make_peace();
        each(&resident::leave);
    }

private:
    // A machine, and what it should answer.
    struct house {
        machine_plan plan;
        expected_values values;
        std::unique_ptr<machine> runs;
    };

    void found();
    void furnish(rpc_server::builder& server);
    void inspect(expected_values& values, store::store const& data);
    void add_faults();
    void make_peace();

    [[nodiscard]] std::uint64_t said(std::uint64_t right) const {
        return parts_.number != nullptr ? parts_.number(right) : right;
    }
    [[nodiscard]] bool all(bool (resident::*is)() const) const {
        return std::ranges::all_of(residents_, [is](auto const& one) { return ((*one).*is)(); });
    }
    void each(void (resident::*does)()) {
        for (auto const& one : residents_) {
            ((*one).*does)();
        }
    }
    [[nodiscard]] bool nobody_waits() const {
        return at_.calls().under_way() == 0 && all(&resident::is_idle);
    }

    world& at_;
    town_parts const& parts_;
    bool peace_ = false;
    order_book orders_;
    std::vector<std::unique_ptr<house>> houses_;
    std::vector<std::shared_ptr<resident>> residents_;
};

void town::found() {
    auto& random = at_.random();
    static constexpr std::array levels{store::durability::os, store::durability::sync,
                                       store::durability::group};
    for (auto left = random.between(2, 3); left > 0; --left) {
        auto made = std::make_unique<house>();
        auto const name = "house" + std::to_string(houses_.size() + 1);
        made->plan.url = random.one_in(3) ? "ws://" + name + ":80/ws" : "tcp://" + name + ":1";
        made->plan.level = random.one_of(levels);
        made->plan.furnish = [this](rpc_server::builder& server) { furnish(server); };
        made->plan.inspect = [this, values = &made->values](store::store const& data) {
            inspect(*values, data);
        };
        if (parts_.machine != nullptr) {
            parts_.machine(made->plan);
        }
        made->runs = std::make_unique<machine>(at_, made->plan);
        houses_.push_back(std::move(made));
    }
    for (auto left = random.between(3, 6); left > 0; --left) {
        auto& lives = *houses_[residents_.size() % houses_.size()];
        auto const name = "client" + std::to_string(residents_.size() + 1);
        residents_.push_back(std::make_shared<resident>(
            neighbourhood{at_, parts_, orders_, lives.values, lives.plan.url, peace_}, name));
        residents_.back()->arrive();
    }
}

void town::furnish(rpc_server::builder& server) {
    server.handle(place_order, [this](number const& order) {
        orders_.carry_out(order.value);
        return number{said(order_book::answer_to(order.value))};
    });
    server.handle(
        recite,
        [this](received<number> parts, stream_writer<number>& to, call_context) -> awaitable<void> {
            for (std::uint64_t next = 0; next < parts->value; ++next) {
                auto const written = co_await to.async_write(number{said(next)}, use_awaitable);
                static_cast<void>(written.value());
            }
        });
    server.handle(dictate, [this](stream_reader<number>& from, call_context) -> awaitable<number> {
        for (std::uint64_t next = 0;; ++next) {
            auto const part = co_await from.async_read(use_awaitable);
            if (!part.value()) {
                co_return number{next};
            }
            at_.expect((**part)->value == next, "an upload is out of order");
        }
    });
    server.handle(talk,
                  [](stream_reader<number>& from, stream_writer<number>& to,
                     call_context) -> awaitable<void> {
                      for (;;) {
                          auto const part = co_await from.async_read(use_awaitable);
                          if (!part.value()) {
                              co_return;
                          }
                          auto const written = co_await to.async_write(***part, use_awaitable);
                          static_cast<void>(written.value());
                      }
                  });
}

void town::inspect(expected_values& values, store::store const& data) {
    for (auto const& key : values.keys()) {
        auto const found = data.read(as_bytes(key));
        auto const value =
            found ? name_of_value(as_text(found->bytes)) : std::optional(std::string());
        at_.expect(value.has_value(), "a value has bytes that nobody wrote, after a death: " + key);
        at_.expect(value && values.came_back(key, *value),
                   key + " has the value '" + value.value_or("") +
                       "' after a death, which is not the last one acknowledged");
    }
}

void town::add_faults() {
    for (auto const& one : houses_) {
        at_.faults().add([on = one->runs.get()] { return on->die(); });
        at_.faults().add([on = one->runs.get()] { return on->die_while_writing(); });
        at_.faults().add([on = one->runs.get()] { return on->fail_disk(); });
    }
}

void town::make_peace() {
    at_.tell("town", "is at peace");
    at_.faults().stop();
    for (auto const& one : houses_) {
        one->runs->mend();
    }
    each(&resident::rest);
    at_.run_until([this] { return nobody_waits(); }, recovery_time);
    at_.calls().expect_none_late();
    at_.expect(at_.run_until([this] { return all(&resident::is_connected); }, recovery_time),
               "somebody does not come back");
    peace_ = true;
    each(&resident::call_everything);
    at_.expect(at_.run_until([this] { return nobody_waits(); }, recovery_time),
               "somebody is not answered");
    each(&resident::look);
    at_.expect(at_.run_until([this] { return nobody_waits(); }, recovery_time),
               "somebody is not answered");
}

}  // namespace

verdict run_town(std::uint64_t seed, std::ostream* trace, town_parts const& parts) {
    return run(seed, [&](world& at) { town(at, parts).run(is_calm(seed)); }, trace);
}

}  // namespace trunkline::sim
