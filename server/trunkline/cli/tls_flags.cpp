#include <trunkline/cli/tls_flags.hpp>

#include <trunkline/serve/tls_files.hpp>

#include <array>
#include <filesystem>
#include <optional>
#include <utility>

namespace trunkline::cli {
namespace {

std::optional<std::filesystem::path> authorities_of(tls_flags const& flags) {
    return flags.ca.empty() ? std::nullopt : std::optional<std::filesystem::path>(flags.ca);
}

call_result<tls::context> told(result<tls::context> made, tls_flags const& flags,
                               std::filesystem::path const& at_fault) {
    if (made) {
        return std::move(*made);
    }
    std::array const files{server::tls_file{"--tls-ca", server::certificates_content, flags.ca},
                           server::tls_file{"--tls-cert", server::certificates_content, flags.cert},
                           server::tls_file{"--tls-key", server::key_content, flags.key}};
    return call_failure{made.error(), server::explain_tls(files, at_fault, made.error())};
}

}  // namespace

call_result<tls::context> client_context(tls_flags const& flags) {
    tls::client_options wanted{.authorities = authorities_of(flags)};
    if (!flags.cert.empty()) {
        wanted.own = {flags.cert, flags.key};
    }
    std::filesystem::path at_fault;
    return told(tls::context::for_client(wanted, &at_fault), flags, at_fault);
}

call_result<tls::context> server_context(tls_flags const& flags) {
    std::filesystem::path at_fault;
    return told(tls::context::for_server(
                    {.own = {flags.cert, flags.key}, .client_authorities = authorities_of(flags)},
                    &at_fault),
                flags, at_fault);
}

}  // namespace trunkline::cli
