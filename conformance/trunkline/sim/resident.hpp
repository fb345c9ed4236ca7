// Somebody who lives in a town: a client that calls one machine in every way there is.
#pragma once

#include <trunkline/conformance/messages.hpp>
#include <trunkline/peer/rpc_client.hpp>
#include <trunkline/sim/expected_values.hpp>
#include <trunkline/sim/order_book.hpp>
#include <trunkline/sim/town.hpp>
#include <trunkline/sim/world.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace trunkline::sim {

using conformance::number;

/// A stream carries numbers of its own, so that a part of another one is known: it has a base, a
/// multiple of this, and its parts are the base, the next number and so on.
inline constexpr std::uint64_t stream_distance = 1000;

/// Carried out by order_book.
inline constexpr typed::method<number, number> place_order{"place order"};
/// From the base of the number that is asked for, as many as that is above it.
inline constexpr typed::server_stream<number, number> recite{"recite"};
/// The number that would come next; 0 where none has come.
inline constexpr typed::client_stream<number, number> dictate{"dictate"};
/// Every number comes back.
inline constexpr typed::two_way_stream<number, number> talk{"talk"};

/// What a resident knows of the machine that it calls.
struct neighbourhood {
    world& at;
    town_parts const& parts;
    order_book& orders;
    expected_values& values;  ///< of that machine
    machine const& runs;
    bool const& peace;  ///< every call has to be answered
};

/// Keys are its own to write, and everybody's to read. Calls keep it alive.
class resident : public std::enable_shared_from_this<resident> {
public:
    static constexpr std::size_t keys_max = 4;

    resident(neighbourhood where, std::string name)
        : where_(std::move(where)), name_(std::move(name)) {}

    /// Connects; it is_connected() some time later.
    void arrive();
    [[nodiscard]] bool is_connected() const { return client_ && client_->is_connected(); }
    /// Calls something every now and then, until rest().
    void live();
    void rest() noexcept { is_resting_ = true; }
    [[nodiscard]] bool is_idle() const noexcept { return under_way_ == 0; }
    /// One call of each kind.
    void call_everything();
    /// Reads all its keys.
    void look();
    /// Reads all its keys, and takes what it finds for all that is there.
    void settle();
    /// Its connection ends; nothing is called afterwards.
    void leave() { client_.reset(); }

private:
    using work = boost::asio::awaitable<void>;
    // What a call is made with, and its number in the ledger.
    struct made_call {
        std::size_t number;
        call_options options;
        bool may_repeat;
        std::size_t links;          // that had been dialled before
        std::size_t disk_failures;  // that had been before
        bool was_failing;           // the disk, when it began
        std::size_t life;           // of the machine
        std::uint64_t tail;         // that had been acknowledged before
    };

    void act();
    void spawn(work what);
    [[nodiscard]] std::string key(std::size_t which) const;
    [[nodiscard]] made_call begin(std::string const& what, bool may_repeat = false);
    void end(made_call const& of, std::optional<call_failure> const& why);
    [[nodiscard]] bool may_fail(made_call const& of, call_failure const& why) const;
    // `tail` is what was answered; a write grows the file, and a deletion may not.
    void end_write(made_call const& of, std::optional<call_failure> const& why, std::uint64_t tail,
                   std::vector<std::string> const& keys, bool grows = true);
    void check(std::string const& key, expected_values::answers const& allowed,
               std::optional<bytes_view> const& found);

    work write(bool may_repeat);
    work write_all();
    work remove();
    work read(std::size_t which, bool settles = false);
    work read_all();
    work order(bool may_repeat);
    work listen(std::uint64_t parts);
    work tell(std::uint64_t parts);
    work converse(std::uint64_t parts);
    work take_parts(made_call made, stream_reader<number> from, std::uint64_t parts);
    work give_parts(made_call const& made, stream_writer<number>& to, std::uint64_t parts);

    neighbourhood where_;
    std::string name_;
    std::optional<rpc_client> client_;
    std::uint64_t values_ = 0;
    std::size_t under_way_ = 0;
    bool is_resting_ = false;
};

/// The bytes of a value, by its name: of any size, and all told by the name.
[[nodiscard]] std::string bytes_of_value(std::string const& name);
/// The name of a value, or nothing where these bytes were never written.
[[nodiscard]] std::optional<std::string> name_of_value(std::string_view bytes);

}  // namespace trunkline::sim
