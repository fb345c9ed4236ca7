#include <trunkline/chat_client/chat_client.hpp>

#include <trunkline/chat_client/line_editor.hpp>
#include <trunkline/chat_client/line_input.hpp>
#include <trunkline/chat_client/room_url.hpp>

#include <utility>

namespace trunkline::chat_client {

chat_client::chat_client(transport::asio_runtime& loop, chat_client_options options, chat_view view,
                         websocket::ws_dialer::encryption encrypt)
    : loop_(loop),
      options_(std::move(options)),
      view_(std::move(view)),
      websockets_(loop),
      dialer_(websockets_, loop, std::move(encrypt)),
      talk_(*this, options_.spoken, room_of(options_.url)) {
    auto on_line = [this](std::string_view line) {
        talk_.type(line);
        want_lines();
    };
    auto on_end = [this] { on_input_end(); };
    if (options_.terminal) {
        input_ = std::make_unique<line_editor>(loop, options_.input, *options_.terminal,
                                               std::move(on_line), std::move(on_end));
    } else {
        input_ = std::make_unique<line_input>(loop, options_.input, std::move(on_line),
                                              std::move(on_end));
    }
}

chat_client::~chat_client() = default;

chat_end chat_client::run() {
    dial();
    while (!end_) {
        loop_.run();
    }
    input_.reset();  // a terminal is as it was before
    return std::move(*end_);
}

void chat_client::dial() {
    dialer_.dial(options_.url, [this](result<std::unique_ptr<transport::connection>> made) {
        if (made) {
            // What that one dials are WebSocket connections.
            connected(std::unique_ptr<websocket::connection>(
                static_cast<websocket::connection*>(made->release())));
        } else {
            finish({.why = made.error(),
                    .was_connected = was_connected_,
                    .words = options_.url + ": " + made.error().message()});
        }
    });
}

void chat_client::connected(std::unique_ptr<websocket::connection> made) {
    was_connected_ = true;
    auto const number = ++link_number_;
    link_ = std::make_unique<message_link>(
        websockets_, std::move(made),
        message_link::told{.on_message =
                               [this, number](websocket::message_kind kind, bytes_view message) {
                                   if (number == link_number_) {
                                       talk_.hear(kind, message);
                                       want_lines();
                                   }
                               },
                           .on_drained = [this] { want_lines(); },
                           .on_end = [this, number](link_end const& how) { on_end(number, how); }});
    talk_.connected();
    if (quits_) {
        link_->close();
    }
    want_lines();
}

void chat_client::want_lines() {
    input_->want(link_ != nullptr && !quits_ && talk_.can_speak() && !link_->is_full());
}

void chat_client::on_input_end() {
    stay_ = loop_.after(options_.stay, [this] { quit(); });
}

void chat_client::quit() {
    quits_ = true;
    input_->leave();  // now: a second signal ends the program at once
    if (link_ != nullptr) {
        link_->close();
    }
}

void chat_client::send(websocket::message_kind kind, bytes_view message) {
    link_->send(kind, message);
}

void chat_client::show(heard const& what, std::string_view here) {
    input_->beside([&] { view_.show(what, here); });
}

void chat_client::hint(std::string_view words) {
    input_->beside([&] { view_.hint(words); });
}

// What is typed meanwhile waits where it is. The old connection goes in its own time.
void chat_client::move_to(std::string_view room) {
    options_.url = with_room(options_.url, room);
    link_->close();
    leaving_links_.emplace(link_number_++, std::move(link_));
    want_lines();
    dial();
}

void chat_client::on_end(std::uint64_t of, link_end const& how) {
    if (of != link_number_) {
        leaving_links_.erase(of);
        return;
    }
    link_.reset();
    if (quits_) {
        finish({});
        return;
    }
    std::string words = "the server has closed the connection";
    if (how.why) {
        words = "the connection is lost: " + how.why.message();
    } else if (!how.reason.empty()) {
        words += ": " + how.reason;
    }
    finish({.why = how.why, .was_connected = true, .words = std::move(words)});
}

void chat_client::finish(chat_end end) {
    end_ = std::move(end);
    loop_.stop();
}

}  // namespace trunkline::chat_client
