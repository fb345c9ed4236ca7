#include <trunkline/chat/worker.hpp>

#include <trunkline/chat/page.hpp>
#include <trunkline/serving/counted_stream.hpp>
#include <trunkline/transport/socket_stream.hpp>

#include <utility>

namespace trunkline::chat {
namespace {

using logging::area;
using logging::level;

/// How often a thread that stops looks whether everybody has gone.
constexpr std::chrono::milliseconds look_interval{2};

}  // namespace

websocket::upgrade_options upgrade_options_of(house const& of) {
    websocket::upgrade_options made;
    made.paths.clear();
    made.host_required = false;
    made.send_date = false;
    made.connection_field = "Upgrade";
    made.answers_refusals = false;
    made.pages = [&of](std::string_view target) { return page_at(of, target); };
    return made;
}

websocket::context_options context_options_of(chat_options const& options) {
    websocket::context_options made;
    made.limits.frame_size_max = options.frame_size_max;
    made.limits.message_size_max = options.message_size_max;
    made.handshake_timeout = options.times.handshake_timeout;
    return made;
}

worker::worker(house& of, server::connection_gate& gate, transport::listening_socket socket)
    : house_(of),
      gate_(gate),
      shard_(loop_, of.options.rest),
      websockets_(loop_, context_options_of(of.options)),
      visitors_({.of = of, .loop = loop_, .shard = shard_}, websockets_, keeper()),
      doorman_(websockets_, upgrade_options_of(of),
               [this](std::unique_ptr<websocket::connection> made,
                      websocket::accepted_request const& asked) {
                   visitors_.add(std::move(made), asked.target);
               }),
      socket_(loop_, std::move(socket)) {}

worker::~worker() = default;

std::unique_ptr<transport::byte_stream> worker::admit(
    std::unique_ptr<transport::byte_stream> link) {
    auto place = gate_.enter(link->peer());
    if (!place) {
        house_.log.write(area::ws, level::warn, "connection refused: too many",
                         {{"peer", link->peer()}});
        return nullptr;
    }
    return std::make_unique<server::counted_stream>(std::move(link), std::move(place));
}

socket_keeper worker::keeper() {
    return {.sockets = &loop_.readiness(), .reopen = [this](transport::file_descriptor bare) {
                return std::make_unique<server::counted_stream>(
                    std::make_unique<transport::socket_stream>(loop_, std::move(bare)),
                    gate_.entered());
            }};
}

void worker::run() {
    socket_.start([this](std::unique_ptr<transport::byte_stream> link) {
        if (auto admitted = admit(std::move(link))) {
            doorman_.add(std::move(admitted));
        }
    });
    loop_.run();
}

void worker::stop() {
    loop_.post([this] { begin_stop(); });
}

void worker::begin_stop() {
    if (std::exchange(stopping_, true)) {
        return;
    }
    repeating_.reset();
    socket_.close();
    doorman_.close();
    visitors_.close();
    wind_down();
}

/// Connections and last words end by themselves, in a bounded time.
void worker::wind_down() {
    if (visitors_.size() + websockets_.lingering().size() == 0) {
        loop_.stop();
        return;
    }
    next_look_ = loop_.after(look_interval, [this] { wind_down(); });
}

void worker::repeat(std::chrono::milliseconds span, std::function<void()> work) {
    repeating_ = loop_.after(span, [this, span, todo = std::move(work)]() mutable {
        todo();
        repeat(span, std::function<void()>(todo));
    });
}

}  // namespace trunkline::chat
