#include "report.hpp"

#include <boost/json.hpp>

#include <cmath>

namespace trunkline::load {

namespace {

double rounded(double value) {
    return std::round(value * 1000) / 1000;
}

double in_us(std::chrono::nanoseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

double latency_us(figures const& of, double share) {
    return rounded(static_cast<double>(of.latencies.at(share)) / 1000);
}

void add_server(boost::json::object& to, figures const& found, double requests) {
    to["server_cpu_us"] = rounded(in_us(found.server_cpu) / requests);
    to["server_busy"] = rounded(in_us(found.server_cpu) / in_us(found.elapsed));
    to["server_private"] = found.server_memory.own;
    to["server_mapped"] = found.server_memory.mapped;
    to["server_resident"] = found.server_memory.resident;
}

}  // namespace

std::string to_json(settings const& of, figures const& found) {
    boost::json::object made;
    auto const requests = static_cast<double>(found.requests);
    made["requests"] = found.requests;
    made["errors"] = found.wrong.count;
    if (found.wrong.count != 0) {
        made["first_error"] = found.wrong.first;
    }
    if (found.requests != 0) {
        double const elapsed = in_us(found.elapsed);
        made["seconds"] = elapsed / 1e6;
        made["requests_per_second"] = rounded(requests * 1e6 / elapsed);
        made["p50_us"] = latency_us(found, 0.5);
        made["p99_us"] = latency_us(found, 0.99);
        made["p99_9_us"] = latency_us(found, 0.999);
        made["own_cpu_us"] = rounded(in_us(found.own_cpu) / requests);
        made["own_busy"] = rounded(in_us(found.own_cpu) / elapsed);
        if (of.server_pid != 0) {
            add_server(made, found, requests);
        }
    }
    return boost::json::serialize(made);
}

}  // namespace trunkline::load
