#include "rules.hpp"

#include <algorithm>
#include <cctype>

namespace tidy {

namespace {

complaints readme_size(tree const& all) {
    auto const* readme = all.find("README.md");
    if (readme == nullptr) {
        return {"README.md is missing"};
    }
    auto const lines = readme->lines().size();
    if (lines < 60 || lines > 150) {
        return {"README.md has " + std::to_string(lines) + " lines"};
    }
    return {};
}

complaints pages_without_test(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (in.name() == "FORMAT.md" &&
            all.find(std::string(in.folder()) + "/format_test.cpp") == nullptr) {
            found.push_back(in.path);
        }
    }
    return found;
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
    return lower;
}

std::string_view first_word(std::string_view stem) {
    return stem.substr(0, stem.find('_'));
}

/// x_test.cpp tests x.hpp, x.cpp or the page X.md; also the family x_*.hpp, and x_y_test.cpp tests
/// an aspect of x.hpp or of its family.
bool is_subject(file const& other, std::string_view test_stem) {
    return !other.is_test() && first_word(in_lower_case(other.stem())) == first_word(test_stem);
}

/// In the same folder, or in another folder of the same room: a transport is tested by the tests of
/// what stands on it too.
bool is_beside(file const& other, file const& in) {
    return other.path.substr(0, other.path.find('/')) == in.path.substr(0, in.path.find('/'));
}

/// Rooms that consist of tests are free; properties may be about their folder as a whole.
complaints tests_of_nothing(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (!in.ends_with("_test.cpp") || in.path.find("/trunkline/") == std::string::npos) {
            continue;
        }
        if (std::ranges::none_of(all.files(), [&](file const& other) {
                return is_beside(other, in) && is_subject(other, in.stem());
            })) {
            found.push_back(in.path);
        }
    }
    return found;
}

/// The targets of `[text](target)` in one page that should be files of ours.
std::vector<std::string> linked_files(file const& page) {
    std::vector<std::string> found;
    for (auto at = page.text.find("]("); at != std::string::npos;
         at = page.text.find("](", at + 2)) {
        auto const end = page.text.find(')', at);
        auto target = page.text.substr(at + 2, end - at - 2);
        target = target.substr(0, target.find('#'));
        bool const is_code = target.find(' ') != std::string::npos;  // what a lambda takes
        if (!target.empty() && !is_code && target.find("://") == std::string::npos) {
            found.push_back(std::move(target));
        }
    }
    return found;
}

complaints dead_links(tree const& all) {
    complaints found;
    for (auto const& page : all.files()) {
        if (!page.ends_with(".md")) {
            continue;
        }
        for (auto const& target : linked_files(page)) {
            auto const path =
                (std::filesystem::path(page.folder()) / target).lexically_normal().generic_string();
            auto const folder = path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
            if (all.find(path) == nullptr && !all.has_folder(folder)) {
                found.push_back(page.path + ": " + target);
            }
        }
    }
    return found;
}

complaints scripts_without_words(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        auto const lines = in.lines();
        if (in.is_script() && !in.ends_with(".py") &&
            (lines.size() < 2 || !lines[1].starts_with("# ") ||
             in.text.find("\nset -") == std::string::npos)) {
            found.push_back(in.path);
        }
    }
    return found;
}

}  // namespace

std::vector<rule> document_rules() {
    return {
        {"readme_size",
         "README.md has 60 to 150 lines.",
         readme_size,
         {{"README.md", "# short\n"}}},
        {"format_test",
         "Beside each FORMAT.md stands format_test.cpp, which holds it to the code.",
         pages_without_test,
         {{"core/trunkline/a/FORMAT.md", "# A\n"}}},
        {"test_subject",
         "A test stands beside what it tests.",
         tests_of_nothing,
         {{"core/trunkline/a/b_test.cpp", ""}}},
        {"links", "What a page links to is there.", dead_links, {{"docs/a.md", "[b](b.md)\n"}}},
        {"scripts",
         "A shell script says what it does and stops at errors.",
         scripts_without_words,
         {{"ci/a", "#!/bin/sh\necho\n"}}},
    };
}

}  // namespace tidy
