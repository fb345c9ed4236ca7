// Which store a command is about: a file, or the URL of a server that has one.
#pragma once

#include <trunkline/config/setting.hpp>

#include <chrono>
#include <string>

namespace trunkline::cli {

struct store_place {
    std::string url;
    std::string file;
    std::string tls_ca;  ///< PEM files; empty: as the system trusts
    std::string tls_cert;
    std::string tls_key;
    bool extension = false;  ///< the server is asked to agree to it
    std::chrono::milliseconds timeout{30'000};

    [[nodiscard]] bool is_file() const { return !file.empty(); }

    /// A complaint when it is not one of the two; else empty.
    [[nodiscard]] std::string fault() const;
};

/// Adds --url and what goes with it, which refer to `place`.
void add_url_settings(config::setting_list& list, store_place& place);

/// These and --file.
void add_place_settings(config::setting_list& list, store_place& place);

}  // namespace trunkline::cli
