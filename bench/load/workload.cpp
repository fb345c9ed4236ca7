#include "workload.hpp"

#include <trunkline/load/payload.hpp>
#include <trunkline/load/store_calls.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace trunkline::load {

namespace {

constexpr std::size_t values_size_max = 16U << 20;  // bytes of all different messages

store_work work_of(settings const& of) {
    store_work made{.size = of.size,
                    .batch = of.batch,
                    .keys = of.keys,
                    .packable = of.packable,
                    .seed = of.seed};
    made.asks = of.asks == operation::write         ? store_operation::write
                : of.asks == operation::exists      ? store_operation::exists
                : of.asks == operation::batch_write ? store_operation::batch_write
                : of.asks == operation::batch_read  ? store_operation::batch_read
                                                    : store_operation::read;
    return made;
}

/// The calls as they travel.
workload exchanges_of(settings const& of, std::vector<store_call> calls) {
    websocket::mask_generator masks(of.seed);
    workload made;
    for (store_call& each : calls) {
        made.push_back(
            {request_bytes::call(each.method_id, each.arguments, {of.layout, of.joined}, masks),
             each.method_id, std::move(each.answer), each.any_tail});
    }
    return made;
}

workload echoes_of(settings const& of) {
    websocket::mask_generator masks(of.seed);
    std::size_t const fitting = std::max<std::size_t>(1, values_size_max / of.size);
    workload made;
    for (pair const& each : make_pairs(std::min(of.keys, fitting), of.size, of.packable, of.seed)) {
        bytes_view const bytes = as_bytes(each.value);
        made.push_back(
            {request_bytes::message(bytes, masks), 0, {bytes.begin(), bytes.end()}, false});
    }
    return made;
}

}  // namespace

workload make_workload(settings const& of) {
    return of.asks == operation::echo ? echoes_of(of) : exchanges_of(of, make_calls(work_of(of)));
}

workload make_preparation(settings const& of) {
    return of.asks == operation::echo ? workload()
                                      : exchanges_of(of, make_preparation(work_of(of)));
}

}  // namespace trunkline::load
