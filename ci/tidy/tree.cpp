#include "tree.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace tidy {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view data_folders[] = {"build", ".git", "vectors", "corpus", "evidence"};

std::string contents(fs::path const& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_data_folder(fs::path const& path) {
    return std::ranges::find(data_folders, path.filename().string()) != std::end(data_folders);
}

}  // namespace

std::string_view file::name() const {
    return std::string_view(path).substr(path.rfind('/') + 1);
}

std::string_view file::folder() const {
    auto const slash = path.rfind('/');
    return slash == std::string::npos ? std::string_view()
                                      : std::string_view(path).substr(0, slash);
}

std::string_view file::stem() const {
    return name().substr(0, name().rfind('.'));
}

bool file::is_test() const {
    return ends_with("_test.cpp") || ends_with("_prop.cpp") ||
           (ends_with(".hpp") && (stem().starts_with("test_") || stem().ends_with("testing") ||
                                  stem().ends_with("_rules")));
}

bool file::is_script() const {
    return ends_with(".py") || text.starts_with("#!");
}

std::vector<std::string_view> file::lines() const {
    std::vector<std::string_view> found;
    std::string_view rest = text;
    while (!rest.empty()) {
        auto const end = rest.find('\n');
        found.push_back(rest.substr(0, end));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return found;
}

std::vector<std::string_view> file::includes() const {
    std::vector<std::string_view> found;
    for (auto line : lines()) {
        if (line.starts_with("#include <") && line.find('>') != std::string_view::npos) {
            found.push_back(line.substr(10, line.find('>') - 10));
        }
    }
    return found;
}

tree::tree(std::vector<file> files) : files_(std::move(files)) {
    std::ranges::sort(files_, {}, &file::path);
}

tree tree::read(fs::path const& root) {
    std::vector<file> files;
    fs::recursive_directory_iterator at(root);
    for (; at != fs::recursive_directory_iterator(); ++at) {
        if (at->is_directory() && is_data_folder(at->path())) {
            at.disable_recursion_pending();
        } else if (at->is_regular_file()) {
            auto text = contents(at->path());
            if (text.find('\0') == std::string::npos) {
                files.push_back(
                    {at->path().lexically_relative(root).generic_string(), std::move(text)});
            }
        }
    }
    return tree(std::move(files));
}

file const* tree::find(std::string_view path) const {
    auto const found = std::ranges::lower_bound(files_, path, {}, &file::path);
    return found != files_.end() && found->path == path ? &*found : nullptr;
}

bool tree::has_folder(std::string_view folder) const {
    auto const below = std::string(folder) + "/";
    auto const found = std::ranges::lower_bound(files_, below, {}, &file::path);
    return found != files_.end() && found->path.starts_with(below);
}

}  // namespace tidy
