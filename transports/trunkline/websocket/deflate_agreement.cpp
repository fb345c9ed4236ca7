#include <trunkline/websocket/deflate_agreement.hpp>

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace trunkline::websocket {

namespace {

using boost::beast::iequals;

constexpr std::string_view extension_name = "permessage-deflate";
constexpr std::uint8_t window_bits_most = 15;

struct parameter {
    std::string name;
    std::optional<std::string> value;
};

struct extension {
    std::string name;
    std::vector<parameter> parameters;
};

bool is_token_letter(char letter) noexcept {
    return letter > ' ' && letter < 0x7f &&
           std::string_view("()<>@,;:\\\"/[]?={}").find(letter) == std::string_view::npos;
}

/// Reads the list of RFC 6455 section 9.1 from front to end.
class extension_reader {
public:
    explicit extension_reader(std::string_view text) : rest_(text) {}

    std::optional<std::vector<extension>> read() {
        std::vector<extension> found;
        for (;;) {
            while (take(',')) {  // an element of a list may be empty
            }
            if (rest_.empty()) {
                return found;
            }
            auto next = read_extension();
            if (!next || (!rest_.empty() && rest_.front() != ',')) {
                return std::nullopt;
            }
            found.push_back(std::move(*next));
        }
    }

private:
    void skip_blanks() {
        rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
    }

    bool take(char letter) {
        skip_blanks();
        if (rest_.empty() || rest_.front() != letter) {
            return false;
        }
        rest_.remove_prefix(1);
        skip_blanks();
        return true;
    }

    std::string read_token() {
        auto const end = std::find_if_not(rest_.begin(), rest_.end(), is_token_letter);
        std::string const token(rest_.begin(), end);
        rest_.remove_prefix(token.size());
        skip_blanks();
        return token;
    }

    // What is quoted is a token, too. Empty when it is not.
    std::string read_quoted() {
        std::string token;
        while (!rest_.empty() && rest_.front() != '"') {
            if (rest_.front() == '\\') {
                rest_.remove_prefix(1);
            }
            if (rest_.empty() || !is_token_letter(rest_.front())) {
                return {};
            }
            token += rest_.front();
            rest_.remove_prefix(1);
        }
        return take('"') ? token : std::string();
    }

    std::optional<extension> read_extension() {
        extension made{.name = read_token(), .parameters = {}};
        if (made.name.empty()) {
            return std::nullopt;
        }
        while (take(';')) {
            parameter& one = made.parameters.emplace_back(parameter{read_token(), std::nullopt});
            if (one.name.empty()) {
                return std::nullopt;
            }
            if (take('=')) {
                one.value = take_quote() ? read_quoted() : read_token();
                if (one.value->empty()) {
                    return std::nullopt;
                }
            }
        }
        return made;
    }

    // Blanks behind a quote belong to what is quoted.
    bool take_quote() {
        bool const found = rest_.starts_with('"');
        rest_.remove_prefix(found ? 1 : 0);
        return found;
    }

    std::string_view rest_;
};

/// 8 to 15 in decimal without leading zeros, or 0.
std::uint8_t window_bits_of(std::optional<std::string> const& value) {
    for (unsigned bits = 8; bits <= window_bits_most; ++bits) {
        if (value == std::to_string(bits)) {
            return static_cast<std::uint8_t>(bits);
        }
    }
    return 0;
}

/// The four parameters that there are. The numbers: 0 when not given or without a value.
struct deflate_parameters {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    bool has_server_bits = false;
    bool has_client_bits = false;
    std::uint8_t server_bits = 0;
    std::uint8_t client_bits = 0;
};

bool take_flag(parameter const& one, bool& flag) {
    return !one.value && !std::exchange(flag, true);
}

bool take_bits(parameter const& one, bool& given, std::uint8_t& bits) {
    bits = window_bits_of(one.value);
    return !std::exchange(given, true) && (!one.value || bits != 0);
}

/// Empty where one is unknown, wrong or given twice.
std::optional<deflate_parameters> parameters_of(extension const& of) {
    deflate_parameters found;
    bool sound = true;
    for (parameter const& one : of.parameters) {
        if (iequals(one.name, "server_no_context_takeover")) {
            sound = sound && take_flag(one, found.server_no_context_takeover);
        } else if (iequals(one.name, "client_no_context_takeover")) {
            sound = sound && take_flag(one, found.client_no_context_takeover);
        } else if (iequals(one.name, "server_max_window_bits")) {
            sound = sound && one.value && take_bits(one, found.has_server_bits, found.server_bits);
        } else if (iequals(one.name, "client_max_window_bits")) {
            sound = sound && take_bits(one, found.has_client_bits, found.client_bits);
        } else {
            sound = false;
        }
    }
    return sound ? std::optional(found) : std::nullopt;
}

}  // namespace

std::optional<deflate_choice> choose_deflate(std::string_view offers) {
    auto const listed = extension_reader(offers).read();
    if (!listed) {
        return std::nullopt;
    }
    deflate_choice made;
    for (extension const& each : *listed) {
        auto const wanted = iequals(each.name, extension_name) ? parameters_of(each) : std::nullopt;
        if (wanted) {
            // What neither side asks for may still be said (sections 7.1.1.1 and 7.1.1.2).
            made.answer = deflate_offer;
            made.agreed.window_bits = window_bits_most;
            if (wanted->has_server_bits) {
                made.agreed.window_bits = wanted->server_bits;
                made.answer += "; server_max_window_bits=" + std::to_string(wanted->server_bits);
            }
            return made;
        }
    }
    return made;
}

std::optional<deflate_agreement> read_deflate_answer(std::string_view answer) {
    auto const listed = extension_reader(answer).read();
    if (!listed || listed->size() != 1 || !iequals(listed->front().name, extension_name)) {
        return std::nullopt;
    }
    // A smaller window of the server is its own affair; one of ours was not offered.
    auto const chosen = parameters_of(listed->front());
    if (!chosen || !chosen->server_no_context_takeover || chosen->has_client_bits) {
        return std::nullopt;
    }
    return deflate_agreement{.window_bits = window_bits_most};
}

}  // namespace trunkline::websocket
