#include <trunkline/conform/played_guest.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/played_calls.hpp>
#include <trunkline/conform/web_frame.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <array>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conform {
namespace {

using websocket::opcode;

class guest final : public played_guest, private transport::readiness_sink {
public:
    guest(household& home, std::unique_ptr<transport::connection> link)
        : home_(home),
          link_(std::move(link)),
          number_(home.guests++),
          calls_(home, [this](std::string frame) { send_frame(std::move(frame)); }) {
        ++home_.open;
        is_slighted_ = home.has(flaw::serves_few_connections) && number_ >= 50;
        is_slighted_ = is_slighted_ || (home.has(flaw::serves_few_at_once) && home.open > 50);
        closing_ = home.has(flaw::refuses_beyond_few) && home.open > 50;
        is_slighted_ = is_slighted_ || closing_;
        options_.paths =
            home.has(flaw::serves_every_path) ? std::vector<std::string>() : options_.paths;
        is_upgraded_ = !home.over_websocket;
        if (number_ == 0) {
            home_.first_says = [this](std::string frame) { send_frame(std::move(frame)); };
        }
        if (!is_upgraded_ && !home.has(flaw::waits_for_handshakes) &&
            !home.has(flaw::bears_strangers)) {
            time_handshake();
        }
        watch();
    }
    ~guest() override { end(); }
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
            link_->watch(this, true, !out_.empty() && may_write());
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

    [[nodiscard]] bool may_write() const { return !home_.is_held_up && !home_.is_dead; }

    void write() {
        while (may_write() && !ended_ && !out_.empty()) {
            out_segment const rest{as_bytes(out_), 0};
            auto const taken = link_->write({&rest, 1});
            out_.erase(0, taken.status == transport::io_status::error ? out_.size() : taken.size);
            if (taken.size == 0) {
                home_.is_held_up = home_.has(flaw::waits_for_slow_readers);
                out_ = home_.has(flaw::drops_what_is_not_taken) ? "" : out_;
                break;
            }
        }
        if ((out_.empty() || !may_write()) && closing_) {
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
            calls_.answer({.request_id = 1, .method_id = unknown_method}, "");
        }
        closing_ = true;
    }

    void time_handshake() {
        handshake_ = home_.loop.after(std::chrono::seconds(10), [this] { end_if(!is_upgraded_); });
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
            bool const is_refused = state == websocket::upgrade_state::refused;
            closing_ = is_refused && !home_.has(flaw::bears_strangers);
            if (is_refused && home_.has(flaw::upgrades_anything)) {
                out_ = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
            }
            if (home_.has(flaw::restarts_the_clock_of_handshakes)) {
                time_handshake();
            }
            is_upgraded_ = state == websocket::upgrade_state::accepted;
        }
        while (is_upgraded_ && !closing_ && take_web_frame()) {
        }
    }

    bool take_web_frame() {
        bytes_view left = as_bytes(in_);
        auto next = next_web_frame(left);
        if (!next) {
            close(1009);
        }
        if (!next || !*next) {
            return false;
        }
        in_.erase(0, in_.size() - left.size());
        web_frame const& one = **next;
        bool const is_control = websocket::is_control(one.code);
        bool const is_small = one.payload.size() <= 125 && one.fin;
        bool const is_known = (static_cast<unsigned>(one.code) & 7U) <= 2;
        if (!one.masked || one.reserved != 0 || !is_known ||
            (is_control && !is_small && !home_.has(flaw::takes_large_pings)) ||
            (one.code == opcode::continuation && !in_message_)) {
            if (!home_.has(flaw::bears_breaches)) {
                close(home_.has(flaw::tells_breaches_as_normal) ? 1000 : 1002);
            }
            return false;
        }
        on_web_frame(one);
        return true;
    }

    void on_web_frame(web_frame const& one) {
        switch (one.code) {
            case opcode::ping:
                ++pings_;
                if (!home_.has(flaw::answers_few_pings) || pings_ < 100) {
                    send_web(opcode::pong,
                             home_.has(flaw::answers_pings_with_nothing) ? "" : one.payload);
                }
                break;
            case opcode::pong:
                closing_ = home_.has(flaw::ends_at_pongs);
                break;
            case opcode::close:
                close(one.close_code().value_or(1000));
                closing_ = !home_.has(flaw::stays_behind_a_close);
                break;
            case opcode::text:
                closing_ = home_.has(flaw::dies_of_text);
                break;
            case opcode::binary:
            case opcode::continuation:
                in_message_ = !one.fin;
                on_payload(one.payload);
                break;
        }
    }

    void close(std::uint16_t code) {
        if (home_.over_websocket && !home_.has(flaw::closes_without_a_word)) {
            send_web(opcode::close, close_of(code, "").payload);
        }
        closing_ = true;
    }

    void send_web(opcode code, std::string_view payload) {
        send(encode({.code = code, .payload = std::string(payload), .masked = false}));
    }

    void send_frame(std::string frame) {
        if (home_.over_websocket) {
            send_web(opcode::binary, frame);
        } else {
            send(std::move(frame));
        }
    }

    // Frames of calls.
    void on_payload(std::string_view bytes) {
        if (bytes.empty()) {
            return;
        }
        if (home_.has(flaw::ends_silence)) {
            silence_ = home_.loop.after(std::chrono::seconds(5), [this] { end_if(true); });
        }
        calls_.take(bytes);
        if (auto const code = calls_.ending(); code == 0) {
            closing_ = true;
        } else if (code) {
            close(*code);
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
    std::size_t pings_ = 0;
    played_calls calls_;
    websocket::upgrade_options options_;
    websocket_limits limits_;
    websocket::server_upgrade upgrade_{options_};
    std::unique_ptr<transport::timer> handshake_;
    std::unique_ptr<transport::timer> silence_;
};

}  // namespace

std::unique_ptr<played_guest> admit(household& home, std::unique_ptr<transport::connection> link) {
    return std::make_unique<guest>(home, std::move(link));
}

}  // namespace trunkline::conform
