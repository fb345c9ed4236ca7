#include <trunkline/config/config_file.hpp>

#include <toml++/toml.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

namespace trunkline::config {
namespace {

std::string at(std::filesystem::path const& path, toml::source_region const& where) {
    return path.string() + ":" + std::to_string(where.begin.line) + ": ";
}

/// The value as it would stand on the command line; empty for tables, arrays, dates and floats.
std::optional<std::string> as_flag_text(toml::node const& node) {
    if (auto const* text = node.as_string()) {
        return text->get();
    }
    if (auto const* number = node.as_integer()) {
        return std::to_string(number->get());
    }
    if (auto const* truth = node.as_boolean()) {
        return truth->get() ? "true" : "false";
    }
    return std::nullopt;
}

std::string unknown_key(std::string_view key, std::span<setting const> settings) {
    std::string line = "unknown key \"" + std::string(key) + "\"";
    std::string_view const nearest = nearest_name(settings, key);
    if (!nearest.empty()) {
        line.append("; did you mean \"").append(nearest).append("\"?");
    } else {
        line += "; keys are the names of the flags, see --help";
    }
    return line;
}

std::string assign_node(setting& to, std::string_view key, toml::node const& node) {
    auto const text = as_flag_text(node);
    if (!text) {
        return "\"" + std::string(key) + "\" must be a text, a whole number or true or false";
    }
    if (auto const done = assign(to, *text, origin::file); !done) {
        return "\"" + std::string(key) + "\": " + explain(to, *text, done.error());
    }
    return {};
}

std::string assign_key(std::string_view key, toml::node const& node, std::span<setting> settings) {
    setting* const known = find(settings, key);
    if (known == nullptr) {
        return unknown_key(key, settings);
    }
    auto const* const list = node.as_array();
    if (list != nullptr && std::holds_alternative<word_list>(known->target)) {
        for (toml::node const& each : *list) {
            if (std::string fault = assign_node(*known, key, each); !fault.empty()) {
                return fault;
            }
        }
        return {};
    }
    return assign_node(*known, key, node);
}

}  // namespace

std::string read_config_file(std::filesystem::path const& path, std::span<setting> settings) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::ostringstream contents;
    if (file.peek() != std::ifstream::traits_type::eof()) {
        contents << file.rdbuf();
    }
    if (!file.is_open() || file.bad() || !contents) {
        return "cannot read the configuration file " + path.string() + ": " +
               std::system_category().message(errno);
    }
    try {
        toml::table const table = toml::parse(contents.str(), path.string());
        for (auto const& [key, node] : table) {
            std::string const fault = assign_key(key.str(), node, settings);
            if (!fault.empty()) {
                return at(path, key.source()) + fault;
            }
        }
    } catch (toml::parse_error const& fault) {
        return at(path, fault.source()) + "not valid TOML: " + std::string(fault.description());
    }
    return {};
}

}  // namespace trunkline::config
