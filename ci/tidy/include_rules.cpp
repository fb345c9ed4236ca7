#include "rules.hpp"
#include "strata.hpp"

#include <algorithm>
#include <set>

namespace tidy {

namespace {

using names = std::set<std::string_view>;

names const every_room{"core", "transports", "server", "conformance"};

/// core/trunkline/frame/header.hpp lies in core, fuzz/x.cpp in fuzz.
std::string_view room_of(std::string_view path) {
    return path.substr(0, path.find('/'));
}

std::string why_not(tree const& all, strata const& table, file const& from,
                    std::string_view include) {
    auto const to = table.find(module_of_include(table, include));
    if (to == table.end()) {
        return ": no row for the module of ";
    }
    if (all.find(to->second.room + "/" + std::string(include)) == nullptr) {
        return ": no such header: ";
    }
    auto const own = module_of_file(from.path);
    auto const row = table.find(own);
    if (row == table.end()) {  // main.cpp
        return room_of(from.path) == to->second.room ? "" : ": ";
    }
    bool const may = from.is_test()
                         ? to->second.height <= row->second.height
                         : own == to->first || row->second.may_include.contains(to->first);
    return may ? "" : ": ";
}

/// Tests may include what lies in their own room or above it in the table.
complaints wrong_arrows(tree const& all) {
    auto const table = strata_of(all);
    complaints found;
    for (auto const& from : all.files()) {
        if (!from.is_cpp() || !every_room.contains(room_of(from.path))) {
            continue;  // fuzz, bench, examples and ci use what they need
        }
        for (auto include : from.includes()) {
            if (module_of_include(table, include).empty()) {
                continue;
            }
            if (auto const why = why_not(all, table, from, include); !why.empty()) {
                found.push_back(from.path + why + std::string(include));
            }
        }
    }
    return found;
}

complaints rows_and_folders_that_differ(tree const& all) {
    auto const table = strata_of(all);
    complaints found;
    for (auto const& [module, row] : table) {
        if (!all.has_folder(row.room + "/trunkline/" + module) &&
            !all.has_folder(row.room + "/" + module)) {
            found.push_back("no folder for the row of " + module);
        }
        for (auto const& below : row.may_include) {
            if (!table.contains(below)) {
                found.push_back("no row for " + below + ", which " + module + " may include");
            }
        }
    }
    std::set<std::string> told;
    for (auto const& each : all.files()) {
        auto const module = module_of_file(each.path);
        if (each.is_cpp() && every_room.contains(room_of(each.path)) && !module.empty()) {
            auto const row = table.find(module);
            if ((row == table.end() || row->second.room != room_of(each.path)) &&
                told.emplace(module).second) {
                found.push_back("no row for the folder of " + each.path);
            }
        }
    }
    return found;
}

/// A library or system header that belongs to some rooms only. A name with a slash at its end means
/// all below it.
struct fence {
    std::string_view header;
    names production;  ///< rooms whose code may include it
    names tests;       ///< rooms whose tests may
};

names const networked{"transports", "server", "conformance"};

std::vector<fence> const fences{
    {"boost/asio/", networked, networked},
    {"boost/asio.hpp", networked, networked},
    {"boost/beast/", networked, networked},
    {"boost/beast.hpp", networked, networked},
    {"openssl/", networked, networked},
    {"netinet/", networked, networked},
    {"sys/socket.h", networked, networked},
    {"sys/epoll.h", networked, networked},
    {"thread", networked, every_room},
    {"spdlog/", {"server"}, {"server"}},
    {"toml++/", {"server"}, {"server"}},
    {"CLI/", {"server", "conformance"}, {"server", "conformance"}},
    {"gtest/", {"conformance"}, every_room},
    {"gmock/", {"conformance"}, every_room},
    {"rapidcheck.h", {"conformance"}, every_room},
    {"rapidcheck/", {"conformance"}, every_room},
};

complaints climbed_fences(tree const& all) {
    complaints found;
    for (auto const& from : all.files()) {
        auto const room = room_of(from.path);
        if (!from.is_cpp() || !every_room.contains(room)) {
            continue;
        }
        for (auto include : from.includes()) {
            auto const stands = std::ranges::find_if(fences, [&](fence const& each) {
                return each.header.ends_with('/') ? include.starts_with(each.header)
                                                  : include == each.header;
            });
            if (stands != fences.end() &&
                !(from.is_test() ? stands->tests : stands->production).contains(room)) {
                found.push_back(from.path + ": " + std::string(include));
            }
        }
    }
    return found;
}

/// The header that a source or test stands beside: x.hpp for x.cpp, x_test.cpp and x_prop.cpp.
std::string own_header(file const& of) {
    auto stem = of.stem();
    if (of.is_test()) {
        stem.remove_suffix(5);
    }
    return std::string(of.folder()) + "/" + std::string(stem) + ".hpp";
}

complaints own_header_later(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        auto const header = own_header(in);
        auto const at = header.find("/trunkline/");
        if (!in.ends_with(".cpp") || at == std::string::npos || all.find(header) == nullptr) {
            continue;
        }
        auto const includes = in.includes();
        if (includes.empty() || includes.front() != std::string_view(header).substr(at + 1)) {
            found.push_back(in.path);
        }
    }
    return found;
}

complaints relative_includes(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        if (in.is_cpp() && in.path.find("/trunkline/") != std::string::npos &&
            in.text.find("\n#include \"") != std::string::npos) {
            found.push_back(in.path);
        }
    }
    return found;
}

complaints gtest_after_rapidcheck(tree const& all) {
    complaints found;
    for (auto const& in : all.files()) {
        auto const rapidcheck = in.text.find(
            "#include <rapidcheck"
            "/gtest.h>");
        if (rapidcheck != std::string::npos &&
            in.text.find("#include <gtest/gtest.h>") > rapidcheck) {
            found.push_back(in.path);
        }
    }
    return found;
}

}  // namespace

std::vector<rule> include_rules() {
    file const small_table{
        "ARCHITECTURE.md",
        "## Strata\n\n| room | module | may include | what it does |\n|---|---|\n"
        "| `core` | `frame` | | |\n| | `rpc` | frame | |\n"};
    return {
        {"arrows",
         "Arrows point down: each module includes only what the table in ARCHITECTURE.md allows.",
         wrong_arrows,
         {small_table,
          {"core/trunkline/rpc/a.hpp", ""},
          {"core/trunkline/frame/b.cpp", "#include <trunkline/rpc/a.hpp>\n"}}},
        {"strata",
         "The table in ARCHITECTURE.md has a row for each module, and no other.",
         rows_and_folders_that_differ,
         {small_table,
          {"core/trunkline/frame/a.hpp", ""},
          {"core/trunkline/rpc/a.hpp", ""},
          {"core/trunkline/flow/a.hpp", ""}}},
        {"fences",
         "Sockets, threads and libraries stay in the rooms that may know them.",
         climbed_fences,
         {{"core/trunkline/frame/a.cpp", "#include <boost/asio/buffer.hpp>\n"}}},
        {"own_header_first",
         "A source and its tests include their own header first.",
         own_header_later,
         {{"core/trunkline/base/a.hpp", ""}, {"core/trunkline/base/a.cpp", "#include <vector>\n"}}},
        {"full_include_paths",
         "Below trunkline/ headers are included by their full path.",
         relative_includes,
         {{"core/trunkline/base/a.cpp", "// A.\n#include \"a.hpp\"\n"}}},
        {"gtest_before_rapidcheck",
         "gtest is included before rapidcheck/gtest.h, which needs it.",
         gtest_after_rapidcheck,
         {{"a_prop.cpp",
           "#include <rapidcheck"
           "/gtest.h>\n"}}},
    };
}

}  // namespace tidy
