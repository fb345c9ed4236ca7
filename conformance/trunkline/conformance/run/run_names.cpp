#include <trunkline/conformance/run/run_names.hpp>

#include <sstream>

namespace trunkline::conformance {
std::string shell_word(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:,@%";
    if (!word.empty() && word.find_first_not_of(plain) == word.npos) {
        return std::string(word);
    }
    std::string made = "'";
    for (char const each : word) {
        made += each == '\'' ? std::string("'\\''") : std::string(1, each);
    }
    return made + "'";
}

char const* name_of(initiator role) noexcept {
    return role == initiator::client ? "client" : "server";
}

char const* name_of(volume size) noexcept {
    return size == volume::quick ? "quick" : "full";
}

char const* name_of(level binding) noexcept {
    switch (binding) {
        case level::must:
            return "must";
        case level::should:
            return "should";
        case level::repeated:
            break;
    }
    return "repeated";
}

std::optional<transport::delivery_shape> shape_named(std::string_view name) {
    for (auto const each : transport::all_delivery_shapes) {
        if (name == transport::name_of(each)) {
            return each;
        }
    }
    return std::nullopt;
}

std::string build_text() {
    std::string text = "trunkline " TRUNKLINE_VERSION ", ";
#ifdef __clang__
    text += "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__);
#else
    text += "gcc " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__);
#endif
#ifdef __OPTIMIZE__
    text += ", optimised";
#endif
#ifndef NDEBUG
    text += ", asserts";
#endif
    return text;
}

std::string flags_of(rule const& what, subject const& of, world_options const& how) {
    std::ostringstream text;
    text << "--transport " << shell_word(of.name) << " --rule " << what.id << " --shape "
         << transport::name_of(how.shape) << " --role " << name_of(how.role) << " --seed "
         << how.seed << " --volume " << name_of(how.size);
    if (!how.disturbed.is_empty()) {
        text << " --faults " << how.disturbed.hex();
    }
    return text.str();
}

std::string repeat_line(std::string_view program, std::string_view flags) {
    return shell_word(program) + " " + std::string(flags) + "  # " + build_text();
}

}  // namespace trunkline::conformance
