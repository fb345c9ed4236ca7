#include <trunkline/conform/host.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/conform/caller.hpp>
#include <trunkline/conformance/frame_peer.hpp>
#include <trunkline/frame/layout_detector.hpp>
#include <trunkline/websocket/upgrade.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace trunkline::conform {

using transport::io_status;
using websocket::opcode;

namespace {

// No kind that anybody knows.
constexpr auto strange_kind = static_cast<frame::kind>(99);

// Streams that the host begins, apart from those of its answers.
constexpr std::uint32_t own_streams = 0xf000'0000;

// Bytes that are kept of a connection, whatever it says, and of a frame, beside its own.
constexpr std::size_t connection_cost = 4 * kib;
constexpr std::size_t frame_cost = 256;

}  // namespace

std::string ping_payload(std::size_t number) {
    return "ping " + std::to_string(number);
}

class host::guest final : private transport::readiness_sink {
public:
    guest(transport::runtime& loop, bool over_websocket, memory_budget& budget,
          std::unique_ptr<transport::connection> link)
        : loop_(loop),
          over_websocket_(over_websocket),
          budget_(budget),
          link_(std::move(link)),
          detector_(over_websocket) {
        book_.is_welcome = !over_websocket;
        watch();
    }
    ~guest() { link_->watch(nullptr, false, false); }
    guest(guest const&) = delete;
    guest& operator=(guest const&) = delete;

    [[nodiscard]] guest_book const& book() const noexcept { return book_; }
    [[nodiscard]] bool has_ended() const noexcept { return ended_; }

    void close() {
        if (ended_ || leaving_ || book_.was_closed) {
            return;
        }
        if (over_websocket_ && book_.is_welcome) {
            send_web(opcode::close, close_of(farewell_code, "conform is done").payload);
            book_.was_closed = true;
        } else {
            hang_up();
        }
    }

private:
    void on_ready(bool readable, bool) override {
        if (readable) {
            read();
        }
        write();
        watch();
    }

    void watch() { link_->watch(this, !ended_, !out_.empty() || link_->wants_write()); }

    void read() {
        std::vector<std::byte> buffer(64 * kib);
        std::array<transport::in_piece, 16> pieces;
        auto const got = link_->read(buffer, pieces);
        for (auto const& piece : std::span(pieces).first(got.pieces)) {
            if (!budget_.spend(piece.bytes.size())) {
                break;
            }
            over_websocket_ ? on_bytes(as_text(piece.bytes))
                            : on_payload(as_text(piece.bytes), false);
        }
        if (budget_.is_spent()) {
            link_->abort();
        }
        if (budget_.is_spent() || got.status == io_status::end || got.status == io_status::error) {
            ended_ = true;
            book_.has_ended = book_.has_ended || !hung_up_;
        }
    }

    void write() {
        while (!out_.empty()) {
            out_segment const rest{as_bytes(out_), 0};
            auto const taken = link_->write({&rest, 1});
            if (taken.status == io_status::error) {
                out_.clear();
            }
            out_.erase(0, taken.size);
            if (taken.size == 0) {
                return;
            }
        }
        if (leaving_ && !hung_up_) {
            hang_up();
        }
    }

    void hang_up() {
        hung_up_ = true;
        link_->close(transport::close_code::normal, {});
    }

    // HTTP, then WebSocket.
    void on_bytes(std::string_view bytes) {
        if (leaving_) {
            return;  // refused, or behind its Close
        }
        in_ += bytes;
        if (!book_.is_welcome) {
            bytes_view left = as_bytes(in_);
            auto const state = upgrade_.feed(left, limits_, loop_.wall_clock_us());
            std::size_t const size = in_.size() - left.size();
            book_.request += in_.substr(0, size);
            in_.erase(0, size);
            out_ += upgrade_.response();
            leaving_ = state == websocket::upgrade_state::refused;
            book_.is_welcome = state == websocket::upgrade_state::accepted;
            if (book_.is_welcome) {
                ping();
            }
        }
        while (book_.is_welcome && take_web_frame()) {
        }
    }

    bool take_web_frame() {
        bytes_view left = as_bytes(in_);
        auto next = next_web_frame(left);
        if (!next) {
            book_.oddity = "a WebSocket frame of more than " +
                           std::to_string(websocket_limits{}.message_size_max) + " bytes";
            leaving_ = true;
        }
        if (!next || !*next) {
            return false;
        }
        in_.erase(0, in_.size() - left.size());
        if (!budget_.spend(frame_cost)) {
            return false;
        }
        web_frame one = std::move(**next);
        std::string const payload = one.payload;
        bool const is_control = websocket::is_control(one.code);
        if (!is_control) {
            one.payload.clear();
        }
        book_.web_frames.push_back(one);
        if (one.code == opcode::ping) {
            send_web(opcode::pong, payload);
        } else if (one.code == opcode::close) {
            if (!book_.was_closed) {
                book_.has_ended = true;  // of its own accord: it need not have heard us
                send_web(opcode::close, payload);
            }
            leaving_ = true;
        } else if (!is_control && one.code != opcode::text) {
            on_payload(payload, one.fin);
        }
        return true;
    }

    void send_web(opcode code, std::string_view payload) {
        out_ += encode({.code = code, .payload = std::string(payload), .masked = false});
        write();
        watch();
    }

    void ping() { send_web(opcode::ping, ping_payload(book_.pings++)); }

    // Frames of calls.
    void on_payload(std::string_view bytes, bool ends_message) {
        if (bytes.empty() || !book_.oddity.empty()) {
            return;
        }
        if (!cutter_) {
            auto const found = detector_.feed(as_bytes(bytes), ends_message);
            if (!found) {
                return;
            }
            book_.spoken = *found;
            cutter_.emplace(*found);
            take_frames(detector_.kept());
        }
        take_frames(as_bytes(bytes));
    }

    void take_frames(bytes_view left) {
        for (;;) {
            auto const next = cutter_->next(left);
            if (!next) {
                book_.oddity = "bytes that are no frames";
                leaving_ = true;
                return;
            }
            if (!*next || !budget_.spend(frame_cost)) {
                return;
            }
            book_.frames.push_back((*next)->head);
            if (auto const bytes = joined_.take(**next)) {
                take_message((*next)->head.stream_id, *bytes);
            }
        }
    }

    void take_message(std::uint32_t stream_id, std::string_view bytes) {
        auto const message = conformance::message_of(stream_id, bytes);
        if (!message) {
            book_.oddity = "a message whose head is none";
            return;
        }
        rpc::header const& head = message->head;
        if (message->is(rpc::message_type::response)) {
            book_.answers.push_back({head, message->status()});
            return;
        }
        book_.calls.push_back(head);
        if (message->is(rpc::message_type::call)) {
            if (book_.calls.size() == 1) {
                send_what_is_to_be_borne();
            }
            std::string const status(1, static_cast<char>(rpc::status::method_not_found));
            send_message(stream_id | rpc::acceptor_id_bit,
                         conformance::head_of(rpc::message_type::response, head.request_id,
                                              head.method_id, status));
        }
    }

    // Once, ahead of the first answer: the client bears it when it goes on as before.
    void send_what_is_to_be_borne() {
        send_frame(strange_kind, own_streams, 0, "what is this");
        std::string const success(1, '\0');
        send_message(own_streams + 1, conformance::head_of(rpc::message_type::response, unasked_id,
                                                           unknown_method, success));
        send_message(own_streams + 2,
                     conformance::head_of(rpc::message_type::call, called_id, unknown_method));
        book_.was_called = true;
        if (over_websocket_) {
            send_web(opcode::pong, "unasked");
            ping();
        }
    }

    void send_message(std::uint32_t stream_id, std::string const& message) {
        send_frame(frame::kind::open, stream_id, 0, message);
        send_frame(frame::kind::end, stream_id, 1, "");
    }

    void send_frame(frame::kind what, std::uint32_t stream_id, std::uint32_t sequence,
                    std::string const& payload) {
        std::string const whole = conformance::frame_of(what, stream_id, sequence, payload,
                                                        *book_.spoken, loop_.wall_clock_us());
        out_ += over_websocket_ ? encode({.payload = whole, .masked = false}) : whole;
    }

    transport::runtime& loop_;
    bool over_websocket_;
    memory_budget& budget_;
    std::unique_ptr<transport::connection> link_;
    guest_book book_;
    bool leaving_ = false;  // as soon as everything is said
    bool hung_up_ = false;
    bool ended_ = false;
    std::string in_;
    std::string out_;
    frame::layout_detector detector_;
    std::optional<conformance::frame_cutter> cutter_;
    conformance::message_joiner joined_;
    websocket::upgrade_options options_{.paths = {}};
    websocket_limits limits_;
    websocket::server_upgrade upgrade_{options_};
};

host::host(transport::runtime& loop, bool over_websocket, std::size_t kept_size_max)
    : loop_(loop), over_websocket_(over_websocket), budget_(kept_size_max) {}

host::~host() = default;

void host::take(std::unique_ptr<transport::connection> link) {
    if (budget_.spend(connection_cost)) {
        guests_.push_back(
            std::make_unique<guest>(loop_, over_websocket_, budget_, std::move(link)));
    }
}

bool host::is_empty() const {
    return std::ranges::all_of(guests_, [](auto const& each) { return each->has_ended(); });
}

void host::close() {
    for (auto const& each : guests_) {
        each->close();
    }
}

std::vector<guest_book> host::books() const {
    std::vector<guest_book> all;
    for (auto const& each : guests_) {
        all.push_back(each->book());
    }
    return all;
}

reception::reception(conformance::world& at, std::size_t kept_size_max)
    : at_(at),
      host_(at.loop(), at.about().has.message_borders, kept_size_max),
      door_(at.place().network().listen(at.loop(), at.place().url())) {
    if (door_) {
        (*door_)->start(
            [this](std::unique_ptr<transport::connection> one) { host_.take(std::move(one)); });
    }
}

std::string reception::url() const {
    return (*door_)->endpoint();
}

std::vector<guest_book> reception::finish(transport::runtime::duration lasts,
                                          transport::runtime::duration patience) {
    static_cast<void>(comes_true_within(
        at_, lasts, [&] { return host_.is_full() || (host_.was_visited() && host_.is_empty()); }));
    (*door_)->close();
    host_.close();
    static_cast<void>(comes_true_within(at_, patience, [&] { return host_.is_empty(); }));
    return host_.books();
}

}  // namespace trunkline::conform
