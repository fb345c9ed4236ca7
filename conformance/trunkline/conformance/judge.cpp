#include <trunkline/conformance/judge.hpp>

#include <trunkline/conformance/leftovers.hpp>

#include <array>
#include <exception>
#include <functional>
#include <optional>
#include <sstream>
#include <utility>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

struct need {
    needs what;
    std::string_view missing;
    bool (*met)(features const& has, bool virtual_time);
};

constexpr std::array all_needs{
    need{needs::virtual_time, "hours of waiting or exact moments: virtual time only",
         [](features const&, bool is_virtual) { return is_virtual; }},
    need{needs::half_close, "the transport has no half-close",
         [](features const& has, bool) { return has.half_close; }},
    need{needs::reset, "the transport has no reset",
         [](features const& has, bool) { return has.reset; }},
    need{needs::message_borders, "the transport keeps no message borders",
         [](features const& has, bool) { return has.message_borders; }},
    need{needs::probe, "the transport has no probe of its own",
         [](features const& has, bool) { return has.probe; }},
    need{needs::close_reason, "the transport carries no close code",
         [](features const& has, bool) { return has.close_reason; }},
    need{needs::identity, "the transport does not say who the peer is",
         [](features const& has, bool) { return has.identity; }},
    need{needs::secure, "the transport does not encrypt",
         [](features const& has, bool) { return has.secure; }},
    need{needs::compression, "the transport does not compress",
         [](features const& has, bool) { return has.compression; }},
};

verdict run(rule const& what, subject const& of, world_options const& how) {
    verdict found;
    std::optional<world> at;
    try {
        at.emplace(of, how, &what);
        what.check(*at);
        at->calm();
        expect_nothing_left(*at);
    } catch (rule_broken const& broken) {
        found = {outcome::failed, broken.seen, {}};
    } catch (rule_not_applicable const& not_here) {
        found = {outcome::not_applicable, not_here.why, {}};
    } catch (std::exception const& thrown) {
        found = {outcome::failed, std::string("an exception: ") + thrown.what(), {}};
    } catch (...) {
        found = {outcome::failed, "an exception that is none of the standard library", {}};
    }
    // Whatever was seen on a loop that was broken off says less than that it was.
    if (auto why = at ? at->broken_off() : std::string(); !why.empty()) {
        found = {outcome::failed, std::move(why), {}};
    }
    return found;
}

}  // namespace

std::string unmet_need(rule const& what, subject const& of, bool virtual_time) {
    for (need const& each : all_needs) {
        if (includes(what.uses, each.what) && !each.met(of.has, virtual_time)) {
            return std::string(each.missing);
        }
    }
    if (virtual_time && !of.has.virtual_time) {
        return "the transport runs in real time only";
    }
    return {};
}

verdict judge(rule const& what, subject const& of, world_options const& how) {
    if (auto why = unmet_need(what, of, how.virtual_time); !why.empty()) {
        return {outcome::not_applicable, std::move(why), {}};
    }
    // Both take memory of their own: it is taken before anything is counted.
    std::function<verdict()> const once = [&] { return run(what, of, how); };
    static_cast<void>(on_a_thread([] { return verdict{}; }));
    auto const before = process_holdings::now();
    verdict found = on_a_thread(once);
    if (found.what == outcome::passed) {
        // A run of full volume is too long to be made again: the quick one tells of a leak.
        bool const looks = how.size == volume::quick && !includes(what.uses, needs::other_threads);
        found = left_in_process(before, looks ? looks_at_bytes::yes : looks_at_bytes::no, once);
    }
    if (found.what == outcome::failed) {
        found.repeat = describe(what, of, how);
    }
    return found;
}

std::vector<world_options> runs_of(rule const& what, subject const& of, world_options const& base) {
    std::vector<world_options> all;
    for (auto const shape : transport::all_delivery_shapes) {
        bool const one = !of.has.shapes || includes(what.uses, needs::one_shape);
        if (one && shape != transport::delivery_shape::direct) {
            continue;
        }
        for (auto const role : {initiator::client, initiator::server}) {
            if (includes(what.uses, needs::one_role) && role != initiator::client) {
                continue;
            }
            all.push_back(base);
            all.back().shape = shape;
            all.back().role = role;
        }
    }
    return all;
}

verdict judge_all(rule const& what, subject const& of, world_options const& base) {
    std::optional<verdict> applicable;
    verdict last;
    for (world_options const& how : runs_of(what, of, base)) {
        last = judge(what, of, how);
        if (last.what == outcome::failed) {
            return last;
        }
        if (last.what == outcome::passed) {
            applicable = last;
        }
    }
    return applicable.value_or(last);
}

std::string describe(rule const& what, subject const& of, world_options const& how) {
    std::ostringstream text;
    text << what.id << " on " << of.name << ", " << transport::name_of(how.shape) << ", "
         << (how.role == initiator::client ? "client" : "server") << " calls, seed " << how.seed
         << ", " << (how.size == volume::quick ? "quick" : "full") << ", "
         << (how.virtual_time ? "virtual" : "real") << " time";
    if (!how.disturbed.is_empty()) {
        text << ", faults " << how.disturbed.hex();
    }
    return text.str();
}

}  // namespace trunkline::conformance
