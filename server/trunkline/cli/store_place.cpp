#include <trunkline/cli/store_place.hpp>

namespace trunkline::cli {

std::string store_place::fault() const {
    return url.empty() == file.empty() ? "say which store: either --url URL or --file FILE" : "";
}

void add_url_settings(config::setting_list& list, store_place& place) {
    list.push_back(
        {"url",
         "the server of the store: ws://127.0.0.1:8080/ws, tcp://host:port, unix:/path, unix:@name",
         config::words{&place.url, "URL"}});
    list.push_back(
        {"timeout", "how long a server may take for an answer",
         config::duration_of(place.timeout, std::chrono::milliseconds(1), std::chrono::hours(24))});
}

void add_place_settings(config::setting_list& list, store_place& place) {
    add_url_settings(list, place);
    list.push_back(
        {"file", "the store file, while no server has it", config::words{&place.file, "FILE"}});
}

}  // namespace trunkline::cli
