// A WebSocket connection over any byte stream, for both roles, after its handshake.
#pragma once

#include <trunkline/transport/connection.hpp>
#include <trunkline/websocket/context.hpp>
#include <trunkline/websocket/deflate_agreement.hpp>
#include <trunkline/websocket/message.hpp>
#include <trunkline/websocket/protocol.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace trunkline::websocket {

/// The peer's Close as it came; code 1005 when it carried none.
struct peer_close {
    std::uint16_t code = no_close_code;
    std::string reason;
};

/// One frame of the session, one binary message; received binary messages are given piece by piece.
/// Text is checked, then ignored (or refused, by websocket_limits::refuse_text).
///
/// The end: on a Close of the peer read() gives `end`; a bare end of the stream gives `end` too; on
/// a broken protocol read() gives `error`, transport_error::protocol_error or message_too_big. What
/// came before in the same read is given first, and the answering Close leaves with the read that
/// tells the end: what is written in between still goes. Whoever destroys the connection then need
/// not wait: the byte stream goes to the context's lingering set, which sends what is left and ends
/// it within linger_timeout. After close() the owner reads on until `end` or until its own patience
/// ends, and what arrives is discarded; with a code other than normal a server ends
/// its direction right behind the Close.
///
/// A frame that was begun is finished first: after close() write() still takes the rest of it and
/// refuses what follows with transport_error::closed. What a write did not take must be offered
/// again, unchanged, by the next write that is not empty.
///
/// Where compression was agreed on, messages of deflate_size_least bytes and more are compressed
/// unless they would not shrink, a large one in fragments; what is received compressed is inflated
/// into the front of the reader's buffer, and read() reads into the last quarter of it.
///
/// What was compressed is sent as it is, and waits here where the link does not take it: at most
/// 136 KiB, and then nothing more is compressed.
///
/// Private memory while idle: this object; a few hundred bytes more while a control frame or part
/// of a header waits for the link; an inflater while a compressed message is coming in.
class connection final : public transport::connection {
public:
    /// `shared` outlives it. `early_input`: bytes that came together with the handshake.
    connection(context& shared, role side, std::unique_ptr<transport::byte_stream> link,
               bytes_view early_input = {}, deflate_agreement agreed = {});
    ~connection() override;

    [[nodiscard]] transport::capabilities abilities() const noexcept override;

    /// Whether the subprotocol of its context was chosen in the handshake.
    void agree_to_subprotocol(bool chosen) noexcept { subprotocol_ = chosen; }

    /// When all of `out` was filled, more may wait in `buffer`: read again before using it
    /// otherwise. `buffer` has at least 2 bytes.
    [[nodiscard]] transport::read_result read(mutable_bytes buffer,
                                              std::span<transport::in_piece> out) override;
    [[nodiscard]] transport::io_result write(std::span<out_segment const> segments) override;
    void probe() override;
    void shutdown_write() override {}
    void close(transport::close_code code, std::string_view reason) override;
    [[nodiscard]] std::optional<transport::close_reason> farewell() const override;
    void abort() override;
    [[nodiscard]] bool wants_write() const noexcept override;
    void watch(transport::readiness_sink* sink, bool read_interest, bool write_interest) override;
    void acknowledge_now() override { link_->acknowledge_now(); }
    void hold_back(bool on) override { link_->hold_back(on); }
    [[nodiscard]] std::string peer() const override { return link_->peer(); }
    [[nodiscard]] std::optional<transport::peer_credentials> credentials() const override {
        return link_->credentials();
    }
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const override {
        return link_->certificate();
    }
    [[nodiscard]] std::unique_ptr<transport::byte_stream> fold() override;

    /// As read(), for text and binary messages.
    [[nodiscard]] transport::read_result read_messages(mutable_bytes buffer,
                                                       std::span<message_piece> out);

    /// As write(), for text and binary messages. `would_block` when the link took less.
    [[nodiscard]] send_result write_messages(std::span<message_segment const> segments);

    /// Of a connection made anew over a stream (fold()) on which a frame was begun: the rest of
    /// that frame, which is copied and goes before anything else. Before any write.
    void owe(bytes_view rest_of_frame) { stash(rest_of_frame); }

    /// Ends it as a peer that broke the protocol: the next read gives `error`.
    void fail(websocket_error error);

    /// What the peer did wrong, once read() gave `error` for it.
    [[nodiscard]] std::optional<websocket_error> failure() const noexcept;

    /// What the peer's Close said; null before it came.
    [[nodiscard]] peer_close const* received_close() const noexcept;

private:
    enum class ending : std::uint8_t { none, closed_by_peer, failed };
    struct extra;

    /// The message that is being sent: begun, and not yet taken to its end.
    struct outgoing {
        std::uint64_t left = 0;   // bytes still to be sent of it
        mask_key mask = 0;        // rotated to its next byte; where it is not compressed
        bool compressed = false;  // in fragments, each for itself
    };

    template <class Take>
    transport::read_result receive(mutable_bytes buffer, Take take);
    transport::io_result fill(mutable_bytes buffer);
    void keep_input(mutable_bytes input);
    transport::read_result end_result() const noexcept;
    void conclude();
    void notify_later();

    void plan(std::span<message_segment const> segments, std::size_t offset);
    bool plan_control();
    bool plan_message(message_segment const& segment, std::size_t offset, outgoing& at, bool tried);
    [[nodiscard]] bool compresses(message_segment const& segment,
                                  outgoing const& at) const noexcept;
    std::size_t plan_compressed(std::span<message_segment const> segments, std::size_t offset,
                                outgoing& at);
    void settle(std::size_t written, std::span<message_segment const> segments, send_result& done);
    bool settle_control(send_batch::step const& made, std::size_t& written);
    bool settle_message(send_batch::step const& made, std::size_t& written,
                        message_segment const& segment, send_result& done);
    bool settle_compressed(send_batch::step const& made, std::size_t& written,
                           std::span<message_segment const> segments, send_result& done);
    bool send_leftover(send_result& done);
    void stash(bytes_view unsent);
    void keep(std::size_t sent);
    [[nodiscard]] bytes_view leftover() const noexcept;
    void flush();
    void after_write();
    extra& more();
    std::vector<std::byte> last_bytes();

    context& shared_;
    std::unique_ptr<transport::byte_stream> link_;
    transport::readiness_sink* reader_ = nullptr;  // who wants to be told of input
    std::unique_ptr<extra> extra_;  // what few connections need, and only for a while
    std::byte* rest_ = nullptr;     // received and not yet parsed, in the reader's buffer
    // Small members lie in what the large ones leave free at their end.
    [[no_unique_address]] outgoing out_;
    ending ending_ = ending::none;
    bool concluded_ : 1 = false;
    bool end_after_close_ : 1 = false;
    bool subprotocol_ : 1 = false;
    [[no_unique_address]] protocol protocol_;
    std::uint32_t rest_size_ = 0;
};

}  // namespace trunkline::websocket
