// The project's own files as text: what the house rules are checked on. Read from disk, or made up
// by a test.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tidy {

/// One text file. `path` is relative to the project, with slashes.
struct file {
    std::string path;
    std::string text;

    [[nodiscard]] std::string_view name() const;    ///< behind the last slash
    [[nodiscard]] std::string_view folder() const;  ///< before the last slash; empty at the top
    [[nodiscard]] std::string_view stem() const;    ///< the name up to its last dot
    [[nodiscard]] bool ends_with(std::string_view end) const { return path.ends_with(end); }
    [[nodiscard]] bool is_cpp() const { return ends_with(".cpp") || ends_with(".hpp"); }
    [[nodiscard]] bool is_test()
        const;  ///< x_test.cpp, x_prop.cpp; testing.hpp, test_x.hpp, x_rules.hpp
    [[nodiscard]] bool is_script() const;  ///< shell or Python
    [[nodiscard]] std::vector<std::string_view> lines() const;

    /// The headers in angle brackets, in order.
    [[nodiscard]] std::vector<std::string_view> includes() const;
};

/// Every file under a rule's eye, ordered by path.
class tree {
public:
    explicit tree(std::vector<file> files);

    /// Reads the project under `root`: its rooms, its scripts and its pages; not build folders,
    /// golden vectors or fuzz inputs.
    [[nodiscard]] static tree read(std::filesystem::path const& root);

    [[nodiscard]] std::vector<file> const& files() const { return files_; }
    [[nodiscard]] file const* find(std::string_view path) const;

    /// True when some file lies below `folder`.
    [[nodiscard]] bool has_folder(std::string_view folder) const;

private:
    std::vector<file> files_;
};

}  // namespace tidy
