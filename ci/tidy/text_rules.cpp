#include "rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>
#include <utility>

namespace tidy {

namespace {

std::string place(file const& in, std::size_t line) {
    return in.path + ":" + std::to_string(line + 1);
}

/// Calls `check(file, line)` for every line of the files that `wanted` picks; true is a complaint.
template <class Wanted, class Check>
complaints each_line(tree const& all, Wanted wanted, Check check) {
    complaints found;
    for (auto const& in : all.files()) {
        if (!wanted(in)) {
            continue;
        }
        auto const lines = in.lines();
        for (std::size_t at = 0; at < lines.size(); ++at) {
            if (check(lines[at])) {
                found.push_back(place(in, at));
            }
        }
    }
    return found;
}

using words = std::initializer_list<std::string_view>;

bool has_any(std::string_view line, words wanted) {
    return std::ranges::any_of(wanted, [&](auto word) { return line.find(word) != line.npos; });
}

/// A lock file is written by its package manager, which names where it got the packages.
bool is_ours(file const& in) {
    return !in.ends_with(".lock");
}
bool is_cpp(file const& in) {
    return in.is_cpp();
}
bool is_code(file const& in) {
    return in.is_cpp() || in.is_script();
}

/// Columns, not bytes: the bytes that continue a UTF-8 character do not count.
std::size_t columns(std::string_view line) {
    return static_cast<std::size_t>(std::ranges::count_if(
        line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

complaints long_lines(tree const& all) {
    return each_line(all, is_code, [](std::string_view line) {
        // An address cannot be broken.
        return columns(line) > 100 && line.find("://") == std::string_view::npos;
    });
}

bool is_no_table(file const& in) {
    return !in.ends_with(".txt");
}

complaints loose_space(tree const& all) {
    return each_line(all, is_no_table, [](std::string_view line) {
        return line.find_first_of("\t\r") != std::string_view::npos || line.ends_with(' ');
    });
}

complaints end_of_file(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (!in.text.empty() && (!in.text.ends_with('\n') || in.text.ends_with("\n\n"))) {
            found.push_back(in.path);
        }
    }
    return found;
}

complaints header_openings(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (!in.ends_with(".hpp")) {
            continue;
        }
        auto const lines = in.lines();
        auto const first = std::ranges::find_if_not(
            lines, [](std::string_view line) { return line.starts_with("//"); });
        auto const comment = first - lines.begin();
        if (comment < 1 || comment > 30 || first == lines.end() || *first != "#pragma once") {
            found.push_back(in.path);
        }
    }
    return found;
}

complaints long_files(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        std::size_t const most = in.is_test() ? 900 : 500;
        if (in.is_cpp() && in.lines().size() > most) {
            found.push_back(in.path + ": " + std::to_string(in.lines().size()) + " lines");
        }
    }
    return found;
}

complaints file_names(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (in.is_cpp() && !std::ranges::all_of(in.stem(), [](unsigned char c) {
                return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
            })) {
            found.push_back(in.path);
        }
    }
    return found;
}

complaints kindless_todos(tree const& all) {
    constexpr std::string_view word =
        "TO"
        "DO";
    return each_line(all, is_code, [word](std::string_view line) {
        auto const at = line.find(word);
        return at != std::string_view::npos && !line.substr(at + word.size()).starts_with('(');
    });
}

// The words below are cut in two so that this file does not find itself.

/// A wait until a point in time may make a timer overdue; a wait for a while only ever hopes.
complaints waiting_by_sleep(tree const& all) {
    return each_line(all, is_cpp, [](std::string_view line) {
        return has_any(line, {"sleep"
                              "_for(",
                              "us"
                              "leep(",
                              "nano"
                              "sleep("});
    });
}

complaints tests_that_cannot_fail(tree const& all) {
    return each_line(all, is_cpp, [](std::string_view line) {
        return has_any(line, {"DIS"
                              "ABLED_",
                              "SUC"
                              "CEED()",
                              "_TRUE("
                              "true)",
                              "_FALSE("
                              "false)"});
    });
}

complaints foreign_places(tree const& all) {
    return each_line(all, is_ours, [](std::string_view line) {
        return has_any(line, {"/ro"
                              "ot/",
                              "/ho"
                              "me/",
                              "/tmp"
                              "/w/",
                              "/wo"
                              "rk/",
                              "crates"
                              ".io",
                              "pypi"
                              ".org",
                              "deb."
                              "debian"});
    });
}

complaints careless_code(tree const& all) {
    return each_line(all, is_cpp, [](std::string_view line) {
        return has_any(line, {"["
                              "=]",
                              "["
                              "=,",
                              "using "
                              "namespace std;",
                              "std::end"
                              "l"});
    });
}

complaints namespaces_poured_out(tree const& all) {
    return each_line(
        all, [](file const& in) { return in.ends_with(".hpp"); },
        [](std::string_view line) { return line.starts_with("using namespace"); });
}

std::vector<rule> rules_of_form() {
    std::string const wide(101, 'x');
    std::string tall;
    for (int line = 0; line < 501; ++line) {
        tall += "x\n";
    }
    return {
        {"line_length", "Code fits into 100 columns.", long_lines, {{"a.cpp", wide + "\n"}}},
        {"loose_space",
         "No tabs, no carriage returns, no space before the end of a line.",
         loose_space,
         {{"a.md", "word \n"}}},
        {"end_of_file", "A file ends with one newline.", end_of_file, {{"a.md", "word\n\n"}}},
        {"header_opening",
         "A header begins with a comment that says what it is, then #pragma once.",
         header_openings,
         {{"a.hpp", "#pragma once\n"}}},
        {"file_length",
         "A file has at most 500 lines, a test at most 900.",
         long_files,
         {{"a.cpp", tall}}},
        {"file_name", "C++ files are named in snake_case.", file_names, {{"core/Store.cpp", ""}}},
    };
}

std::vector<rule> rules_of_words() {
    return {
        {"todo_kind",
         "Work left for later names its kind in brackets.",
         kindless_todos,
         {{"a.cpp",
           "// TO"
           "DO: later\n"}}},
        {"no_sleep",
         "Nothing waits by sleeping; wait for the event, with a deadline.",
         waiting_by_sleep,
         {{"a_test.cpp",
           "std::this_thread::sleep"
           "_for(1s);\n"}}},
        {"can_fail",
         "No test is switched off or passes by itself.",
         tests_that_cannot_fail,
         {{"a_test.cpp",
           "TEST(a, DIS"
           "ABLED_b) {}\n"}}},
        {"own_places",
         "No file names a folder of somebody's machine or a package registry.",
         foreign_places,
         {{"a.md",
           "see /ho"
           "me/me/notes\n"}}},
        {"careful_code",
         "Lambdas list what they capture; no using of namespace std; newline as '\\n'.",
         careless_code,
         {{"a.cpp",
           "auto f = ["
           "=] {};\n"}}},
        {"header_namespaces",
         "A header pours no namespace into its user.",
         namespaces_poured_out,
         {{"a.hpp", "// A.\n#pragma once\nusing namespace b;\n"}}},
    };
}

}  // namespace

std::vector<rule> text_rules() {
    std::vector<rule> all = rules_of_form();
    std::ranges::move(rules_of_words(), std::back_inserter(all));
    return all;
}

}  // namespace tidy
