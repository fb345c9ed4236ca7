#include "rules.hpp"

#include <algorithm>
#include <cctype>
#include <set>

namespace tidy {

namespace {

bool is_word_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '/';
}

/// True when `word` stands in `text` by itself.
bool has_word(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        auto const end = at + word.size();
        if ((at == 0 || !is_word_char(text[at - 1])) &&
            (end == text.size() || !is_word_char(text[end]))) {
            return true;
        }
    }
    return false;
}

/// The build file that is responsible for `path`: the nearest one above it.
file const* build_file_of(tree const& all, std::string_view path) {
    for (auto folder = path.substr(0, path.rfind('/'));;
         folder = folder.substr(0, folder.rfind('/'))) {
        if (auto const* found = all.find(std::string(folder) + "/CMakeLists.txt")) {
            return found;
        }
        if (folder.find('/') == folder.npos) {
            return nullptr;
        }
    }
}

/// As include lines name a file: its path minus the room.
std::string_view include_path(file const& in) {
    return std::string_view(in.path).substr(in.path.find('/') + 1);
}

bool is_listed(tree const& all, file const& in) {
    auto const* build = build_file_of(all, in.path);
    if (build == nullptr) {
        return false;
    }
    bool const is_by_stem = in.folder() == "fuzz" || in.folder() == "bench";
    return has_word(build->text, in.path.substr(build->folder().size() + 1)) ||
           (is_by_stem && has_word(build->text, in.stem()));
}

/// The include paths that belong to the interface of some library: what its listed headers include,
/// and what code of another folder includes.
std::set<std::string_view> interface_of_libraries(tree const& all) {
    std::set<std::string_view> found;
    for (auto const& in : all.files()) {
        bool const is_test_room =
            in.path.starts_with("conformance/") || in.path.starts_with("fuzz/");
        if (!in.is_cpp() || in.is_test() || is_test_room) {
            continue;
        }
        bool const is_interface = in.ends_with(".hpp") && is_listed(all, in);
        auto const own = include_path(in);
        auto const folder = own.substr(0, own.rfind('/'));
        for (auto include : in.includes()) {
            if (is_interface || include.substr(0, include.rfind('/')) != folder) {
                found.insert(include);
            }
        }
    }
    return found;
}

/// A header that only sources and tests of its folder include stands in no list: nobody else sees
/// it.
bool is_private(file const& in, std::set<std::string_view> const& interface) {
    return in.ends_with(".hpp") && !interface.contains(include_path(in));
}

complaints unlisted_sources(tree const& all) {
    complaints found;
    auto const interface = interface_of_libraries(all);
    for (auto const& in : all.files()) {
        if (in.is_cpp() && in.path.find('/') != std::string::npos && !is_listed(all, in) &&
            !is_private(in, interface)) {
            found.push_back(in.path);
        }
    }
    return found;
}

complaints missing_sources(tree const& all) {
    complaints found;
    for (auto const& build : all.files()) {
        if (build.name() != "CMakeLists.txt") {
            continue;
        }
        for (auto line : build.lines()) {
            line = line.substr(0, line.find('#'));
            for (std::size_t end = 0, at = 0; at < line.size(); at = end + 1) {
                end = std::min(line.find_first_of(" ()\"", at), line.size());
                auto const word = line.substr(at, end - at);
                if ((word.ends_with(".cpp") || word.ends_with(".hpp")) &&
                    word.find('$') == word.npos && word.find('<') == word.npos &&
                    all.find(std::string(build.folder()) + "/" + std::string(word)) == nullptr) {
                    found.push_back(build.path + ": " + std::string(word));
                }
            }
        }
    }
    return found;
}

complaints globbed_sources(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (in.name() == "CMakeLists.txt" && in.text.find("file(GLO"
                                                          "B") != std::string::npos) {
            found.push_back(in.path);
        }
    }
    return found;
}

/// Build files may be wider than code: a source list reads best in one line.
complaints wide_lists(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (in.name() == "CMakeLists.txt" || in.ends_with(".cmake")) {
            auto const lines = in.lines();
            for (std::size_t at = 0; at < lines.size(); ++at) {
                if (lines[at].size() > 120) {
                    found.push_back(in.path + ":" + std::to_string(at + 1));
                }
            }
        }
    }
    return found;
}

complaints fuzzers_without_words(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (in.folder() == "fuzz" &&
            in.text.find("LLVMFuzzer"
                         "TestOneInput(") != std::string::npos &&
            !in.is_test() && all.find("fuzz/" + std::string(in.stem()) + ".dict") == nullptr) {
            found.push_back(in.path);
        }
    }
    return found;
}

}  // namespace

std::vector<rule> build_rules() {
    return {
        {"listed",
         "Every source and every header for others stands in the CMakeLists.txt of its folder.",
         unlisted_sources,
         {{"core/a/CMakeLists.txt", "SOURCES bb.cpp"}, {"core/a/b.cpp", ""}}},
        {"exists",
         "What a CMakeLists.txt lists is there.",
         missing_sources,
         {{"core/a/CMakeLists.txt", "trunkline_library(a SOURCES b.cpp)\n"}}},
        {"no_globs",
         "Sources are listed, not globbed.",
         globbed_sources,
         {{"core/a/CMakeLists.txt",
           "file(GLO"
           "B sources *.cpp)\n"}}},
        {"list_width",
         "Build files fit into 120 columns.",
         wide_lists,
         {{"core/CMakeLists.txt", std::string(121, 'x') + "\n"}}},
        {"fuzz_words",
         "Every fuzz target has a dictionary beside it.",
         fuzzers_without_words,
         {{"fuzz/a.cpp",
           "int LLVMFuzzer"
           "TestOneInput();\n"}}},
    };
}

}  // namespace tidy
