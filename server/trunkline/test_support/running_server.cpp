#include <trunkline/test_support/running_server.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/test_support/forced_folding.hpp>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace trunkline::test_support {

running_server::running_server(std::string const& program, std::string const& file,
                               std::vector<std::string> const& flags,
                               std::map<std::string, std::string> const& environment) {
    std::vector<std::string> command{program, "serve", file, "--port", "0"};
    if (folding_is_forced()) {
        command.insert(command.end(), {"--fold-after", "0ms"});
    }
    command.insert(command.end(), flags.begin(), flags.end());
    process_ = std::make_unique<child_process>(command, environment);
    opened_ = process_->read_output_line();
    std::string const line = process_->read_output_line();
    constexpr std::string_view begin = "Server running on ";
    if (!line.starts_with(begin)) {
        std::string said = process_->rest_of_error();
        throw did_not_run(opened_ + "\n" + line + "\n", process_->wait(), std::move(said));
    }
    address_ = line.substr(begin.size());
    for (auto left = std::ranges::count(flags, "--listen"); left > 0; --left) {
        endpoints_.push_back(process_->read_output_line().substr(begin.size()));
    }
}

std::string running_server::host() const {
    std::string const text = address_.substr(0, address_.rfind(':'));
    return text.starts_with('[') ? text.substr(1, text.size() - 2) : text;
}

std::uint16_t running_server::port() const {
    return static_cast<std::uint16_t>(std::stoi(address_.substr(address_.rfind(':') + 1)));
}

std::unique_ptr<store_caller> running_server::connect() const {
    return std::make_unique<store_caller>(host(), port());
}

int running_server::stop() {
    process_->signal(SIGTERM);
    return process_->wait();
}

namespace {

std::string short_bytes(std::string_view bytes) {
    if (bytes.size() > 2) {
        throw std::invalid_argument("longer bytes are packed");
    }
    return static_cast<char>(bytes.size()) + std::string(bytes);
}

}  // namespace

std::string short_write(std::string_view key, std::string_view value) {
    return short_bytes(key) + short_bytes(value);
}

std::string short_read(std::string_view key) {
    return short_bytes(key);
}

std::string long_write(std::string_view key, std::string_view value) {
    std::string length(sizeof(std::uint32_t), '\0');
    store_le(reinterpret_cast<std::byte*>(length.data()), static_cast<std::uint32_t>(value.size()));
    constexpr std::string_view four_bytes_follow{"\xff\x02", 2};
    constexpr std::string_view plain_bytes_follow{"\0", 1};
    std::string arguments = short_bytes(key);
    return arguments.append(four_bytes_follow)
        .append(length)
        .append(plain_bytes_follow)
        .append(value);
}

}  // namespace trunkline::test_support
