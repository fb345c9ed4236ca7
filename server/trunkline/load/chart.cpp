#include <trunkline/load/chart.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>
#include <vector>

namespace trunkline::load {
namespace {

// All lengths in units of the picture.
constexpr double width = 760;
constexpr double height = 620;

struct frame_box {
    double left = 80;
    double right = width - 30;
    double top = 0;
    double bottom = 0;
};

constexpr frame_box latency_box{.top = 90, .bottom = 310};
constexpr frame_box rate_box{.top = 380, .bottom = 560};

struct point {
    double x = 0;
    double y = 0;
};

std::string number(double value) {
    std::array<char, 48> text;
    int const size = std::snprintf(text.data(), text.size(), "%.1f", value);
    return {text.data(), static_cast<std::size_t>(size)};
}

std::string escaped(std::string_view text) {
    std::string made;
    for (char const c : text) {
        switch (c) {
            case '&':
                made += "&amp;";
                break;
            case '<':
                made += "&lt;";
                break;
            case '>':
                made += "&gt;";
                break;
            default:
                made.push_back(c < ' ' || c > '~' ? '?' : c);
        }
    }
    return made;
}

std::string text_at(double x, double y, std::string_view how, std::string_view text) {
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" class=\"" + std::string(how) +
           "\">" + escaped(text) + "</text>\n";
}

std::string line_from(point from, point to, std::string_view how) {
    return "<line x1=\"" + number(from.x) + "\" y1=\"" + number(from.y) + "\" x2=\"" +
           number(to.x) + "\" y2=\"" + number(to.y) + "\" class=\"" + std::string(how) + "\"/>\n";
}

std::string path_of(std::vector<point> const& through, std::string_view how) {
    std::string made = "<polyline class=\"" + std::string(how) + "\" points=\"";
    for (point const& each : through) {
        made += number(each.x) + "," + number(each.y) + " ";
    }
    return made + "\"/>\n";
}

/// "850 us", "12 ms", "3 s": of steps of ten.
std::string in_units(double us) {
    std::array<char, 48> text;
    int const size = us < 1e3   ? std::snprintf(text.data(), text.size(), "%.0f us", us)
                     : us < 1e6 ? std::snprintf(text.data(), text.size(), "%.0f ms", us / 1e3)
                                : std::snprintf(text.data(), text.size(), "%.0f s", us / 1e6);
    return {text.data(), static_cast<std::size_t>(size)};
}

/// "950", "12k", "3.5M"
std::string in_thousands(double value) {
    std::array<char, 48> text;
    int const size = value < 1e4   ? std::snprintf(text.data(), text.size(), "%.0f", value)
                     : value < 1e6 ? std::snprintf(text.data(), text.size(), "%.0fk", value / 1e3)
                                   : std::snprintf(text.data(), text.size(), "%.1fM", value / 1e6);
    return {text.data(), static_cast<std::size_t>(size)};
}

/// 1, 2 or 5 times a power of ten, not below `value`.
double round_up(double value) {
    double const power = std::pow(10, std::floor(std::log10(std::max(value, 1.0))));
    for (double const factor : {1.0, 2.0, 5.0}) {
        if (factor * power >= value) {
            return factor * power;
        }
    }
    return 10 * power;
}

// Latency by share: both axes are logarithms, of the time and of the share above.
// ------------------------------------------------------------------------------------------------

std::string latency_chart(histogram const& of) {
    frame_box const in = latency_box;
    std::string made = text_at(in.left, in.top - 14, "title", "Latency by share of the messages");
    if (of.total() == 0) {
        return made + text_at(in.left, in.top + 30, "label", "nothing was measured");
    }
    double const least = std::floor(std::log10(std::max<double>(1, static_cast<double>(of.at(0)))));
    double const most = std::max(
        least + 1, std::ceil(std::log10(std::max<double>(1, static_cast<double>(of.at(1))))));
    double const steps = std::max(1.0, std::ceil(std::log10(static_cast<double>(of.total()))));
    auto const y_of = [&](double us) {
        double const part = (std::log10(std::max(us, 1.0)) - least) / (most - least);
        return in.bottom - std::clamp(part, 0.0, 1.0) * (in.bottom - in.top);
    };
    auto const x_of = [&](double above) {
        return in.left + std::clamp(-std::log10(above) / steps, 0.0, 1.0) * (in.right - in.left);
    };
    for (double power = least; power <= most; ++power) {
        double const y = y_of(std::pow(10, power));
        made += line_from({in.left, y}, {in.right, y}, "grid");
        made += text_at(in.left - 8, y + 4, "left", in_units(std::pow(10, power)));
    }
    static constexpr std::array<std::string_view, 8> names{
        "0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %", "99.99999 %"};
    for (std::size_t step = 0; step < names.size() && static_cast<double>(step) <= steps; ++step) {
        double const x = x_of(std::pow(10, -static_cast<double>(step)));
        made += line_from({x, in.top}, {x, in.bottom}, "grid");
        made += text_at(x, in.bottom + 18, "below", names[step]);
    }
    std::vector<point> curve;
    constexpr double points = 200;
    for (double i = 0; i <= points; ++i) {
        double const above = std::pow(10, -steps * i / points);
        curve.push_back({x_of(above), y_of(static_cast<double>(of.at(1 - above)))});
    }
    return made + path_of(curve, "first");
}

// Messages a second
// ------------------------------------------------------------------------------------------------

std::string rate_chart(tally const& counts) {
    frame_box const in = rate_box;
    std::string made = text_at(in.left, in.top - 14, "title", "Messages in each second");
    made += text_at(in.right - 130, in.top - 14, "sent", "sent");
    made += text_at(in.right - 80, in.top - 14, "received", "received");
    std::uint64_t highest = 1;
    for (second const& each : counts.seconds) {
        highest = std::max({highest, each.sent, each.received});
    }
    double const most = round_up(static_cast<double>(highest));
    double const last = std::max<double>(1, static_cast<double>(counts.seconds.size()));
    auto const y_of = [&](double value) { return in.bottom - value / most * (in.bottom - in.top); };
    auto const x_of = [&](double at) { return in.left + at / last * (in.right - in.left); };
    for (int quarter = 0; quarter <= 4; ++quarter) {
        double const value = most * quarter / 4;
        made += line_from({in.left, y_of(value)}, {in.right, y_of(value)}, "grid");
        made += text_at(in.left - 8, y_of(value) + 4, "left", in_thousands(value));
    }
    double const step = round_up(last / 10);
    for (double at = 0; at <= last; at += step) {
        made += text_at(x_of(at), in.bottom + 18, "below", in_thousands(at) + " s");
    }
    std::vector<point> sent;
    std::vector<point> received;
    double at = 0;
    for (second const& each : counts.seconds) {
        for (double const x : {x_of(at), x_of(at + 1)}) {
            sent.push_back({x, y_of(static_cast<double>(each.sent))});
            received.push_back({x, y_of(static_cast<double>(each.received))});
        }
        ++at;
    }
    return made + path_of(received, "second") + path_of(sent, "first");
}

constexpr std::string_view style = R"(<style>
svg { color-scheme: light dark; --ground: #ffffff; --ink: #1f2328; --faint: #8c959f55;
  --one: #0969da; --two: #bc4c00; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #0d1117; --ink: #e6edf3; --faint: #8c959f55; --one: #58a6ff; --two: #ffa657; }
}
.ground { fill: var(--ground); }
text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.title { font-weight: 600; }
.left { text-anchor: end; }
.below { text-anchor: middle; }
.sent { fill: var(--one); }
.received { fill: var(--two); }
.grid { stroke: var(--faint); stroke-width: 1; }
polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.first { stroke: var(--one); }
.second { stroke: var(--two); stroke-width: 4; stroke-opacity: 0.6; }
</style>
)";

}  // namespace

std::string to_svg(findings const& of, tally const& counts) {
    std::string made = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(width) +
                       " " + number(height) + "\" role=\"img\">\n";
    made += "<title>" + escaped("trunkline bench, " + of.mode + ", " + of.url) + "</title>\n";
    made += style;
    made += "<rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n";
    made += text_at(20, 28, "title", of.mode + ", " + of.url);
    made += text_at(20, 50, "label",
                    std::to_string(counts.opened) + " connections, " +
                        std::to_string(counts.sent.messages) + " messages sent, " +
                        std::to_string(counts.received.messages) + " received, " +
                        std::to_string(counts.failures()) + " failures");
    return made + latency_chart(counts.latencies) + rate_chart(counts) + "</svg>\n";
}

}  // namespace trunkline::load
