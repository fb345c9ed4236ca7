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

using conformance::blob;
using conformance::number;

/// Carried out by order_book.
inline constexpr typed::method<number, number> place_order{"place order"};
/// As many numbers as are asked for, from 0.
inline constexpr typed::server_stream<number, number> recite{"recite"};
/// How many numbers have come, which are those from 0.
inline constexpr typed::client_stream<number, number> dictate{"dictate"};
/// Every number comes back.
inline constexpr typed::two_way_stream<number, number> talk{"talk"};

/// What a resident knows of the machine that it calls.
struct neighbourhood {
    world& at;
    town_parts const& parts;
    order_book& orders;
    expected_values& values;  ///< of that machine
    std::string const& url;
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
    /// Its connection ends; nothing is called afterwards.
    void leave() { client_.reset(); }

private:
    using work = boost::asio::awaitable<void>;
    // What a call is made with, and its number in the ledger.
    struct made_call {
        std::size_t number;
        call_options options;
        bool may_repeat;
    };

    void act();
    void spawn(work what);
    [[nodiscard]] std::string key(std::size_t which) const;
    [[nodiscard]] made_call begin(std::string const& what, bool may_repeat = false);
    void end(made_call const& of, std::optional<call_failure> const& why);
    void end_write(made_call const& of, std::optional<call_failure> const& why,
                   std::vector<std::string> const& keys);
    void check(std::string const& key, expected_values::answers const& allowed,
               std::optional<bytes_view> const& found);

    work write(bool may_repeat);
    work write_all();
    work remove();
    work read(std::size_t which);
    work read_all();
    work order(bool may_repeat);
    work listen(std::uint64_t parts);
    work tell(std::uint64_t parts);
    work converse(std::uint64_t parts);
    work take_parts(made_call made, stream_reader<number> from, std::uint64_t parts);
    work give_parts(stream_writer<number>& to, std::uint64_t parts);

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
