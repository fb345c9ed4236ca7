#include <trunkline/cli/batch_lines.hpp>

#include <trunkline/base/utf8.hpp>
#include <trunkline/cli/hex.hpp>
#include <trunkline/cli/key_text.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::cli {
namespace {

/// The letter behind the backslash; 0 when there is none.
char escape_of(char of) {
    switch (of) {
        case '\t':
            return 't';
        case '\n':
            return 'n';
        case '\r':
            return 'r';
        case '\\':
            return '\\';
        default:
            return 0;
    }
}

/// How many of the first bytes of `text` are one character in UTF-8; 0 when they are none.
std::size_t character_size(std::string_view text) {
    for (std::size_t size = 1; size <= std::min<std::size_t>(4, text.size()); ++size) {
        if (is_utf8(as_bytes(text.substr(0, size)))) {
            return size;
        }
    }
    return 0;
}

std::string escaped(std::string_view text) {
    std::string shown;
    shown.reserve(text.size());
    while (!text.empty()) {
        std::size_t const size = character_size(text);
        char const letter = escape_of(text.front());
        if (letter != 0) {
            shown.append({'\\', letter});
        } else if (size == 0 || static_cast<unsigned char>(text.front()) < 0x20 ||
                   text.front() == 0x7f) {
            shown.append("\\x").append(to_hex(as_bytes(text.substr(0, 1))));
        } else {
            shown.append(text.substr(0, size));
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return shown;
}

/// Takes one escape, from behind its backslash, off `text`. False when it is none.
bool take_escape(std::string_view& text, std::string& bytes) {
    for (char const plain : {'\t', '\n', '\r', '\\'}) {
        if (text.starts_with(escape_of(plain))) {
            bytes.push_back(plain);
            text.remove_prefix(1);
            return true;
        }
    }
    auto const byte =
        text.starts_with('x') && text.size() >= 3 ? from_hex(text.substr(1, 2)) : std::nullopt;
    if (!byte) {
        return false;
    }
    bytes.append(*byte);
    text.remove_prefix(3);
    return true;
}

std::string read_escaped(std::string_view text, std::string& bytes) {
    while (!text.empty()) {
        auto const plain = std::min(text.find('\\'), text.size());
        bytes.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) {
            break;
        }
        text.remove_prefix(1);
        if (!take_escape(text, bytes)) {
            return "\"\\" + std::string(text.substr(0, 1)) +
                   "\" is none of the escapes \\t \\n \\r \\\\ \\xHH; write \\\\ for a backslash";
        }
    }
    return {};
}

std::string read_field(line_rules const& rules, std::string_view text, std::string& bytes) {
    if (rules.files && text.starts_with('@')) {
        return read_named_file(std::string(text.substr(1)), bytes);
    }
    bytes.clear();
    return rules.form == line_form::hex ? read_key(text, true, bytes) : read_escaped(text, bytes);
}

std::string read_fields(line_rules const& rules, std::string_view line, batch_entry& entry) {
    auto const tab = line.find('\t');
    if (tab != line.npos && line.find('\t', tab + 1) != line.npos) {
        return "more than one TAB; write \\t for one that belongs to a key or value";
    }
    entry.value.reset();
    auto fault = read_field(rules, line.substr(0, tab), entry.key);
    if (fault.empty() && tab != line.npos) {
        fault = read_field(rules, line.substr(tab + 1), entry.value.emplace());
    }
    return fault;
}

/// Nothing when there is no text of hexadecimal bytes under that name.
std::optional<std::string> hex_member(boost::json::object const& of, std::string_view name) {
    auto const* const found = of.if_contains(name);
    return found != nullptr && found->is_string() ? from_hex(found->get_string()) : std::nullopt;
}

std::string read_object(std::string_view line, batch_entry& entry) {
    boost::system::error_code why;
    auto const parsed = boost::json::parse(line, why);
    auto const* const object = why ? nullptr : parsed.if_object();
    if (object == nullptr) {
        return R"(not a JSON object such as {"key": "6b6579", "value": "76616c7565"})";
    }
    auto key = hex_member(*object, "key");
    if (!key) {
        return R"("key" must be a text of hexadecimal bytes)";
    }
    entry.key = std::move(*key);
    auto const* const value = object->if_contains("value");
    entry.value = hex_member(*object, "value");
    return entry.value || value == nullptr || value->is_null()
               ? ""
               : R"("value" must be a text of hexadecimal bytes, or null)";
}

}  // namespace

std::string line_of(line_form form, bytes_view key, std::optional<bytes_view> value) {
    if (form == line_form::json) {
        boost::json::object line{{"key", to_hex(key)}};
        if (value) {
            line["bytes"] = value->size();
        }
        line["value"] = value ? boost::json::value(to_hex(*value)) : boost::json::value();
        return serialize(line);
    }
    auto const shown = [form](bytes_view bytes) {
        return form == line_form::hex ? to_hex(bytes) : escaped(as_text(bytes));
    };
    return value ? shown(key) + "\t" + shown(*value) : shown(key);
}

std::string read_line(line_rules const& rules, std::string_view line, batch_entry& entry) {
    return rules.form == line_form::json ? read_object(line, entry)
                                         : read_fields(rules, line, entry);
}

}  // namespace trunkline::cli
