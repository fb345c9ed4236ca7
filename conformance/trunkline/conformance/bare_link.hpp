// Connections without calls, for rules about what lies below them.
#pragma once

#include <trunkline/conformance/world.hpp>
#include <trunkline/transport/connection.hpp>
#include <trunkline/transport/listener.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conformance {

/// Reads all that comes over a connection, and says what it is told to. On the thread of its loop.
class bare_link final : private transport::readiness_sink {
public:
    explicit bare_link(std::unique_ptr<transport::connection> link);
    ~bare_link();
    bare_link(bare_link const&) = delete;
    bare_link& operator=(bare_link const&) = delete;

    /// Sends it, as one message where borders are kept, as the link has room: what was said before
    /// has to be on its way.
    void say(std::string_view what);

    /// The end of this direction, after what was said and taken.
    void end() { link_->shutdown_write(); }

    /// An orderly close.
    void close();

    /// An end without a word; what is on its way is lost.
    void abort() { link_->abort(); }

    /// While it is on nothing is read, and so nothing answered.
    void hold(bool on);
    /// Reads at most so many bytes of the link, 16 or more, while nothing else does.
    void read_once(std::size_t size_max) { read(size_max); }

    /// All that has come so far, borders or not.
    [[nodiscard]] std::string const& heard() const noexcept { return heard_; }
    /// What the connection has declared.
    [[nodiscard]] transport::capabilities abilities() const noexcept { return link_->abilities(); }
    /// Nothing more will come.
    [[nodiscard]] bool has_ended() const noexcept { return ended_; }
    /// Of what was said, bytes that the link has not taken yet.
    [[nodiscard]] std::size_t unsaid() const noexcept { return unsaid_.size(); }

private:
    void on_ready(bool readable, bool writable) override;
    void read(std::size_t size_max);
    void write();
    void watch();

    std::unique_ptr<transport::connection> link_;
    std::string heard_;
    std::string unsaid_;
    std::size_t message_size_ = 0;  // of the one that unsaid_ is the rest of
    bool ended_ = false;
    bool held_ = false;
    bool broken_ = false;  // takes nothing any more
};

/// Listens, reads what comes of those who come, and says nothing.
class bare_listener {
public:
    /// On `url`, a fresh one unless given; throws rule_broken when it cannot.
    explicit bare_listener(world& at, std::string url = {});

    [[nodiscard]] std::string url() const { return listening_->endpoint(); }
    [[nodiscard]] std::size_t accepted() const noexcept { return accepted_->size(); }
    /// The one that came first and was not taken yet.
    [[nodiscard]] std::unique_ptr<bare_link> take();
    /// Nobody is accepted any more; those who were stay.
    void close() { listening_->close(); }

private:
    using links = std::vector<std::unique_ptr<bare_link>>;

    std::shared_ptr<links> accepted_ = std::make_shared<links>();
    std::unique_ptr<transport::listener> listening_;
};

/// Dials in the next turn, from which on a server listens that was started just now, and waits for
/// what becomes of it.
[[nodiscard]] result<std::unique_ptr<transport::connection>> dial_bare(world& at,
                                                                       transport::dialer& by,
                                                                       std::string_view url);

}  // namespace trunkline::conformance
