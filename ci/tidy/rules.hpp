// The rules of the house as functions: each looks at a whole tree and names every place that breaks
// it. CONTRIBUTING.md is the page for people.
#pragma once

#include "tree.hpp"

#include <functional>
#include <string>
#include <vector>

namespace tidy {

using complaints = std::vector<std::string>;

struct rule {
    std::string name;      ///< as the test is called
    std::string sentence;  ///< what has to be so
    std::function<complaints(tree const&)> check;
    std::vector<file> bad_example;  ///< a tree that breaks this rule
};

/// Lines, names and words of single files.
[[nodiscard]] std::vector<rule> text_rules();

/// Who may include whom.
[[nodiscard]] std::vector<rule> include_rules();

/// Build files against the files that lie beside them.
[[nodiscard]] std::vector<rule> build_rules();

/// Pages and what has to stand beside what.
[[nodiscard]] std::vector<rule> document_rules();

}  // namespace tidy
