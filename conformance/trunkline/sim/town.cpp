#include <trunkline/sim/town.hpp>

#include <trunkline/sim/resident.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
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

// In which what is still on its way arrives, and is carried out, once nobody waits for it any more.
constexpr auto quiet_time = 5s;

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
        leave();
        expect_enough(calm);
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
    void leave();
    void expect_enough(bool calm);

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
            neighbourhood{at_, parts_, orders_, lives.values, *lives.runs, peace_}, name));
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
        [this](received<number> asked, stream_writer<number>& to, call_context) -> awaitable<void> {
            auto const end = asked->value;
            for (auto next = end - end % stream_distance; next < end; ++next) {
                auto const written = co_await to.async_write(number{said(next)}, use_awaitable);
                static_cast<void>(written.value());
            }
        });
    server.handle(dictate, [this](stream_reader<number>& from, call_context) -> awaitable<number> {
        std::uint64_t next = 0;
        for (;;) {
            auto const part = co_await from.async_read(use_awaitable);
            if (!part.value()) {
                co_return number{next};
            }
            auto const value = (**part)->value;
            at_.expect(next == 0 ? value % stream_distance == 0 : value == next,
                       "an upload is out of order");
            next = value + 1;
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
    std::map<std::string, std::string> all;
    for (auto const& key : values.keys()) {
        auto const found = data.read(as_bytes(key));
        auto const value =
            found ? name_of_value(as_text(found->bytes)) : std::optional(std::string());
        at_.expect(value.has_value(), "a value has bytes that nobody wrote, after a death: " + key);
        at_.expect(value && values.settle(key, *value),
                   key + " has the value '" + value.value_or("") +
                       "' after a death, which is not the last one acknowledged");
        all[key] = value.value_or("");
    }
    at_.expect(values.begin_life(all), "a write of several keys is there in part after a death");
}

void town::add_faults() {
    for (auto const& one : houses_) {
        at_.faults().add([on = one->runs.get()] { return on->die(); });
        // Those count when they come.
        at_.faults().add([on = one->runs.get()] {
            on->die_while_writing();
            return false;
        });
        at_.faults().add([on = one->runs.get()] {
            on->fail_disk();
            return false;
        });
    }
}

void town::make_peace() {
    at_.tell("town", "is at peace");
    at_.faults().stop();
    for (auto const& one : houses_) {
        one->runs->mend();
    }
    each(&resident::rest);
    auto const end = at_.loop().now() + recovery_time;
    auto const left = [&] { return end - at_.loop().now(); };
    at_.run_until([this] { return nobody_waits(); }, left());
    at_.calls().expect_none_late();
    at_.expect(at_.run_until([this] { return all(&resident::is_connected); }, left()),
               "somebody does not come back");
    at_.run_for(quiet_time);
    peace_ = true;
    for (auto const what : {&resident::settle, &resident::call_everything, &resident::look}) {
        each(what);
        at_.expect(at_.run_until([this] { return nobody_waits(); }, recovery_time),
                   "somebody is not answered");
    }
}

// What is closed in order says so to the other end, and leaves nothing behind there.
void town::leave() {
    each(&resident::leave);
    at_.expect(at_.run_until([this] { return at_.network().links() == 0; }, recovery_time),
               "a link is open that belongs to nobody");
    at_.run_for(recovery_time);
    at_.expect(at_.loop().pending() == 0, "something waits on the loop for nobody");
}

// So that it says something when all held.
void town::expect_enough(bool calm) {
    auto const lack = lacking(at_.so_far(), calm);
    at_.expect(lack.empty(), lack);
}

}  // namespace

verdict run_town(std::uint64_t seed, std::ostream* trace, town_parts const& parts) {
    return run(seed, [&](world& at) { town(at, parts).run(is_calm(seed)); }, trace);
}

}  // namespace trunkline::sim
