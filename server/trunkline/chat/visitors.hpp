// The connections of one thread of a chat, from established to gone: those on which something goes
// on, each with its link, and what is left of the idle ones.
#pragma once

#include <trunkline/chat/frame_batch.hpp>
#include <trunkline/chat/open_link.hpp>
#include <trunkline/chat/visitor.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/readiness_set.hpp>
#include <trunkline/transport/turn_queue.hpp>
#include <trunkline/websocket/connection.hpp>
#include <trunkline/websocket/context.hpp>

#include <boost/container/deque.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace trunkline::chat {

/// How bare sockets are kept while they are idle; without it streams are kept whole.
struct socket_keeper {
    transport::readiness_set* sockets = nullptr;  ///< watches them
    /// The stream of a bare socket, as it was when it was released.
    std::function<std::unique_ptr<transport::byte_stream>(transport::file_descriptor)> reopen;
};

/// A connection that is silent and has nothing to send is folded into its place; what is said in
/// its rooms goes out from there, and the next byte of its peer, or a link that is full, unfolds
/// it.
///
/// Single-threaded. Everything given to the constructor outlives it.
class visitors final : private transport::turn_work {
public:
    visitors(desk const& at, websocket::context& websockets, socket_keeper keeper);
    ~visitors();
    visitors(visitors const&) = delete;
    visitors& operator=(visitors const&) = delete;

    /// Lets it in: it is welcomed, and announced in the room that `target` asks for.
    void add(std::unique_ptr<websocket::connection> link, std::string_view target);

    /// Says goodbye to everybody, without notices to those who are still there: all are gone within
    /// the close timeout.
    void close();

    /// Ends what is left, without a word.
    void cut();

    [[nodiscard]] std::size_t size() const noexcept { return used_; }

    /// Those that are folded.
    [[nodiscard]] std::size_t folded() const noexcept { return used_ - open_.size(); }

private:
    friend class open_link;
    friend class visitor;

    using time_point = transport::runtime::time_point;

    [[nodiscard]] transport::runtime& loop() const noexcept { return desk_.loop; }
    [[nodiscard]] chat_times const& times() const noexcept { return desk_.of.options.times; }

    visitor& take_slot();
    void free_slot(visitor& slot);

    // A connection on which something goes on.
    open_link& open(visitor& slot, std::unique_ptr<websocket::connection> link);
    std::unique_ptr<open_link> take_open(visitor& slot);
    void turn(visitor& slot, bool readable);
    void settle(visitor& slot, bool at_once);
    void doom(visitor& slot);
    void depart(visitor& slot);
    void on_turn() override;

    // One that is folded.
    [[nodiscard]] bool fold(visitor& slot);
    open_link& unfold(visitor& slot, bytes_view owed = {});
    [[nodiscard]] std::unique_ptr<transport::byte_stream> take_stream(visitor& slot);
    [[nodiscard]] transport::io_result write_folded(visitor& slot, bytes_view frames);
    [[nodiscard]] std::size_t offer_folded(visitor& slot,
                                           std::span<rooms::shared_message const> messages);
    void on_ready(visitor& slot);

    // Looks.
    void plan_look();
    void look();
    void look_at_open(time_point now);
    void look_at_folded(time_point now);
    [[nodiscard]] transport::runtime::duration silence_of(visitor const& slot,
                                                          time_point now) const;

    [[nodiscard]] std::span<websocket::message_segment> segments() noexcept { return segments_; }
    [[nodiscard]] std::span<websocket::message_piece> pieces() noexcept { return pieces_; }

    static constexpr std::size_t slots_per_block = 256;
    using slots = boost::container::deque<
        visitor, void,
        boost::container::deque_options_t<boost::container::block_size<slots_per_block>>>;

    desk desk_;
    websocket::context& websockets_;
    socket_keeper keeper_;
    time_point const began_;
    frame_batch frames_;
    std::array<websocket::message_segment, 192> segments_;  // of one write
    std::array<websocket::message_piece, 128> pieces_;      // of one read
    slots slots_;
    visitor* free_ = nullptr;
    std::size_t used_ = 0;
    std::vector<std::unique_ptr<open_link>> open_;
    std::vector<visitor*> doomed_;
    time_point scan_due_ = time_point::max();  // of the folded ones
    std::unique_ptr<transport::timer> next_look_;
    time_point next_look_at_{};
    bool closing_ = false;
};

}  // namespace trunkline::chat
