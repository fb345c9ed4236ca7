// The connections of one thread: each with its driver, from established to gone.
#pragma once

#include <trunkline/logging/journal.hpp>
#include <trunkline/transport/driver.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace trunkline::server {

/// Single-threaded. Everything given to the constructor outlives it.
class connection_table {
public:
    connection_table(transport::runtime& loop, rpc::dispatcher const& methods,
                     transport::driver::options const& settings, logging::journal const& log);
    ~connection_table();
    connection_table(connection_table const&) = delete;
    connection_table& operator=(connection_table const&) = delete;

    /// Drives `link` until it ends.
    void add(std::unique_ptr<transport::connection> link);

    /// Every connection, also those still to be added, answers what it has received, then closes
    /// as going away.
    void drain();

    /// Closes what is left without waiting for answers.
    void close_all();

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    void on_state(std::uint64_t id, transport::connection_state state, error_code why);
    template <class Action>
    void for_one(std::uint64_t id, Action act);
    template <class Action>
    void for_each(Action act);

    transport::runtime& loop_;
    rpc::dispatcher const& methods_;
    transport::driver::options settings_;
    logging::journal const& log_;
    struct entry {
        std::unique_ptr<transport::driver> driver;
        std::string peer;  // only where it is going to be logged
    };

    std::unordered_map<std::uint64_t, entry> entries_;
    std::uint64_t next_id_ = 0;
    bool draining_ = false;
};

}  // namespace trunkline::server
