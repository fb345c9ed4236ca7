#include <trunkline/conformance/run/known_failures.hpp>

#include <trunkline/conformance/run/run_names.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace trunkline::conformance {
namespace {

using error = known_failures_error;

std::vector<std::string> words_of(std::string_view text) {
    std::istringstream from{std::string(text)};
    std::vector<std::string> words;
    for (std::string word; from >> word;) {
        words.push_back(std::move(word));
    }
    return words;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    auto const begin = text.find_first_not_of(blank);
    if (begin == text.npos) {
        return {};
    }
    return std::string(text.substr(begin, text.find_last_not_of(blank) + 1 - begin));
}

struct wrong_word {
    error why;
    std::string word = {};
};

// What one line says: an entry without its place.
boost::system::result<known_failure, wrong_word> parse(std::string_view line,
                                                       std::span<rule const> rules,
                                                       std::span<subject const> subjects) {
    auto const mark = std::min(line.find('#'), line.size());
    auto const words = words_of(line.substr(0, mark));
    if (words.size() < 2) {
        return wrong_word{error::missing_fields};
    }
    if (words.size() > 3) {
        return wrong_word{error::extra_field, words[3]};
    }
    if (std::ranges::find(rules, words[0], &rule::id) == rules.end()) {
        return wrong_word{error::unknown_rule, words[0]};
    }
    if (std::ranges::find(subjects, words[1], &subject::name) == subjects.end()) {
        return wrong_word{error::unknown_transport, words[1]};
    }
    known_failure entry;
    entry.rule = words[0];
    entry.transport = words[1];
    if (words.size() == 3) {
        entry.shape = shape_named(words[2]);
        if (!entry.shape) {
            return wrong_word{error::unknown_shape, words[2]};
        }
    }
    entry.reason = mark == line.size() ? std::string() : trimmed(line.substr(mark + 1));
    if (entry.reason.empty()) {
        return wrong_word{error::no_reason};
    }
    return entry;
}

}  // namespace

std::string text_of(known_failure const& entry) {
    std::string text = entry.rule + " " + entry.transport;
    if (entry.shape) {
        text += std::string(" ") + transport::name_of(*entry.shape);
    }
    return text;
}

std::string known_failures_fault::message() const {
    std::string text = file + ":" + (line > 0 ? std::to_string(line) + ": " : " ");
    switch (why) {
        case error::unreadable:
            return text + "cannot be read: " + word;
        case error::missing_fields:
            return text + "a rule and a transport are wanted: RULE TRANSPORT [SHAPE]  # reason";
        case error::extra_field:
            return text + "\"" + word + "\" is too much: RULE TRANSPORT [SHAPE]  # reason";
        case error::no_reason:
            return text + "the reason is missing, behind a #";
        case error::unknown_rule:
            return text + "there is no rule " + word;
        case error::unknown_transport:
            return text + "there is no transport " + word;
        case error::unknown_shape:
            return text + "there is no shape " + word;
        case error::repeated:
            return text + "\"" + word + "\" stands in an earlier line";
    }
    return text;
}

known_failures_result read_known_failures(std::istream& from, std::string const& file,
                                          std::span<rule const> rules,
                                          std::span<subject const> subjects) {
    std::vector<known_failure> all;
    std::size_t number = 0;
    for (std::string line; std::getline(from, line);) {
        ++number;
        std::string const text = trimmed(line);
        if (text.empty() || text.front() == '#') {
            continue;
        }
        auto entry = parse(text, rules, subjects);
        if (!entry) {
            return known_failures_fault{entry.error().why, file, number, entry.error().word};
        }
        entry->file = file;
        entry->line = number;
        if (std::ranges::find(all, text_of(*entry), &text_of) != all.end()) {
            return known_failures_fault{error::repeated, file, number, text_of(*entry)};
        }
        all.push_back(std::move(*entry));
    }
    if (from.bad()) {
        return known_failures_fault{error::unreadable, file, 0, "reading failed"};
    }
    return all;
}

known_failures_result read_known_failures(std::filesystem::path const& file,
                                          std::span<rule const> rules,
                                          std::span<subject const> subjects) {
    std::ifstream from(file);
    if (!from) {
        return known_failures_fault{error::unreadable, file.string(), 0, "it cannot be opened"};
    }
    return read_known_failures(from, file.string(), rules, subjects);
}

}  // namespace trunkline::conformance
