// Streams of two drivers that fill their link: narrow links, long paths, with the extension and
// without.
#include <trunkline/flow/limits.hpp>
#include <trunkline/transport/driver_testing.hpp>
#include <trunkline/transport/simulated_pipe.hpp>
#include <trunkline/transport/stream_connection.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace trunkline::transport {
namespace {

using namespace testing;
using namespace std::chrono_literals;

constexpr std::uint64_t take = 9;  ///< a call in parts that is counted, and answered at its end

/// Writes a call in parts as fast as there is room.
class stream_of_bytes final : public rpc::room_waiter, private rpc::response_stream {
public:
    static std::shared_ptr<stream_of_bytes> begin(rpc::endpoint& at, std::size_t size) {
        auto const made = std::make_shared<stream_of_bytes>();
        made->at_ = &at;
        made->left_ = size;
        made->self_ = made;
        made->id_ = at.open(take, {}, *made).value();
        made->on_room();
        return made;
    }

    [[nodiscard]] bool answered() const noexcept { return answered_; }

    void on_room() override {
        while (left_ > 0 && at_->has_room(id_)) {
            slice part = text(std::string_view(piece).substr(0, left_));
            left_ -= part.bytes.size();
            ASSERT_TRUE(at_->write(id_, {&part, 1}));
        }
        if (left_ > 0) {
            at_->await_room(id_, self_);
        } else if (!ended_) {
            ended_ = true;
            ASSERT_TRUE(at_->end(id_));
        }
    }

private:
    inline static std::string const piece = std::string(chunk_size, 'x');

    void on_part(bytes_view) override {}
    void on_end() override { answered_ = true; }
    void on_failed(error_code, rpc::status, bytes_view) override { ADD_FAILURE(); }

    rpc::endpoint* at_ = nullptr;
    std::weak_ptr<rpc::room_waiter> self_;
    std::uint32_t id_ = 0;
    std::size_t left_ = 0;
    bool ended_ = false;
    bool answered_ = false;
};

class counted_call final : public rpc::call_stream {
public:
    counted_call(std::size_t& total, rpc::responder to) : total_(total), to_(std::move(to)) {}
    void on_part(bytes_view part) override { total_ += part.size(); }
    void on_end() override { to_.end(); }
    void on_cancelled(error_code) override {}

private:
    std::size_t& total_;
    rpc::responder to_;
};

/// With and without the extension.
class flow_of_streams : public ::testing::TestWithParam<bool> {
protected:
    void open(pipe_options const& options) {
        for (peer* const each : {&dialer, &acceptor}) {
            each->settings.session.layout = frame::layout::b;
            each->settings.session.extended = GetParam();
        }
        add(dialer, dialer_took);
        add(acceptor, acceptor_took);
        pipe = make_simulated_pipe(loop, options);
        acceptor.start(std::make_unique<stream_connection>(std::move(pipe.second)));
        dialer.start(std::make_unique<stream_connection>(std::move(pipe.first)));
        loop.run_until_idle();
    }

    static void add(peer& to, std::size_t& total) {
        ASSERT_TRUE(to.methods.add_stream(take, [&total](auto const&, rpc::responder by) {
            return std::make_unique<counted_call>(total, std::move(by));
        }));
    }

    // How long it takes until `done`.
    template <class Done>
    runtime::duration run_until(Done done) {
        auto const begun = loop.now();
        while (!done() && loop.now() - begun < 24h) {
            loop.run_for(1ms);
        }
        EXPECT_TRUE(done());
        return loop.now() - begun;
    }

    simulated_runtime loop;
    peer dialer{loop, rpc::side::dialer};
    peer acceptor{loop, rpc::side::acceptor};
    simulated_pipe pipe;
    std::size_t dialer_took = 0;
    std::size_t acceptor_took = 0;
};

INSTANTIATE_TEST_SUITE_P(extension, flow_of_streams, ::testing::Bool(),
                         [](auto const& of) { return std::string(of.param ? "with" : "without"); });

TEST_P(flow_of_streams, FLO_04_two_sides_that_write_much_through_a_narrow_link_both_finish) {
    open({.capacity = 1 * kib});
    auto const up = stream_of_bytes::begin(dialer.link().peer(), 16 * mib);
    auto const down = stream_of_bytes::begin(acceptor.link().peer(), 16 * mib);
    loop.run_until_idle();
    EXPECT_TRUE(up->answered());
    EXPECT_TRUE(down->answered());
    EXPECT_EQ(acceptor_took, 16 * mib);
    EXPECT_EQ(dialer_took, 16 * mib);
}

// What a link carries at most: its capacity is there again after a trip one way.
TEST_P(flow_of_streams, FLO_13_a_long_path_is_filled) {
    constexpr auto one_way = 25ms;
    constexpr std::size_t capacity = 512 * kib;
    constexpr std::size_t size = 128 * mib;
    open({.capacity = capacity, .latency = one_way});
    auto const up = stream_of_bytes::begin(dialer.link().peer(), size);
    auto const took = run_until([&] { return up->answered(); });
    EXPECT_EQ(acceptor_took, size);
    auto const least = one_way * (size / capacity);
    EXPECT_LT(took * 80, least * 100) << "less than 80 % of the link";
}

}  // namespace
}  // namespace trunkline::transport
