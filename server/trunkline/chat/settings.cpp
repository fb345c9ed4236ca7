#include <trunkline/chat/settings.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/serving/shared_settings.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace trunkline::chat {
namespace {

using namespace std::chrono_literals;
using config::count_of;
using config::duration_of;
using config::size_of;

constexpr std::uint64_t gib = 1024 * mib;
constexpr std::uint64_t million = 1'000'000;

constexpr std::array<std::pair<std::string_view, rooms::slow_policy>, 4> policies{
    {{"wait", rooms::slow_policy::wait},
     {"drop-oldest", rooms::slow_policy::drop_oldest},
     {"keep-latest", rooms::slow_policy::keep_latest},
     {"close", rooms::slow_policy::close}}};

void add_places(config::setting_list& list, chat_options& options) {
    list.push_back({"protocol", "the published server to be: the fast one, or the plain one",
                    config::choice{&options.protocol, {"binary", "json"}}});
    server::add_address(list, options.host, options.port, options.port_file);
    server::add_allow_plain(list, options.allow_plain);
    list.push_back({"threads", "threads, each with its own connections",
                    count_of(options.threads, 1, 1024, "cores")});
    list.push_back({"pin", "keep each thread on a core of its own", config::toggle{&options.pin}});
    list.push_back({"counts-every", "log a line of counts that often; off unless given",
                    duration_of(options.counts_every, 0ms, 24h)});
    config::choice slow{&options.slow_members, {}};
    for (auto const& [word, policy] : policies) {
        slow.choices.push_back(word);
    }
    list.push_back(
        {"slow-members", "what becomes of messages for members that do not keep up", slow});
    list.push_back({"history",
                    "keep what is said in FILE.0 and FILE.1; a URL asks for it with after=NUMBER",
                    config::words{&options.history, "FILE"}});
}

void add_limits(config::setting_list& list, chat_options& options) {
    auto const add = [&list](std::string_view name, config::number target,
                             std::string_view meaning) {
        list.push_back({name, meaning, std::move(target), true});
    };
    add("frame-size-max", size_of(options.frame_size_max, 1 * kib, 2 * gib),
        "one WebSocket frame; the connection is closed");
    add("message-size-max", size_of(options.message_size_max, 1 * kib, 2 * gib),
        "one message over all fragments; the connection is closed");
    add("queue-messages-max", count_of(options.room.queue.messages_max, 2, million),
        "messages that wait for one member; then --slow-members decides");
    add("queue-size-max", size_of(options.room.queue.size_max, 1 * kib, 64 * gib),
        "bytes that wait for one member, beside one message; then --slow-members decides");
    room_history::history_limits& kept = options.history_of_room;
    add("history-messages", count_of(kept.messages_max, 1, million),
        "messages that --history keeps of a room; the oldest go");
    add("history-time", duration_of(kept.age_max, 0ms, 87'600h),
        "how long --history keeps a message; 0 is for ever");
    add("history-room-size", size_of(kept.size_max, 1 * kib, 64 * gib),
        "bytes of messages that --history keeps of a room; the oldest go");
    add("history-rooms", count_of(options.history_rooms, 1, million),
        "rooms of which --history keeps anything; the one that was silent longest goes");
    add("notice-members-max", count_of(options.room.notice_members_max, 0, million),
        "members of a room up to which all are told who comes and goes; above, they get counts");
    add("delivery-rest-max", duration_of(options.rest.longest, 0ms, 10s),
        "pause after a delivery to very many, so that one write takes more; 0 is none");
    server::add_connections_max(list, options.connections_max, options.connections_per_peer_max);
    chat_times& of = options.times;
    add("handshake-timeout", duration_of(of.handshake_timeout, 100ms, 1h),
        "from accept to the end of the handshake; then closed");
    add("ping-after", duration_of(of.ping_after, 100ms, 24h),
        "without a byte of a peer; then it is pinged, at most a tenth later");
    add("idle-timeout", duration_of(of.idle_timeout, 300ms, 72h),
        "without a byte of a peer; then closed");
    add("write-stall-timeout", duration_of(of.write_stall_timeout, 100ms, 24h),
        "without a peer taking any byte of what is queued for it; then cut");
    add("fold-after", duration_of(of.fold_after, 0ms, 24h),
        "silence after which little is kept of a connection");
}

}  // namespace

config::setting_list settings_of(chat_options& options) {
    config::setting_list list;
    add_places(list, options);
    add_limits(list, options);
    return list;
}

std::string settle(chat_options& options, server::machine const& on) {
    if (options.threads == 0) {
        options.threads = on.cores;
    }
    // A message is one frame or more.
    options.frame_size_max = std::min(options.frame_size_max, options.message_size_max);
    auto const policy = std::find_if(policies.begin(), policies.end(), [&](auto const& each) {
        return each.first == options.slow_members;
    });
    TRUNKLINE_ASSERT(policy != policies.end());
    options.room.slow = policy->second;
    // What has rested comes at once, and is no reason to call somebody slow.
    rooms::queue_limits const& queue = options.room.queue;
    options.rest.messages_max = std::min(options.rest.messages_max, queue.messages_max / 2);
    options.rest.size_max = std::min(options.rest.size_max, queue.size_max / 2);
    if (options.times.idle_timeout <= options.times.ping_after) {
        return "--idle-timeout is not longer than --ping-after; a peer needs time to answer a ping";
    }
    std::string fault = server::fit_connections(options.connections_max, on);
    return fault.empty() ? server::check_host(options.host, options.port, options.allow_plain)
                         : fault;
}

}  // namespace trunkline::chat
