// What all connections of a chat server share, and what those of one thread do.
#pragma once

#include <trunkline/chat/options.hpp>
#include <trunkline/chat/voice.hpp>
#include <trunkline/logging/journal.hpp>
#include <trunkline/rooms/hall.hpp>
#include <trunkline/rooms/local_bus.hpp>
#include <trunkline/rooms/shard.hpp>
#include <trunkline/transport/runtime.hpp>

#include <atomic>
#include <cstdint>

namespace trunkline::chat {

/// Any thread.
struct house {
    /// `settled` options, `journal` and `history`, where there is one, outlive it.
    house(chat_options const& settled, logging::journal const& journal,
          rooms::history* history = nullptr)
        : options(settled),
          log(journal),
          speaks(settled.spoken(), history != nullptr),
          hall(bus, [room = settled.room](std::string_view) { return room; }, history) {}

    chat_options const& options;
    logging::journal const& log;
    voice const speaks;
    rooms::local_bus bus;
    rooms::hall hall;
    std::atomic<std::uint64_t> last_connection{0};  ///< number of it
    std::atomic<std::uint64_t> connections{0};      ///< that are established
    std::atomic<std::uint64_t> messages{0};         ///< that clients sent
};

/// One thread of it. What it refers to outlives it.
struct desk {
    house& of;
    transport::runtime& loop;
    rooms::shard& shard;
};

}  // namespace trunkline::chat
