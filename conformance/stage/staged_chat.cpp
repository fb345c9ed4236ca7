#include <stage/staged_chat.hpp>

#include <trunkline/chat/settings.hpp>
#include <trunkline/chat/worker.hpp>
#include <trunkline/chat_wire/binary_message.hpp>
#include <trunkline/chat_wire/json_message.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace trunkline::stage {
namespace {

using namespace std::chrono_literals;

/// A stream whose peer has a port, as one over TCP.
class named_stream final : public transport::byte_stream {
public:
    named_stream(std::unique_ptr<transport::byte_stream> link, std::uint16_t port)
        : link_(std::move(link)), port_(port) {}

    transport::io_result read(mutable_bytes into) override { return link_->read(into); }
    transport::io_result write(std::span<bytes_view const> pieces) override {
        return link_->write(pieces);
    }
    bool holds_unsent() const noexcept override { return link_->holds_unsent(); }
    void shutdown_write() override { link_->shutdown_write(); }
    void close(bool abort) override { link_->close(abort); }
    void watch(transport::readiness_sink* sink, bool read, bool write) override {
        link_->watch(sink, read, write);
    }
    void acknowledge_now() override { link_->acknowledge_now(); }
    void hold_back(bool on) override { link_->hold_back(on); }
    std::string peer() const override { return "127.0.0.1:" + std::to_string(port_); }
    std::optional<transport::peer_credentials> credentials() const override { return {}; }
    std::optional<transport::peer_certificate> certificate() const override { return {}; }
    transport::file_descriptor release() override { return link_->release(); }

private:
    std::unique_ptr<transport::byte_stream> link_;
    std::uint16_t port_;
};

chat::chat_options settled(chat::chat_options options) {
    std::string const fault = chat::settle(options, {.cores = 1, .descriptors = 1'000'000});
    if (!fault.empty()) {
        throw std::invalid_argument(fault);
    }
    return options;
}

}  // namespace

staged_chat::staged_chat(chat::chat_options options, transport::pipe_options const& pipes)
    : pipes_(pipes),
      options_(settled(std::move(options))),
      log_(logging::level_table(logging::level::error), logging::line_format::text),
      house_(options_, log_),
      shard_(loop_),
      websockets_(loop_, chat::context_options_of(options_)),
      visitors_({.of = house_, .loop = loop_, .shard = shard_}, websockets_, {}),
      doorman_(websockets_, chat::upgrade_options_of(house_),
               [this](std::unique_ptr<websocket::connection> made,
                      websocket::accepted_request const& asked) {
                   visitors_.add(std::move(made), asked.target);
               }) {}

staged_chat::~staged_chat() = default;

std::unique_ptr<raw_peer> staged_chat::connect(std::uint16_t port) {
    ++pipes_.seed;
    auto pipe = transport::make_simulated_pipe(loop_, pipes_);
    control_ = pipe.control;
    doorman_.add(std::make_unique<named_stream>(std::move(pipe.second), port));
    return std::make_unique<raw_peer>(std::move(pipe.first));
}

chat_person::chat_person(staged_chat& in, std::string_view target, std::uint16_t port)
    : in_(in), link_(in.connect(port)) {
    link_->send(upgrade_request(target));
    in_.run_for(1s);
    auto const answer = parse_answer(link_->received());
    is_in_ = answer && answer->status == 101;
    taken_ = is_in_ ? answer->size : 0;
}

void chat_person::send(client_frame const& frame) {
    link_->send(encode(frame));
    in_.run_for(100ms);
}

std::vector<received_frame> chat_person::hear() {
    bytes_view rest = bytes_view(link_->received()).subspan(taken_);
    std::size_t const before = rest.size();
    auto frames = take_frames(rest);
    taken_ += before - rest.size();
    return frames;
}

std::vector<std::string> chat_person::hear_texts() {
    std::vector<std::string> texts;
    for (received_frame const& each : hear()) {
        if (each.code == op_text) {
            auto const read = chat_wire::decode_json(as_text(each.payload));
            texts.push_back(read ? read->username + ": " + read->content : "no JSON");
        } else if (each.code == op_binary) {
            auto const read =
                chat_wire::decode_binary(each.payload, chat_wire::binary_layout::published);
            texts.push_back(!read ? "unreadable"
                                  : std::string(read->message.room) + "/" +
                                        std::string(read->message.username) + ": " +
                                        std::string(as_text(read->message.payload)));
        }
    }
    return texts;
}

}  // namespace trunkline::stage
