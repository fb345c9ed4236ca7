#include <trunkline/cli/key_text.hpp>

#include <trunkline/cli/hex.hpp>

#include <fstream>
#include <iterator>
#include <utility>

namespace trunkline::cli {

std::string read_key(std::string_view said, bool is_hex, std::string& key) {
    if (is_hex) {
        auto bytes = from_hex(said);
        if (!bytes) {
            return "\"" + std::string(said) + "\" is not a row of hexadecimal bytes";
        }
        key = std::move(*bytes);
        return {};
    }
    if (said.starts_with('@')) {
        return read_named_file(std::string(said.substr(1)), key);
    }
    key = said;
    return {};
}

std::string read_named_file(std::string const& name, std::string& bytes) {
    std::ifstream from(name, std::ios::binary);
    bytes.assign(std::istreambuf_iterator(from), {});
    return from.is_open() && !from.bad() ? "" : "the file \"" + name + "\" cannot be read";
}

}  // namespace trunkline::cli
