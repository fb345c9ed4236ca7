#include <trunkline/peer/call_fields.hpp>

#include <trunkline/peer/call_terms.hpp>

#include <chrono>
#include <cstdint>

namespace trunkline::peers {
namespace {

void view(call_metadata const& what, extension::call_fields& by) {
    by.metadata.reserve(what.size());
    for (auto const& each : what) {
        by.metadata.push_back({each.key, each.value});
    }
}

}  // namespace

extension::call_fields fields_of(call_terms const& terms, transport::runtime::time_point now) {
    extension::call_fields made;
    if (auto const left = terms.time_left(now)) {
        auto const us = std::chrono::ceil<std::chrono::microseconds>(*left).count();
        made.timeout_us = us > 0 ? static_cast<std::uint64_t>(us) : 0;
    }
    made.trace = terms.trace;
    view(terms.metadata, made);
    return made;
}

call_metadata metadata_of(extension::call_fields const& fields) {
    call_metadata made;
    for (auto const& each : fields.metadata) {
        made.add(each.key, each.value);
    }
    return made;
}

bool send_metadata(rpc::responder& with, call_metadata const& what) {
    if (what.empty()) {
        return true;
    }
    extension::call_fields fields;
    view(what, fields);
    return with.send_with(fields);
}

}  // namespace trunkline::peers
