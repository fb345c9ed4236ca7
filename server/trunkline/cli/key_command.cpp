#include <trunkline/cli/key_command.hpp>

#include <trunkline/cli/command_line.hpp>
#include <trunkline/cli/exit_code.hpp>
#include <trunkline/cli/file_command.hpp>
#include <trunkline/config/setting.hpp>

#include <boost/algorithm/hex.hpp>
#include <boost/json.hpp>

#include <fstream>
#include <iterator>
#include <optional>

namespace trunkline::cli {
namespace {

/// Text as it is, hexadecimal digits, or "@FILE" with the bytes. An exit code when it is neither.
std::optional<int> read_key(std::string_view said, bool is_hex, std::vector<std::byte>& key) {
    std::string bytes(said);
    if (is_hex) {
        std::string unpacked;
        try {
            boost::algorithm::unhex(bytes, std::back_inserter(unpacked));
        } catch (boost::algorithm::hex_decode_error const&) {
            return complain(exit_usage, "\"" + bytes + "\" is not a row of hexadecimal bytes");
        }
        bytes = std::move(unpacked);
    } else if (said.starts_with('@')) {
        std::ifstream from(bytes.substr(1), std::ios::binary);
        bytes.assign(std::istreambuf_iterator(from), {});
        if (!from.good() && !from.eof()) {
            return complain(exit_usage,
                            "the key file \"" + std::string(said.substr(1)) + "\" cannot be read");
        }
    }
    auto const view = as_bytes(bytes);
    key.assign(view.begin(), view.end());
    return std::nullopt;
}

std::optional<int> read_options(key_command const& command, std::span<char const* const> arguments,
                                key_options& options) {
    std::string key;
    bool is_hex = false;
    config::setting_list settings{
        {"url", "the server of the store, such as ws://127.0.0.1:8080/ws",
         config::words{&options.url, "URL"}},
        {"file", "the store file, while no server has it", config::words{&options.file, "FILE"}},
        {"timeout", "how long a server may take for an answer",
         config::duration_of(options.timeout, std::chrono::milliseconds(1),
                             std::chrono::hours(24))},
        {"format", "plain, or one JSON object", config::choice{&options.format, {"text", "json"}}}};
    if (command.takes_key) {
        settings.push_back(
            {"key", "the key: text, or @FILE for the bytes of a file", config::words{&key, "KEY"}});
        settings.push_back(
            {"hex", "the key is given as hexadecimal bytes", config::toggle{&is_hex}});
    }
    usage const of{command.name, command.summary, command.takes_key ? "key" : "", false};
    if (auto const done = read_command_line(of, arguments, settings)) {
        return done;
    }
    if (options.url.empty() == options.file.empty()) {
        return complain(exit_usage, "say which store: either --url URL or --file FILE");
    }
    if (command.takes_key && key.empty()) {
        return complain(exit_usage,
                        "no key given; write trunkline " + std::string(command.name) + " KEY");
    }
    return read_key(key, is_hex, options.key);
}

}  // namespace

int run_key_command(key_command const& command, std::span<char const* const> arguments) {
    key_options options;
    if (auto const done = read_options(command, arguments, options)) {
        return *done;
    }
    auto const opened = options.file.empty() ? open_store_url(options.url, options.timeout)
                                             : open_store_file(options.file, command.use);
    if (!opened) {
        return complain(options.file.empty() ? exit_connect : exit_store, opened.error().message);
    }
    return command.act(**opened, options);
}

int complain_about(call_failure const& why) {
    return complain(exit_failure, why.message.empty() ? why.error.message() : why.message);
}

int end_write(call_result<std::uint64_t> const& tail, key_options const& options) {
    if (!tail) {
        return complain_about(tail.error());
    }
    if (!options.json()) {
        return exit_success;
    }
    boost::json::object const told{{"key", to_hex(options.key)}, {"tail", *tail}};
    return say(serialize(told)) ? exit_success : exit_failure;
}

std::string to_hex(bytes_view bytes) {
    std::string digits;
    boost::algorithm::hex_lower(as_text(bytes), std::back_inserter(digits));
    return digits;
}

}  // namespace trunkline::cli
