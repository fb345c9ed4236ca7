// Makes, plays, checks and judges histories (README.md):
//   make SEED COUNT                             a script, on standard output
//   play SCRIPT ALIGNMENT FOLDER FIRST LAST     parts FIRST to LAST of each on our store; adds a
//                                               line per call to FOLDER/results
//   check SCRIPT ALIGNMENT FOLDER               our store opens each file and finds what it should
//   judge SCRIPT ALIGNMENT WRITERS=FOLDER...    the bytes of each file and the outcome of each call
//                                               are those of the plain models; WRITERS has one
//                                               letter per part, the last for those that follow:
//                                               o for ours, p for the published store
#include <interop/history_maker.hpp>
#include <interop/history_player.hpp>
#include <trunkline/store/digest.hpp>

#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <stdexcept>

namespace trunkline::interop {
namespace {

namespace fs = std::filesystem;

/// Tells which history failed and stops.
class mismatch : public std::runtime_error {
public:
    mismatch(history const& one, std::string const& what)
        : std::runtime_error(what + "\n" + to_text(one)) {}
};

std::string read_text(fs::path const& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return {std::istreambuf_iterator<char>(in), {}};
}

void play_all(std::vector<history> const& histories, std::uint32_t alignment,
              fs::path const& folder, std::size_t first, std::size_t last) {
    std::ofstream results(folder / "results", std::ios::app);
    for (auto const& each : histories) {
        for (auto part = first; part <= last && part < each.parts.size(); ++part) {
            auto stores = open_pair(folder, each, alignment);
            for (std::size_t at = 0; at < each.parts[part].size(); ++at) {
                results << each.number << ' ' << part << ' ' << at << ' '
                        << to_text(play(stores, each.parts[part][at])) << '\n';
            }
        }
    }
    if (!results.flush()) {
        throw std::runtime_error("cannot write the results");
    }
}

/// A history as it ends when ours writes all of it.
plain_pair outcome_of(history const& one, std::uint32_t alignment) {
    plain_pair made(alignment);
    for (auto const& part : one.parts) {
        made.begin_part({});
        for (auto const& each : part) {
            (void)made.play(each);
        }
    }
    return made;
}

void check_store(history const& one, store::store const& opened,
                 replay::plain_store const& expected) {
    auto entries = opened.entries();
    auto const live = expected.live();
    std::set<std::uint64_t> hashes;
    for (auto const& each : live) {
        auto const found = entries.next();
        if (!found || found->key_hash() != each.key_hash || !(*found == bytes_view(each.payload)) ||
            !found->has_right_checksum()) {
            throw mismatch(one, "another entry, or a damaged one, in the order of entries");
        }
        hashes.insert(each.key_hash);
    }
    if (entries.next() || opened.size() != live.size() || opened.empty() != live.empty()) {
        throw mismatch(one, "another number of keys");
    }
    for (auto const& part : one.parts) {
        for (auto const& each : part) {
            for (auto const& [key, value] : each.entries) {
                auto const found = opened.read(key);
                bool const there = hashes.contains(store::hash_key(key));
                if (found.has_value() != there || opened.exists(key) != there) {
                    throw mismatch(one, "a key is there that is deleted, or not there");
                }
            }
        }
    }
}

void check_all(std::vector<history> const& histories, std::uint32_t alignment,
               fs::path const& folder) {
    for (auto const& each : histories) {
        auto const expected = outcome_of(each, alignment);
        auto const stores = open_pair(folder, each, alignment);
        for (std::size_t const store : {0, 1}) {
            check_store(each, *stores[store], expected.of(store));
        }
    }
}

/// The lines of FOLDER/results: outcome by history, part and call.
std::map<std::string, std::string> results_of(fs::path const& folder) {
    std::map<std::string, std::string> found;
    std::ifstream in(folder / "results");
    for (std::string line; std::getline(in, line);) {
        std::size_t space = 0;
        for (int word = 0; word < 3; ++word) {
            space = line.find(' ', space) + 1;
        }
        found[line.substr(0, space)] = line.substr(space);
    }
    return found;
}

bool same(outcome const& expected, std::string const& got) {
    auto const text = to_text(expected);
    return expected.error.starts_with("Key not found") ? got.starts_with(text) : got == text;
}

/// Returns how many files differ from those that ours alone would have written.
std::size_t judge(std::vector<history> const& histories, std::uint32_t alignment,
                  std::string const& writers, fs::path const& folder) {
    auto const results = results_of(folder);
    std::size_t by_rule = 0;
    for (auto const& each : histories) {
        plain_pair expected(alignment);
        for (std::size_t part = 0; part < each.parts.size(); ++part) {
            bool const ours = writers.at(std::min(part, writers.size() - 1)) == 'o';
            expected.begin_part({.deleted_keys_are_absent = ours});
            for (std::size_t at = 0; at < each.parts[part].size(); ++at) {
                auto const name = std::to_string(each.number) + " " + std::to_string(part) + " " +
                                  std::to_string(at) + " ";
                auto const wanted = expected.play(each.parts[part][at]);
                auto const got = results.find(name);
                if (got == results.end() || !same(wanted, got->second)) {
                    throw mismatch(each, folder.string() + ": call " + name + "should give " +
                                             to_text(wanted) + " and gave " +
                                             (got == results.end() ? "nothing" : got->second));
                }
            }
        }
        auto const plain = outcome_of(each, alignment);
        for (std::size_t const store : {0, 1}) {
            auto const path = path_of(folder, each, store);
            auto const bytes = read_text(path);
            if (as_text(expected.of(store).bytes()) != bytes) {
                throw mismatch(each, path.string() + ": other bytes than expected");
            }
            by_rule += as_text(plain.of(store).bytes()) != bytes ? 1 : 0;
        }
    }
    return by_rule;
}

int run(std::span<std::string const> words) {
    if (words.size() == 3 && words[0] == "make") {
        for (auto const& each : make_histories(std::stoull(words[1]), std::stoull(words[2]))) {
            std::cout << to_text(each);
        }
        return 0;
    }
    if (words.size() < 4) {
        throw std::invalid_argument("make, play, check or judge, see the source");
    }
    auto const histories = histories_of(read_text(words[1]));
    auto const alignment = static_cast<std::uint32_t>(std::stoul(words[2]));
    if (words[0] == "play") {
        play_all(histories, alignment, words[3], std::stoull(words[4]), std::stoull(words[5]));
    } else if (words[0] == "check") {
        check_all(histories, alignment, words[3]);
    } else if (words[0] == "judge") {
        for (auto const& each : words.subspan(3)) {
            auto const at = each.find('=');
            auto const writers = each.substr(0, at);
            auto const by_rule = judge(histories, alignment, writers, each.substr(at + 1));
            std::cout << writers << ' ' << by_rule << '\n';
        }
    } else {
        throw std::invalid_argument("no such word: " + words[0]);
    }
    return 0;
}

}  // namespace
}  // namespace trunkline::interop

int main(int count, char** arguments) {
    try {
        std::vector<std::string> const words(arguments + 1, arguments + count);
        return trunkline::interop::run(words);
    } catch (std::exception const& error) {
        std::cerr << "histories: " << error.what() << '\n';
        return 1;
    }
}
