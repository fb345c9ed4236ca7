#include <trunkline/cli/store_place.hpp>

#include <trunkline/serve/tls_files.hpp>

namespace trunkline::cli {

std::string store_place::fault() const {
    if (url.empty() == file.empty()) {
        return "say which store: either --url URL or --file FILE";
    }
    return server::check_pair(tls_cert, tls_key);
}

void add_url_settings(config::setting_list& list, store_place& place) {
    list.push_back(
        {"url",
         "the server of the store: ws://127.0.0.1:8080/ws or wss://, tcp://host:port or tls://, "
         "unix:/path, unix:@name",
         config::words{&place.url, "URL"}});
    list.push_back(
        {"timeout", "how long a server may take for an answer",
         config::duration_of(place.timeout, std::chrono::milliseconds(1), std::chrono::hours(24))});
    list.push_back({"tls-ca",
                    "PEM file with who vouches for the server of tls:// or wss://, in place of "
                    "those that the system trusts",
                    config::words{&place.tls_ca, "FILE"}});
    list.push_back({"tls-cert", "PEM file with a certificate to show to that server",
                    config::words{&place.tls_cert, "FILE"}});
    list.push_back({"tls-key", "PEM file with the private key of that certificate",
                    config::words{&place.tls_key, "FILE"}});
    list.push_back({"extension", "ask the server to agree to the extension of Trunkline",
                    config::toggle{&place.extension}});
}

void add_place_settings(config::setting_list& list, store_place& place) {
    add_url_settings(list, place);
    list.push_back(
        {"file", "the store file, while no server has it", config::words{&place.file, "FILE"}});
}

}  // namespace trunkline::cli
