// Control frames on a link that takes little at a time: each goes out once, between two messages,
// wherever the writes stop.
#include <trunkline/websocket/connection.hpp>

#include <trunkline/base/gather_queue.hpp>
#include <trunkline/transport/simulated_runtime.hpp>
#include <trunkline/websocket/test_frames.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::websocket {
namespace {

using testing::frame;
using testing::transcript;
using transport::close_code;
using transport::io_status;
using lines = std::vector<std::string>;

/// Takes as much as the test allows, gives what the test put in.
class scarce_link final : public transport::byte_stream {
public:
    struct state {
        std::size_t room = 0;
        std::string sent;
        std::string incoming;
    };

    explicit scarce_link(state& at) : at_(at) {}

    transport::io_result read(mutable_bytes into) override {
        std::size_t const size = std::min(into.size(), at_.incoming.size());
        std::copy_n(as_bytes(at_.incoming).begin(), size, into.begin());
        at_.incoming.erase(0, size);
        return moved(size);
    }
    transport::io_result write(std::span<bytes_view const> pieces) override {
        std::size_t size = 0;
        for (bytes_view const piece : pieces) {
            std::size_t const part = std::min(piece.size(), at_.room);
            at_.sent += as_text(piece.first(part));
            at_.room -= part;
            size += part;
        }
        return moved(size);
    }
    bool holds_unsent() const noexcept override { return false; }
    void shutdown_write() override {}
    void close(bool /*abort*/) override {}
    void watch(transport::readiness_sink* /*sink*/, bool /*read*/, bool /*write*/) override {}
    void acknowledge_now() override {}
    void hold_back(bool /*on*/) override {}
    std::string peer() const override { return "a test"; }
    std::optional<transport::peer_credentials> credentials() const override { return std::nullopt; }
    std::optional<transport::peer_certificate> certificate() const override { return std::nullopt; }
    transport::file_descriptor release() override { return {}; }

private:
    static transport::io_result moved(std::size_t size) {
        return {.status = size == 0 ? io_status::would_block : io_status::ok,
                .size = size,
                .error = {}};
    }

    state& at_;
};

/// A connection on such a link, written to as the driver does.
class cramped {
public:
    explicit cramped(role us, deflate_agreement agreed = {})
        : us_(us),
          agreed_(agreed),
          connection_(shared_, us, std::make_unique<scarce_link>(link_), {}, agreed) {}

    void send(std::string_view message) {
        sent_.push_back("binary " + std::string(message));
        queue_.begin_frame(message.size());
        queue_.append_copy(as_bytes(message));
    }

    void hear_ping(std::string_view payload) {
        link_.incoming += frame(testing::other(us_), opcode::ping, payload);
        std::array<std::byte, 200> buffer;
        std::array<transport::in_piece, 2> pieces;
        EXPECT_EQ(connection_.read(buffer, pieces).status, io_status::ok);
    }

    void probe() { connection_.probe(); }
    void close() { connection_.close(close_code::policy_violation, "x"); }

    /// Lets the link take `room` bytes more and writes. True when something is left.
    bool write(std::size_t room) {
        link_.room = room;
        while (!queue_.empty()) {
            std::array<out_segment, 8> segments;
            auto const done = connection_.write(std::span(segments).first(queue_.peek(segments)));
            if (done.status == io_status::error) {
                refused_ = queue_.size();
                queue_.clear();
            } else if (done.status == io_status::would_block) {
                break;
            }
            queue_.consume(done.size);
        }
        if (connection_.wants_write()) {
            static_cast<void>(connection_.write({}));
        }
        link_.room = 0;
        return !queue_.empty() || connection_.wants_write();
    }

    void write_all(std::size_t room) {
        for (int turns = 0; write(room); ++turns) {
            ASSERT_LT(turns, 100'000) << "never done";
        }
    }

    /// What the peer understood, in order.
    [[nodiscard]] lines heard() const {
        transcript peer(testing::other(us_), {}, agreed_);
        peer.feed(link_.sent);
        return peer.lines();
    }

    [[nodiscard]] lines const& sent() const { return sent_; }
    [[nodiscard]] bool refused() const { return refused_ > 0; }

private:
    static context_options seeded() {
        context_options options;
        options.masks = mask_generator(1);
        return options;
    }

    role us_;
    deflate_agreement agreed_;
    transport::simulated_runtime loop_;
    context shared_{loop_, seeded()};
    scarce_link::state link_;
    connection connection_;
    gather_queue queue_;
    lines sent_;
    std::size_t refused_ = 0;
};

lines of_kind(lines const& all, std::string_view kind) {
    lines chosen;
    std::copy_if(all.begin(), all.end(), std::back_inserter(chosen),
                 [&](std::string const& line) { return line.starts_with(kind); });
    return chosen;
}

class control_frames : public ::testing::TestWithParam<role> {};

INSTANTIATE_TEST_SUITE_P(role, control_frames, ::testing::Values(role::server, role::client),
                         [](auto const& shown) {
                             return shown.param == role::server ? "server" : "client";
                         });

// The first write stops after `first` bytes, the next ones after `next`; in between come a ping, a
// wish for a probe and, in every second run, a close.
TEST_P(control_frames, go_out_once_wherever_writes_stop) {
    std::string const message(30, 'm');
    for (std::size_t first = 0; first <= 90; ++first) {
        for (std::size_t next = 1; next <= 90; ++next) {
            for (bool const closing : {false, true}) {
                cramped link(GetParam());
                link.send(message);
                link.send(message);
                link.write(first);
                link.hear_ping("a");
                link.probe();
                if (closing) {
                    link.close();
                }
                link.write(next);
                link.hear_ping("b");
                link.write_all(next);
                lines const heard = link.heard();
                lines const pongs = closing ? lines{"pong a"} : lines{"pong a", "pong b"};
                ASSERT_EQ(of_kind(heard, "pong"), pongs) << first << " " << next;
                ASSERT_EQ(of_kind(heard, "ping"), lines{"ping "}) << first << " " << next;
                ASSERT_EQ(of_kind(heard, "close").size(), closing ? 1U : 0U)
                    << first << " " << next;
                ASSERT_EQ(of_kind(heard, "failed"), lines{}) << first << " " << next;
                if (closing) {
                    ASSERT_EQ(heard.back(), "close 1008 x") << first << " " << next;
                } else {
                    ASSERT_EQ(of_kind(heard, "binary"), link.sent()) << first << " " << next;
                }
            }
        }
    }
}

RC_GTEST_PROP(control_frames_prop, go_out_once_in_any_order_of_events,
              (bool serving, bool compressing)) {
    std::uint8_t const window_bits = compressing ? 15 : 0;
    cramped link(serving ? role::server : role::client, {.window_bits = window_bits});
    lines pings;
    std::size_t probes = 0;
    std::size_t heard_before_probe = 0;
    bool closed = false;
    int const steps = *rc::gen::inRange(0, 60);
    for (int step = 0; step < steps; ++step) {
        switch (*rc::gen::weightedElement<int>({{4, 0}, {8, 1}, {3, 2}, {2, 3}, {1, 4}})) {
            case 0:
                link.send(std::string(*rc::gen::inRange<std::size_t>(1, 400), 'd'));
                break;
            case 1:
                link.write(*rc::gen::inRange<std::size_t>(0, 200));
                break;
            case 2: {
                std::string const payload = std::to_string(step);
                link.hear_ping(payload);
                if (!closed) {
                    pings.push_back("pong " + payload);
                }
                break;
            }
            case 3:
                if (!closed) {
                    ++probes;
                    heard_before_probe = of_kind(link.heard(), "ping").size();
                }
                link.probe();
                break;
            default:
                link.close();
                closed = true;
        }
    }
    link.write_all(*rc::gen::inRange<std::size_t>(1, 200));
    lines const heard = link.heard();
    RC_ASSERT(of_kind(heard, "failed").empty());
    RC_ASSERT(of_kind(heard, "pong") == pings);
    std::size_t const probed = of_kind(heard, "ping").size();
    RC_ASSERT(probed <= probes);
    RC_ASSERT(probes == 0U || probed > heard_before_probe);
    lines const messages = of_kind(heard, "binary");
    RC_ASSERT(messages.size() <= link.sent().size());
    RC_ASSERT(std::equal(messages.begin(), messages.end(), link.sent().begin()));
    if (closed) {
        RC_ASSERT(of_kind(heard, "close") == lines{"close 1008 x"});
        RC_ASSERT(heard.back() == "close 1008 x");
    } else {
        RC_ASSERT(messages.size() == link.sent().size());
    }
}

}  // namespace
}  // namespace trunkline::websocket
