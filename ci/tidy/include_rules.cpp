#include "rules.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tidy {

namespace {

using names = std::set<std::string_view>;

/// core/trunkline/frame/header.hpp lies in core, fuzz/x.cpp in fuzz.
std::string_view room_of(std::string_view path) {
    return path.substr(0, path.find('/'));
}

/// trunkline/frame/header.hpp belongs to frame; the room before it does not matter.
std::string_view module_of(std::string_view path) {
    auto const at = path.find("trunkline/");
    if (at == path.npos) {
        return {};
    }
    path.remove_prefix(at + 10);
    auto const end = path.find('/');
    return end == path.npos ? std::string_view() : path.substr(0, end);
}

/// What production code of each module may include, besides itself.
std::map<std::string_view, names> const arrows{
    {"base", {}},
    {"frame", {"base"}},
    {"flow", {"base"}},
    {"bitcode", {"base"}},
    {"store", {"base"}},
    {"rpc", {"base", "frame", "flow"}},
    {"typed", {"base", "frame", "flow", "rpc", "bitcode"}},
    {"typed", {"base", "frame", "flow", "rpc", "bitcode"}},
    {"transport", {"base", "frame", "flow", "rpc"}},
    {"memory", {"base", "frame", "flow", "rpc", "transport"}},
    {"tcp", {"base", "frame", "flow", "rpc", "transport"}},
    {"unix_socket", {"base", "frame", "flow", "rpc", "transport"}},
    {"tls", {"base", "frame", "flow", "rpc", "transport"}},
    {"websocket", {"base", "frame", "flow", "rpc", "transport"}},
    {"conformance", {"base", "frame", "flow", "rpc", "transport"}},
};

/// Which rooms the files of a room may include: tests of a room may use all of it.
std::map<std::string_view, names> const rooms{
    {"core", {"core"}},
    {"transports", {"core", "transports"}},
    {"conformance", {"core", "transports", "conformance", "server"}},
    {"server", {"core", "transports", "server"}},
};

/// Where `<trunkline/...>` lies; empty when it does not exist.
std::string_view room_of_include(tree const& all, std::string_view include) {
    for (auto const& [room, _] : rooms) {
        if (all.find(std::string(room) + "/" + std::string(include)) != nullptr) {
            return room;
        }
    }
    return {};
}

bool may_include(file const& from, std::string_view room, std::string_view module) {
    auto const allowed = rooms.find(room_of(from.path));
    if (allowed == rooms.end()) {
        return true;  // fuzz, bench, examples and ci use what they need
    }
    auto const own = module_of(from.path);
    auto const arrow = arrows.find(own);
    return allowed->second.contains(room) &&
           (from.is_test() || own == module || arrow == arrows.end() ||
            arrow->second.contains(module));
}

complaints wrong_arrows(tree const& all) {
    complaints found;
    for (auto const& from : all.files()) {
        if (!from.is_cpp()) {
            continue;
        }
        for (auto include : from.includes()) {
            if (!include.starts_with("trunkline/")) {
                continue;
            }
            auto const room = room_of_include(all, include);
            if (room.empty()) {
                found.push_back(from.path + ": no such header: " + std::string(include));
            } else if (!may_include(from, room, module_of(include))) {
                found.push_back(from.path + ": " + std::string(include));
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
names const every_room{"core", "transports", "server", "conformance"};

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
    {"CLI/", {"server"}, {"server"}},
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
    return {
        {"arrows",
         "Arrows point down: each module includes only what the table in ARCHITECTURE.md allows.",
         wrong_arrows,
         {{"core/trunkline/rpc/a.hpp", ""},
          {"core/trunkline/frame/b.cpp", "#include <trunkline/rpc/a.hpp>\n"}}},
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
