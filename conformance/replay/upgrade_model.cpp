#include <replay/upgrade_model.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>

namespace trunkline::replay {
namespace {

struct field {
    std::string_view name;
    std::string_view value;
};

bool same_word(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](unsigned char a, unsigned char b) {
        return std::tolower(a) == std::tolower(b);
    });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

std::string_view take_line(std::string_view& head) {
    std::size_t const end = std::min(head.find("\r\n"), head.size());
    std::string_view const line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    return line;
}

std::vector<field> fields_of(std::string_view head) {
    std::vector<field> fields;
    (void)take_line(head);
    while (!head.empty()) {
        std::string_view const line = take_line(head);
        std::size_t const colon = line.find(':');
        if (colon != std::string_view::npos) {
            fields.push_back({line.substr(0, colon), trimmed(line.substr(colon + 1))});
        }
    }
    return fields;
}

std::size_t count_of(std::vector<field> const& fields, std::string_view name) {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields, [&](field const& each) { return same_word(each.name, name); }));
}

bool lists(std::string_view value, std::string_view word) {
    while (!value.empty()) {
        std::size_t const comma = std::min(value.find(','), value.size());
        if (same_word(trimmed(value.substr(0, comma)), word)) {
            return true;
        }
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    return false;
}

/// Base64 of exactly 16 bytes: 22 digits, the last with four unused bits of zero, and two pads.
bool is_key(std::string_view value) {
    auto const digit = [](unsigned char each) {
        return std::isalnum(each) != 0 || each == '+' || each == '/';
    };
    return value.size() == 24 && value.ends_with("==") &&
           std::all_of(value.begin(), value.begin() + 22, digit) &&
           std::string_view("AQgw").find(value[21]) != std::string_view::npos;
}

}  // namespace

std::string_view field_of(std::string_view head, std::string_view name) {
    for (field const& each : fields_of(head)) {
        if (same_word(each.name, name)) {
            return each.value;
        }
    }
    return {};
}

int status_of(std::string_view response) {
    std::size_t const space = std::min(response.find(' ') + 1, response.size());
    int status = 0;
    std::from_chars(response.data() + space, response.data() + response.size(), status);
    return status;
}

std::vector<int> allowed_statuses(std::string_view request) {
    auto const fields = fields_of(request);
    std::string_view rest = request;
    std::string_view const line = take_line(rest);
    std::string_view const method = line.substr(0, line.find(' '));
    std::string_view const version = line.substr(line.rfind(' ') + 1);
    std::string_view target = line.substr(std::min(method.size() + 1, line.size()));
    target = target.substr(0, target.find(' '));
    if (version != "HTTP/1.1") {
        return {400, 426, 505};
    }
    if (target.substr(0, target.find('?')) != "/ws") {
        return {404};
    }
    if (method != "GET") {
        return {405};
    }
    if (!lists(field_of(request, "Connection"), "upgrade") ||
        !lists(field_of(request, "Upgrade"), "websocket") ||
        count_of(fields, "Sec-WebSocket-Version") != 1 ||
        field_of(request, "Sec-WebSocket-Version") != "13") {
        return {400, 426};
    }
    if (count_of(fields, "Host") != 1 || count_of(fields, "Sec-WebSocket-Key") != 1 ||
        !is_key(field_of(request, "Sec-WebSocket-Key")) ||
        count_of(fields, "Transfer-Encoding") != 0) {
        return {400, 411, 501};
    }
    bool const body =
        count_of(fields, "Content-Length") > 1 ||
        (count_of(fields, "Content-Length") == 1 && field_of(request, "Content-Length") != "0");
    return body ? std::vector{400, 413} : std::vector{101};
}

}  // namespace trunkline::replay
