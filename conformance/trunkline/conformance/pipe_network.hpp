// A network of simulated pipes: names, links with faults, and what is spoken over them.
#pragma once

#include <trunkline/conformance/subject.hpp>
#include <trunkline/transport/byte_stream.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/socket_dialer.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// What is spoken over a pipe: makes connections of its two ends.
class language {
public:
    using link = std::unique_ptr<transport::byte_stream>;
    using pending = std::unique_ptr<transport::pending_connection>;
    using made = transport::dialer::dialed;

    virtual ~language() = default;

    /// The dialler's end. `done` is called once, not from inside, unless what is given back is
    /// destroyed first.
    [[nodiscard]] virtual pending open(link end, std::string_view url, made done) = 0;

    /// The listener's end; likewise. A handshake that fails gives an error.
    [[nodiscard]] virtual pending admit(link end, made done) = 0;
};

/// How the links of a network are made, and who is told of each.
struct link_plan {
    /// Asked for each link.
    std::function<transport::pipe_options()> next;
    /// Told of each, and of the URL that was dialled; may be empty.
    std::function<void(std::string const&, std::shared_ptr<transport::pipe_control> const&)> made =
        {};
};

/// Single-threaded, as its loop is.
class pipe_network final : public transport::network, public faults {
public:
    /// How links are made; `speech` is asked for each of them. URLs of other schemes are invalid.
    pipe_network(place const& where, std::string scheme, std::unique_ptr<language> speech);
    /// Each link as `plan` says.
    pipe_network(transport::runtime& loop, std::string scheme, std::unique_ptr<language> speech,
                 link_plan plan);
    ~pipe_network() override;

    [[nodiscard]] result<std::unique_ptr<transport::listener>> listen(
        transport::runtime& loop, std::string_view url) override;
    [[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(transport::runtime& loop) override;

    /// A dialer that speaks something else, which outlives it.
    [[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(language& spoken);

    void cut() override;
    void cut_after(bool from_dialler, std::size_t size) override;
    void stall(bool from_dialler, bool on) override;
    void shorten(bool from_dialler, bool on) override;
    [[nodiscard]] std::uint64_t carried(bool from_dialler) const override;

    /// Pipes of which an end is open.
    [[nodiscard]] std::size_t links() const;

private:
    class pipe_listener;
    class pipe_dialer;
    struct planned_cut {
        bool is_set = false;
        std::size_t after = 0;
    };

    [[nodiscard]] bool is_valid(std::string_view url) const;
    [[nodiscard]] bool dial(std::string const& url, language::link& end);
    void forget_ended();

    transport::runtime& loop_;
    std::string scheme_;
    std::unique_ptr<language> speech_;
    link_plan plan_;
    std::map<std::string, pipe_listener*, std::less<>> listeners_;
    std::vector<std::shared_ptr<transport::pipe_control>> pipes_;
    planned_cut cuts_[2];
    bool stalled_[2] = {false, false};
    bool shortened_[2] = {false, false};
    std::uint64_t carried_[2] = {0, 0};  // by pipes that have ended
};

}  // namespace trunkline::conformance
