#include <trunkline/serving/limits_text.hpp>

#include <algorithm>
#include <string_view>

namespace trunkline::server {
namespace {

std::string_view unit_text(config::number const& of) {
    switch (of.kind) {
        case config::number_kind::size:
            return "bytes";
        case config::number_kind::duration:
            return "time";
        case config::number_kind::count:
            break;
    }
    return "count";
}

}  // namespace

std::string limits_text(std::span<config::setting const> settings) {
    std::string text;
    auto const column = [&text](std::string_view cell, std::size_t width) {
        text.append(cell).append(std::max(width, cell.size() + 2) - cell.size(), ' ');
    };
    for (config::setting const& one : settings) {
        if (one.is_limit) {
            column(one.name, 26);
            column(value_text(one), 12);
            column(unit_text(*number_behind(one)), 7);
            text.append(one.meaning).append("\n");
        }
    }
    return text;
}

}  // namespace trunkline::server
