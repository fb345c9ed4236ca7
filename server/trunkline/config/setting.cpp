#include <trunkline/config/setting.hpp>

#include <trunkline/config/units.hpp>

#include <algorithm>
#include <numeric>

namespace trunkline::config {
namespace {

result<void> assign_value(toggle const& to, std::string_view text) {
    if (text != "true" && text != "false") {
        return config_error::not_a_switch;
    }
    *to.value = text == "true";
    return {};
}

result<void> assign_value(words const& to, std::string_view text) {
    if (text.empty()) {
        return config_error::empty_text;
    }
    *to.value = text;
    return {};
}

result<void> assign_value(word_list const& to, std::string_view text) {
    if (text.empty()) {
        return config_error::empty_text;
    }
    to.values->emplace_back(text);
    return {};
}

result<void> assign_value(choice const& to, std::string_view text) {
    if (std::ranges::find(to.choices, text) == to.choices.end()) {
        return config_error::not_a_choice;
    }
    *to.value = text;
    return {};
}

result<std::uint64_t> parse_number(number const& to, std::string_view text) {
    if (!to.word_for_zero.empty() && text == to.word_for_zero) {
        return std::uint64_t{0};
    }
    switch (to.kind) {
        case number_kind::size:
            return parse_size(text);
        case number_kind::duration: {
            auto const duration = parse_duration(text);
            if (!duration) {
                return duration.error();
            }
            return static_cast<std::uint64_t>(duration->count());
        }
        case number_kind::count:
            break;
    }
    return parse_count(text);
}

result<void> assign_value(number const& to, std::string_view text) {
    auto const value = parse_number(to, text);
    if (!value) {
        return value.error();
    }
    bool const zero_by_word = !to.word_for_zero.empty() && text == to.word_for_zero;
    if (*value < to.minimum && !zero_by_word) {
        return config_error::below_minimum;
    }
    if (*value > to.maximum) {
        return config_error::above_maximum;
    }
    to.set(*value);
    return {};
}

template <class Words>
std::string joined(Words const& all, std::string_view between) {
    std::string text;
    for (std::string_view const one : all) {
        text.append(text.empty() ? "" : between).append(one);
    }
    return text;
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < left.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < right.size(); ++j) {
            std::size_t const replaced = diagonal + (left[i] == right[j] ? 0 : 1);
            diagonal = std::exchange(row[j + 1], std::min({replaced, row[j] + 1, row[j + 1] + 1}));
        }
    }
    return row.back();
}

}  // namespace

number duration_of(std::chrono::milliseconds& variable, std::chrono::milliseconds minimum,
                   std::chrono::milliseconds maximum) {
    return {number_kind::duration,
            static_cast<std::uint64_t>(minimum.count()),
            static_cast<std::uint64_t>(maximum.count()),
            {},
            [&variable] { return static_cast<std::uint64_t>(variable.count()); },
            [&variable](std::uint64_t value) { variable = std::chrono::milliseconds{value}; }};
}

result<void> assign(setting& to, std::string_view text, origin from) {
    auto const* const list = std::get_if<word_list>(&to.target);
    std::vector<std::string> replaced;
    if (list != nullptr && to.from != from) {
        replaced.swap(*list->values);
    }
    auto const done =
        std::visit([text](auto const& target) { return assign_value(target, text); }, to.target);
    if (!done && !replaced.empty()) {
        replaced.swap(*list->values);
    }
    if (done) {
        to.from = from;
    }
    return done;
}

std::string value_text(number const& kind, std::uint64_t value) {
    if (value == 0 && !kind.word_for_zero.empty()) {
        return std::string(kind.word_for_zero);
    }
    switch (kind.kind) {
        case number_kind::size:
            return format_size(value);
        case number_kind::duration:
            return format_duration(
                std::chrono::milliseconds{static_cast<std::chrono::milliseconds::rep>(value)});
        case number_kind::count:
            break;
    }
    return std::to_string(value);
}

std::string value_text(setting const& of) {
    struct printer {
        std::string operator()(toggle const& target) const {
            return *target.value ? "true" : "false";
        }
        std::string operator()(words const& target) const { return *target.value; }
        std::string operator()(word_list const& target) const {
            return joined(*target.values, " ");
        }
        std::string operator()(choice const& target) const { return *target.value; }
        std::string operator()(number const& target) const {
            return value_text(target, target.get());
        }
    };
    return std::visit(printer{}, of.target);
}

number const* number_behind(setting const& of) noexcept {
    return std::get_if<number>(&of.target);
}

std::string placeholder(setting const& of) {
    if (auto const* target = std::get_if<words>(&of.target)) {
        return std::string(target->placeholder);
    }
    if (auto const* target = std::get_if<word_list>(&of.target)) {
        return std::string(target->placeholder);
    }
    if (auto const* target = std::get_if<choice>(&of.target)) {
        return joined(target->choices, "|");
    }
    if (auto const* target = number_behind(of)) {
        switch (target->kind) {
            case number_kind::size:
                return "SIZE";
            case number_kind::duration:
                return "DURATION";
            case number_kind::count:
                return "COUNT";
        }
    }
    return {};
}

std::string explain(setting const& of, std::string_view text, error_code why) {
    std::string line;
    if (!text.empty()) {
        line.append("\"").append(text).append("\" ");
    }
    line += why.message();
    if (auto const* target = std::get_if<choice>(&of.target)) {
        line += "; write one of " + joined(target->choices, "|");
    }
    auto const* target = number_behind(of);
    if (target != nullptr && why == config_error::below_minimum) {
        line += "; the least is " + value_text(*target, target->minimum);
    }
    if (target != nullptr && why == config_error::above_maximum) {
        line += "; the most is " + value_text(*target, target->maximum);
    }
    if (target != nullptr && !target->word_for_zero.empty()) {
        line.append(", or write ").append(target->word_for_zero);
    }
    return line;
}

setting* find(std::span<setting> settings, std::string_view name) noexcept {
    auto const found = std::ranges::find(settings, name, &setting::name);
    return found == settings.end() ? nullptr : &*found;
}

std::string_view nearest_name(std::span<setting const> settings, std::string_view mistyped) {
    std::string_view nearest;
    std::size_t least = std::max<std::size_t>(2, mistyped.size() / 3) + 1;
    for (setting const& known : settings) {
        std::size_t const distance = edit_distance(mistyped, known.name);
        if (distance < least) {
            least = distance;
            nearest = known.name;
        }
    }
    return nearest;
}

}  // namespace trunkline::config
