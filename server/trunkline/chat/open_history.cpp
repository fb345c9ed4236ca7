#include <trunkline/chat/open_history.hpp>

#include <trunkline/room_history/stored_history.hpp>
#include <trunkline/store/error.hpp>

#include <utility>

namespace trunkline::chat {

result<std::unique_ptr<rooms::history>> open_history(chat_options const& options,
                                                     logging::journal const& log,
                                                     std::string& fault) {
    if (options.history.empty()) {
        return std::unique_ptr<rooms::history>();
    }
    room_history::history_options wanted;
    wanted.limits_of = [of_all = options.history_of_room](std::string_view) { return of_all; };
    wanted.rooms_max = options.history_rooms;
    wanted.layout = 1 + static_cast<std::uint32_t>(options.spoken());
    wanted.on_failure = [&log](error_code why) {
        log.write(logging::area::server, logging::level::error,
                  "the history cannot be written any more; the chat goes on without",
                  {{"why", why.message()}});
    };
    store::open_report report;
    auto opened = room_history::stored_history::open(options.history, std::move(wanted), &report);
    if (!opened) {
        bool const is_other =
            opened.error() == store::store_error::not_a_store && report.live_keys > 0;
        fault = "--history: " + (is_other ? report.path.string() +
                                                " is a store, but not of a history; name another "
                                                "file"
                                          : report.explain(opened.error()));
        return opened.error();
    }
    return std::unique_ptr<rooms::history>(std::move(*opened));
}

}  // namespace trunkline::chat
