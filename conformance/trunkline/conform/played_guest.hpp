// One connection of a played server, from its bytes to its answers, with the flaw of its server.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/played_server.hpp>
#include <trunkline/conform/web_talk.hpp>
#include <trunkline/conformance/frame_peer.hpp>
#include <trunkline/frame/header.hpp>
#include <trunkline/rpc/header.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/runtime.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::conform {

/// What all guests of one server share.
struct household {
    transport::runtime& loop;
    bool over_websocket;
    flaw what;
    std::uint32_t streams = 0;  // begun by the server
    std::size_t guests = 0;     // that ever came
    std::size_t open = 0;       // that are there
    std::size_t broken_handshakes = 0;
    bool is_dead = false;
    bool is_held_up = false;  // nobody is written to
    std::function<void(std::string)> first_says = {};

    [[nodiscard]] bool has(flaw one) const noexcept { return what == one; }
};

/// A message that is coming in.
struct stream_in {
    std::uint32_t next = 0;
    std::map<std::uint32_t, std::pair<std::string, bool>> held;  // payload, and whether it ends
    std::string message;
    std::size_t frames = 0;
};

/// On the loop of its household.
class guest final : private transport::readiness_sink {
public:
    guest(household& home, std::unique_ptr<transport::connection> link)
        : home_(home), link_(std::move(link)), number_(home.guests++) {
        ++home_.open;
        is_slighted_ = home.has(flaw::serves_few_connections) && number_ >= 50;
        is_slighted_ = is_slighted_ || (home.has(flaw::serves_few_at_once) && home.open > 50);
        is_upgraded_ = !home.over_websocket;
        if (number_ == 0) {
            home_.first_says = [this](std::string bytes) { send(std::move(bytes)); };
        }
        if (!is_upgraded_ && !home.has(flaw::waits_for_handshakes) &&
            !home.has(flaw::bears_strangers)) {
            handshake_ =
                home.loop.after(std::chrono::seconds(10), [this] { end_if(!is_upgraded_); });
        }
        watch();
    }
    ~guest() { end(); }
    guest(guest const&) = delete;
    guest& operator=(guest const&) = delete;

private:
    void on_ready(bool readable, bool) override {
        if (readable) {
            read();
        }
        write();
        watch();
    }

    void watch() {
        if (!ended_) {
            link_->watch(this, true, !out_.empty());
        }
    }

    void read() {
        std::vector<std::byte> buffer(64 * kib);
        std::array<transport::in_piece, 16> pieces;
        transport::read_result got;
        do {
            got = link_->read(buffer, pieces);
            std::string bytes;
            for (auto const& piece : std::span(pieces).first(got.pieces)) {
                bytes += as_text(piece.bytes);
            }
            if (!home_.is_dead && !bytes.empty()) {
                on_bytes(std::move(bytes));
            }
        } while (got.status == transport::io_status::ok && got.pieces != 0);
        if (got.status == transport::io_status::end || got.status == transport::io_status::error) {
            on_end(got.status == transport::io_status::error);
        }
    }

    void write() {
        bool const may = !home_.is_held_up && !home_.is_dead;
        while (may && !ended_ && !out_.empty()) {
            out_segment const rest{as_bytes(out_), 0};
            auto const taken = link_->write({&rest, 1});
            out_.erase(0, taken.status == transport::io_status::error ? out_.size() : taken.size);
            if (taken.size == 0) {
                home_.is_held_up = home_.has(flaw::waits_for_slow_readers);
                out_ = home_.has(flaw::drops_what_is_not_taken) ? "" : out_;
                break;
            }
        }
        if (out_.empty() && closing_) {
            end();
        }
    }

    void on_end(bool is_reset) {
        if (!is_upgraded_ && home_.has(flaw::counts_broken_handshakes)) {
            home_.is_dead = ++home_.broken_handshakes > 20;
        }
        home_.is_dead = home_.is_dead || (is_reset && home_.has(flaw::dies_of_a_reset));
        if (home_.has(flaw::hangs_up_at_the_end)) {
            link_->abort();
            end();
        }
        if (home_.has(flaw::answers_parts)) {
            answer(rpc::header{.type_byte = 0, .request_id = 1, .method_id = unknown_method}, "");
        }
        closing_ = true;
    }

    void end_if(bool so) {
        if (so) {
            end();
        }
    }

    void end() {
        if (!ended_) {
            ended_ = true;
            --home_.open;
            if (number_ == 0) {
                home_.first_says = nullptr;
            }
            link_->watch(nullptr, false, false);
            link_.reset();
        }
    }

    void send(std::string bytes) {
        if (!is_slighted_ && !ended_) {
            out_ += bytes;
        }
    }

    // HTTP, then WebSocket.
    void on_bytes(std::string bytes) {
        if (!home_.over_websocket) {
            on_payload(bytes);
            return;
        }
        in_ += bytes;
        if (!is_upgraded_ && upgrade_.response().empty()) {
            bytes_view left = as_bytes(in_);
            auto const state = upgrade_.feed(left, limits_, home_.loop.wall_clock_us());
            std::size_t const size = in_.size() - left.size();
            in_.erase(0, size);
            out_ += upgrade_.response();
            if (state == websocket::upgrade_state::refused) {
                closing_ = !home_.has(flaw::bears_strangers);
            }
            is_upgraded_ = state == websocket::upgrade_state::accepted;
        }
        while (is_upgraded_ && !closing_ && take_web_frame()) {
        }
    }

    bool take_web_frame() {
        bytes_view const left = as_bytes(in_);
        if (left.size() < 2 || left.size() < websocket::header_size_of(left[1])) {
            return false;
        }
        auto const head = websocket::decode_header(left.data());
        auto const size = websocket::header_size_of(left[1]);
        bool const is_control = websocket::is_control(head.code);
        bool const is_small = head.payload_size <= 125 && head.fin;
        bool const is_wrong = !head.masked || (std::to_integer<unsigned>(left[0]) & 0x70U) != 0 ||
                              (is_control && !is_small && !home_.has(flaw::takes_large_pings)) ||
                              (head.code == websocket::opcode::continuation && !in_message_) ||
                              (static_cast<unsigned>(head.code) & 7U) > 2;
        if (is_wrong) {
            close(1002);
            return false;
        }
        if (left.size() - size < head.payload_size) {
            return false;
        }
        std::string payload = in_.substr(size, head.payload_size);
        websocket::apply_mask(std::as_writable_bytes(std::span(payload)), head.mask);
        in_.erase(0, size + head.payload_size);
        on_web_frame(head, payload);
        return true;
    }

    void on_web_frame(websocket::frame_header const& head, std::string const& payload) {
        switch (head.code) {
            case websocket::opcode::ping:
                ++pings_;
                if (!home_.has(flaw::answers_few_pings) || pings_ < 100) {
                    send_web(websocket::opcode::pong,
                             home_.has(flaw::answers_pings_with_nothing) ? "" : payload);
                }
                break;
            case websocket::opcode::pong:
                closing_ = home_.has(flaw::ends_at_pongs);
                break;
            case websocket::opcode::close:
                close(payload.size() < 2
                          ? 1000
                          : *web_frame{.code = websocket::opcode::close, .payload = payload}
                                 .close_code());
                break;
            case websocket::opcode::text:
                closing_ = home_.has(flaw::dies_of_text);
                break;
            case websocket::opcode::binary:
            case websocket::opcode::continuation:
                in_message_ = !head.fin;
                on_payload(payload);
                break;
        }
    }

    void close(std::uint16_t code) {
        if (!home_.has(flaw::closes_without_a_word)) {
            send_web(websocket::opcode::close, close_of(code, "").payload);
        }
        closing_ = true;
    }

    void send_web(websocket::opcode code, std::string_view payload) {
        send(encode({.code = code, .payload = std::string(payload), .masked = false}));
    }

    // Frames of calls.
    void on_payload(std::string_view bytes) {
        if (bytes.empty()) {
            return;
        }
        if (home_.has(flaw::ends_silence)) {
            silence_ = home_.loop.after(std::chrono::seconds(5), [this] { end_if(true); });
        }
        if (!layout_ && bytes.size() >= 4) {
            std::uint32_t size = 0;
            for (unsigned i = 0; i < 4; ++i) {
                size |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
            }
            layout_ =
                bytes.size() == frame::header_size_a + size ? frame::layout::a : frame::layout::b;
        }
        frames_ += bytes;
        std::size_t taken = 0;
        while (!closing_ && !home_.is_dead && take_frame()) {
            if (home_.has(flaw::reads_few_frames) && ++taken == 20) {
                frames_.clear();
            }
        }
        if (home_.has(flaw::wants_whole_frames)) {
            frames_.clear();
        }
    }

    bool take_frame() {
        auto const spoken = layout_.value_or(frame::layout::b);
        std::size_t const size = frame::header_size(spoken);
        if (frames_.size() < size) {
            return false;
        }
        auto const head = frame::decode_header(as_bytes(frames_), spoken);
        if (head.payload_size > 16 * mib) {
            home_.is_dead = home_.has(flaw::dies_of_large_frames);
            if (!home_.has(flaw::waits_for_large_frames) && !home_.has(flaw::bears_strangers)) {
                close(1009);
                if (home_.has(flaw::ends_all_at_once)) {
                    home_.is_dead = true;
                }
            }
            return false;
        }
        if (frames_.size() - size < head.payload_size) {
            return false;
        }
        std::string const payload = frames_.substr(size, head.payload_size);
        frames_.erase(0, size + head.payload_size);
        on_frame(head, payload);
        return true;
    }

    void on_frame(frame::header head, std::string const& payload) {
        if (home_.has(flaw::mixes_streams)) {
            mixed_ += payload;
        }
        if (head.kind_byte > frame::kind_max) {
            home_.is_dead = home_.has(flaw::dies_of_unknown_kinds);
            return;
        }
        if (given_up_.contains(head.stream_id) && home_.has(flaw::dies_of_late_frames) &&
            ++late_ > 100) {
            closing_ = true;
        }
        auto const kind = static_cast<frame::kind>(head.kind_byte);
        if (kind == frame::kind::cancel) {
            on_cancel(head.stream_id);
            return;
        }
        if (given_up_.contains(head.stream_id)) {
            return;
        }
        bool const is_new = !streams_.contains(head.stream_id);
        if (is_new && kind == frame::kind::end && home_.has(flaw::answers_bare_ends)) {
            answer(rpc::header{.type_byte = 0, .request_id = head.stream_id}, "");
            return;
        }
        if (done_.contains(head.stream_id) && kind == frame::kind::end &&
            home_.has(flaw::answers_late_ends)) {
            answer(rpc::header{.type_byte = 0, .request_id = head.stream_id}, "");
            return;
        }
        if (is_new && kind == frame::kind::data && home_.has(flaw::refuses_data_first)) {
            return;
        }
        stream_in& of = streams_[head.stream_id];
        bool const is_early = head.sequence != of.next;
        if (is_early && home_.has(flaw::drops_what_comes_early)) {
            return;
        }
        std::pair const frame(payload, kind == frame::kind::end);
        if (home_.has(flaw::replaces_what_is_held)) {
            of.held[head.sequence] = frame;
        } else {
            of.held.emplace(head.sequence, frame);
        }
        deliver(head.stream_id, of);
    }

    void on_cancel(std::uint32_t stream_id) {
        bool const is_open = streams_.erase(stream_id) != 0;
        if (is_open) {
            given_up_.insert(stream_id);
            if (home_.has(flaw::drops_what_follows_a_cancel)) {
                frames_.clear();
            }
            closing_ = home_.has(flaw::counts_cancels) && given_up_.size() > 500;
        } else if (home_.has(flaw::answers_cancels)) {
            answer(rpc::header{.type_byte = 0, .request_id = stream_id}, "");
        }
    }

    void deliver(std::uint32_t stream_id, stream_in& of) {
        for (auto next = of.held.find(of.next); next != of.held.end();
             next = of.held.find(++of.next)) {
            of.message += next->second.first;
            ++of.frames;
            if (next->second.second) {
                std::string message = std::move(of.message);
                std::size_t const frames = of.frames;
                streams_.erase(stream_id);
                done_.insert(stream_id);
                if (home_.has(flaw::mixes_streams)) {
                    message = std::exchange(mixed_, {});
                }
                on_message(message, frames);
                return;
            }
        }
    }

    // Messages.
    void on_message(std::string_view message, std::size_t frames) {
        auto const head = message.size() < rpc::header_size ? rpc::header{.type_byte = 0xff}
                                                            : rpc::decode_header(as_bytes(message));
        if (head.type_byte > rpc::message_type_max ||
            message.size() - rpc::header_size < head.metadata_size) {
            closing_ = home_.has(flaw::ends_at_broken_heads);
            return;
        }
        message.remove_prefix(rpc::header_size);
        auto const metadata = message.substr(0, head.metadata_size);
        auto const payload = message.substr(head.metadata_size);
        std::string const arguments(payload.empty() ? metadata : payload);
        bool const is_answer = head.type_byte == 1;
        if ((is_answer && !home_.has(flaw::answers_answers)) || home_.has(flaw::answers_nothing) ||
            (arguments.empty() && calls_ > 0 && home_.has(flaw::drops_empty_calls)) ||
            (!payload.empty() && home_.has(flaw::drops_large_calls)) ||
            (frames > 2 && home_.has(flaw::wants_calls_in_one_piece)) ||
            (calls_ > 900 && home_.has(flaw::answers_few_calls))) {
            return;
        }
        ++calls_;
        answer(head, arguments);
    }

    void answer(rpc::header const& call, std::string const& arguments) {
        bool const echoes = call.method_id == echo_method();
        auto status = echoes ? rpc::status::success : rpc::status::method_not_found;
        status = home_.has(flaw::answers_with_an_error) ? rpc::status::system_error : status;
        std::string body = echoes ? arguments : "";
        if (home_.has(flaw::cuts_zeros)) {
            body.erase(body.find_last_not_of('\0') + 1);
        }
        std::string const message =
            conformance::head_of(rpc::message_type::response, call.request_id, call.method_id,
                                 std::string(1, static_cast<char>(status))) +
            body;
        for (int i = 0; i < (home_.has(flaw::answers_twice) ? 2 : 1); ++i) {
            std::uint32_t const bit = home_.has(flaw::shares_ids) ? 0 : rpc::acceptor_id_bit;
            std::uint32_t const id = ++home_.streams | bit;
            std::uint32_t const first = home_.has(flaw::counts_from_one) ? 1 : 0;
            send_frame({.stream_id = id, .sequence = first, .kind_byte = 0}, message);
            send_frame({.stream_id = id, .sequence = first + 1, .kind_byte = 2}, "");
        }
    }

    void send_frame(frame::header head, std::string const& payload) {
        auto const spoken = home_.has(flaw::answers_in_one_layout)
                                ? frame::layout::b
                                : layout_.value_or(frame::layout::b);
        head.payload_size = static_cast<std::uint32_t>(payload.size());
        std::array<std::byte, frame::header_size_max> bytes;
        std::size_t const size = frame::encode_header(head, spoken, bytes);
        std::string const whole = std::string(as_text(bytes_view(bytes).first(size))) + payload;
        std::string const sent =
            home_.over_websocket ? encode({.payload = whole, .masked = false}) : whole;
        if (home_.has(flaw::answers_on_the_first_connection) && home_.first_says) {
            home_.first_says(sent);
        } else {
            send(sent);
        }
    }

    household& home_;
    std::unique_ptr<transport::connection> link_;
    std::size_t number_;
    bool is_slighted_ = false;  // is never answered
    bool is_upgraded_ = false;
    bool in_message_ = false;
    bool closing_ = false;
    bool ended_ = false;
    std::string in_;
    std::string out_;
    std::string frames_;
    std::string mixed_;
    std::optional<frame::layout> layout_;
    std::map<std::uint32_t, stream_in> streams_;
    std::set<std::uint32_t> given_up_;
    std::set<std::uint32_t> done_;
    std::size_t calls_ = 0;
    std::size_t pings_ = 0;
    std::size_t late_ = 0;
    websocket::upgrade_options options_;
    websocket_limits limits_;
    websocket::server_upgrade upgrade_{options_};
    std::unique_ptr<transport::timer> handshake_;
    std::unique_ptr<transport::timer> silence_;
};

}  // namespace trunkline::conform
