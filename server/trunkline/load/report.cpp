#include <trunkline/load/report.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace trunkline::load {
namespace {

using boost::json::object;

struct named_share {
    std::string_view name;
    std::string_view shown;
    double share;
};

constexpr std::array shares{
    named_share{"p50", "50 %", 0.5},          named_share{"p90", "90 %", 0.9},
    named_share{"p99", "99 %", 0.99},         named_share{"p99_9", "99.9 %", 0.999},
    named_share{"p99_99", "99.99 %", 0.9999},
};

double rounded(double value) {
    return std::round(value * 1000) / 1000;
}

template <class Duration>
double in_seconds(Duration of) {
    return std::chrono::duration<double>(of).count();
}

/// A second; 0 where there was no time.
double rate(std::uint64_t count, double seconds) {
    return seconds > 0 ? rounded(static_cast<double>(count) / seconds) : 0;
}

object as_json(histogram const& of) {
    object made;
    made["count"] = of.total();
    for (auto const& each : shares) {
        made[each.name] = of.at(each.share);
    }
    made["max"] = of.at(1);
    return made;
}

object as_json(traffic const& of, double seconds) {
    return {{"messages", of.messages},
            {"bytes", of.bytes},
            {"messages_per_second", rate(of.messages, seconds)}};
}

/// The curve of the percentiles: each step halves what is above.
boost::json::array curve(histogram const& of) {
    boost::json::array made;
    if (of.total() == 0) {
        return made;
    }
    double above = 1;
    for (; above * static_cast<double>(of.total()) >= 1; above /= 2) {
        made.push_back({rounded((1 - above) * 1e6) / 1e6, of.at(1 - above)});
    }
    made.push_back({1, of.at(1)});
    return made;
}

object asked(findings const& of) {
    object made{{"connections", of.of.connections},
                {"seconds", in_seconds(of.of.lasts)},
                {"concurrency", of.of.concurrency},
                {"threads", of.threads},
                {"connect_rate", of.of.connect_rate}};
    if (!of.of.silent) {
        made["senders"] = of.of.senders;
        made["message_rate"] = of.of.message_rate;
        made["closed_loop"] = of.of.closed_loop;
        made["depth"] = of.of.depth;
        made["size"] = of.of.size;
    }
    return made;
}

std::string in_time_units(std::uint64_t us) {
    std::array<char, 32> text;
    int const size =
        us < 1000 ? std::snprintf(text.data(), text.size(), "%llu us",
                                  static_cast<unsigned long long>(us))
        : us < 1'000'000
            ? std::snprintf(text.data(), text.size(), "%.2f ms", static_cast<double>(us) / 1e3)
            : std::snprintf(text.data(), text.size(), "%.2f s", static_cast<double>(us) / 1e6);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string in_tenths(double value) {
    std::array<char, 64> text;
    int const size = std::snprintf(text.data(), text.size(), "%.1f", value);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string line(std::string_view name, std::string const& value) {
    std::string made(name);
    made.resize(14, ' ');
    return made + value + "\n";
}

std::string traffic_line(std::string_view name, traffic const& of, double seconds) {
    return line(name, std::to_string(of.messages) + " messages, " +
                          in_tenths(static_cast<double>(of.bytes) / 1e6) + " MB, " +
                          in_tenths(rate(of.messages, seconds)) + " a second");
}

std::string latency_line(std::string_view name, histogram const& of) {
    if (of.total() == 0) {
        return {};
    }
    std::string told;
    for (auto const& each : shares) {
        told += std::string(each.shown) + " " + in_time_units(of.at(each.share)) + "  ";
    }
    return line(name, told + "max " + in_time_units(of.at(1)));
}

}  // namespace

std::string to_text(findings const& of, tally const& counts) {
    double const elapsed = in_seconds(counts.elapsed);
    std::string text = line("mode", of.mode + ", " + of.url);
    text += line("connections", std::to_string(counts.opened) + " of " +
                                    std::to_string(of.of.connections) + " opened in " +
                                    in_tenths(in_seconds(counts.opening)) + " s, " +
                                    std::to_string(counts.lost) + " lost");
    text += line("threads", std::to_string(of.threads));
    text += latency_line("connecting", counts.connects);
    text += line("lasted", in_tenths(elapsed) + " s");
    text += traffic_line("sent", counts.sent, elapsed);
    text += traffic_line("received", counts.received, elapsed);
    if (counts.latencies.total() != 0) {
        text +=
            line("answers", std::to_string(counts.latencies.total()) + ", " +
                                in_tenths(rate(counts.latencies.total(), elapsed)) + " a second");
    }
    text += latency_line("latency", counts.latencies);
    if (of.server_cpu && counts.latencies.total() != 0) {
        text += line("server", in_tenths(in_seconds(*of.server_cpu) * 1e6 /
                                         static_cast<double>(counts.latencies.total())) +
                                   " us of CPU for each answer");
    }
    text += line("failures", std::to_string(counts.failures()));
    for (auto const& [cause, count] : counts.causes()) {
        text += line("", std::to_string(count) + " " + cause);
    }
    return text;
}

std::string to_json(findings const& of, tally const& counts) {
    double const elapsed = in_seconds(counts.elapsed);
    object made{{"url", of.url}, {"mode", of.mode}, {"asked", asked(of)}};
    made["connections"] = object{{"opened", counts.opened},
                                 {"failed", counts.unopened},
                                 {"lost", counts.lost},
                                 {"opening_seconds", rounded(in_seconds(counts.opening))}};
    made["connect_us"] = as_json(counts.connects);
    made["seconds"] = rounded(elapsed);
    made["due"] = counts.due;
    made["sent"] = as_json(counts.sent, elapsed);
    made["received"] = as_json(counts.received, elapsed);
    made["received_while_opening"] = object{{"messages", counts.received_before.messages},
                                            {"bytes", counts.received_before.bytes}};
    made["answers_per_second"] = rate(counts.latencies.total(), elapsed);
    auto& latency = (made["latency_us"] = as_json(counts.latencies)).as_object();
    latency["max"] = counts.longest_us;
    latency["curve"] = curve(counts.latencies);
    object causes;
    for (auto const& [cause, count] : counts.causes()) {
        causes[cause] = count;
    }
    made["failures"] = object{{"count", counts.failures()}, {"causes", std::move(causes)}};
    boost::json::array seconds;
    for (second const& each : counts.seconds) {
        seconds.push_back(
            object{{"sent", each.sent}, {"received", each.received}, {"worst_us", each.worst_us}});
    }
    made["each_second"] = std::move(seconds);
    made["own_cpu_seconds"] = rounded(in_seconds(of.own_cpu));
    if (of.server_cpu) {
        made["server_cpu_seconds"] = rounded(in_seconds(*of.server_cpu));
    }
    if (of.server_memory) {
        made["server_private"] = *of.server_memory;
    }
    return boost::json::serialize(made);
}

void progress::add(progress const& other) noexcept {
    open += other.open;
    failures += other.failures;
    sent += other.sent;
    received += other.received;
    running = std::max(running, other.running);
}

std::string progress_of(findings const& of, progress const& now) {
    auto const seconds = [](auto time) {
        return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
    };
    return "conn " + std::to_string(now.open) + "/" + std::to_string(of.of.connections) +
           "  fail " + std::to_string(now.failures) + "  tx " + std::to_string(now.sent) + "  rx " +
           std::to_string(now.received) + "  " + seconds(now.running) + "/" + seconds(of.of.lasts) +
           " s";
}

}  // namespace trunkline::load
