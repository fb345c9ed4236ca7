// The connections of one thread, from established to gone: those on which something goes on, each
// with its driver, and what is left of the idle ones.
#pragma once

#include <trunkline/logging/journal.hpp>
#include <trunkline/serve/connection_slot.hpp>
#include <trunkline/transport/driver.hpp>
#include <trunkline/transport/file_descriptor.hpp>
#include <trunkline/transport/readiness_set.hpp>
#include <trunkline/transport/turn_queue.hpp>

#include <boost/container/deque.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace trunkline::server {

/// How an idle connection that was taken apart is put together again.
struct link_maker {
    /// A connection over its stream, as at the end of a handshake; `form` as in
    /// transport::capabilities.
    std::function<std::unique_ptr<transport::connection>(link_kind, std::uint8_t form,
                                                         std::unique_ptr<transport::byte_stream>)>
        join;
    /// The stream of a bare socket, as it was when it was released.
    std::function<std::unique_ptr<transport::byte_stream>(transport::file_descriptor)> reopen;
    /// Watches bare sockets. Null: the streams of idle connections are kept whole.
    transport::readiness_set* sockets = nullptr;
};

/// A connection that has been silent for connection_limits::fold_after, without a call under way,
/// is folded into its slot; the next byte, or the time to probe its peer, unfolds it. Slots lie in
/// blocks that are never moved or copied, and are used again.
///
/// Single-threaded. Everything given to the constructor outlives it.
class connection_table final : private transport::turn_work {
public:
    connection_table(transport::runtime& loop, rpc::dispatcher const& methods,
                     transport::driver::options const& settings, logging::journal const& log,
                     link_maker links);
    ~connection_table();
    connection_table(connection_table const&) = delete;
    connection_table& operator=(connection_table const&) = delete;

    /// Drives `link`, which is of that kind, until it ends.
    void add(std::unique_ptr<transport::connection> link, link_kind kind);

    /// Every connection, also those still to be added, answers what it has received, then closes
    /// as going away. Idle ones take their turns, so that they are never all unfolded.
    void drain();

    /// Closes what is left without waiting for answers; what is folded, without a word.
    void close_all();

    [[nodiscard]] std::size_t size() const noexcept { return used_; }

    /// Those that are folded.
    [[nodiscard]] std::size_t folded() const noexcept { return used_ - open_.size(); }

private:
    friend class connection_slot;
    using open_connection = connection_slot::open_connection;
    using time_point = transport::runtime::time_point;

    connection_slot& take_slot();
    void free_slot(connection_slot& slot);

    open_connection& open(connection_slot& slot, std::unique_ptr<transport::connection> link,
                          transport::folded_driver const* from);
    void on_state(open_connection& changed, transport::connection_state state, error_code why);
    void drop(open_connection& one);

    bool fold(open_connection& one);
    void keep(connection_slot& slot, transport::folded_driver const& rest,
              std::unique_ptr<transport::byte_stream> link);
    std::unique_ptr<transport::byte_stream> take_stream(connection_slot& slot);
    void unfold(connection_slot& slot);
    void start(connection_slot& slot);
    void on_ready(connection_slot& slot);
    void look_after(connection_slot& slot);
    [[nodiscard]] bool keeps_alive(connection_slot const& slot) const noexcept;
    [[nodiscard]] transport::folded_driver rest_of(connection_slot const& slot) const;

    void on_turn() override;
    void plan_look();
    void look();
    void fold_silent(time_point now);
    void look_after_folded(time_point now);
    void drain_folded();

    template <class Action>
    void for_each_open(Action act);

    static constexpr std::size_t slots_per_block = 1024;
    using slots = boost::container::deque<
        connection_slot, void,
        boost::container::deque_options_t<boost::container::block_size<slots_per_block>>>;

    transport::runtime& loop_;
    rpc::dispatcher const& methods_;
    transport::driver::options settings_;
    logging::journal const& log_;
    link_maker links_;
    time_point const began_;
    slots slots_;
    connection_slot* free_ = nullptr;
    std::vector<std::unique_ptr<open_connection>> open_;
    std::size_t used_ = 0;
    std::size_t next_to_drain_ = 0;
    time_point look_due_ = time_point::max();  // after a folded one: not before
    std::unique_ptr<transport::timer> next_look_;
    time_point next_look_at_{};
    bool draining_ = false;
};

}  // namespace trunkline::server
