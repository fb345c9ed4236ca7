#include <trunkline/peer/loop_gate.hpp>

#include <trunkline/transport/asio_runtime.hpp>
#include <trunkline/transport/simulated_runtime.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace trunkline::peers {
namespace {

bool posted(loop_gate& through, std::function<void()> work) {
    bool const taken = through.post(work);
    EXPECT_TRUE(taken || work != nullptr) << "what is refused is left";
    return taken;
}

/// Tries the gate once more when it is destroyed.
class late_comer {
public:
    late_comer(std::shared_ptr<loop_gate> through, std::optional<bool>& came)
        : through_(std::move(through)), came_(came) {}
    late_comer(late_comer const&) = delete;
    late_comer& operator=(late_comer const&) = delete;
    ~late_comer() {
        came_ = posted(*through_, [] {});
    }

private:
    std::shared_ptr<loop_gate> through_;
    std::optional<bool>& came_;
};

TEST(loop_gate, leads_to_a_context_of_asio_until_it_goes) {
    std::shared_ptr<loop_gate> gate;
    int ran = 0;
    {
        boost::asio::io_context context;
        gate = loop_gate::of(context.get_executor());
        EXPECT_TRUE(posted(*gate, [&] { ++ran; }));
        EXPECT_EQ(ran, 0);
        context.run();
    }
    EXPECT_EQ(ran, 1);
    EXPECT_FALSE(posted(*gate, [&] { ++ran; }));
    EXPECT_EQ(ran, 1);
}

TEST(loop_gate, leads_to_any_runtime_until_it_goes) {
    std::shared_ptr<loop_gate> gate;
    int ran = 0;
    {
        transport::simulated_runtime loop;
        gate = loop_gate::of(loop.executor());
        EXPECT_TRUE(posted(*gate, [&] { ++ran; }));
        EXPECT_EQ(ran, 0);
        loop.run_until_idle();
    }
    EXPECT_EQ(ran, 1);
    EXPECT_FALSE(posted(*gate, [&] { ++ran; }));
    EXPECT_EQ(ran, 1);
}

TEST(loop_gate, leads_on_when_a_runtime_on_a_context_of_others_has_gone) {
    boost::asio::io_context context;
    std::optional<transport::asio_runtime> loop(context);
    auto const gate = loop_gate::of(loop->executor());
    loop.reset();
    bool ran = false;
    EXPECT_TRUE(posted(*gate, [&] { ran = true; }));
    context.run();
    EXPECT_TRUE(ran);
}

TEST(loop_gate, is_one_for_each_context) {
    boost::asio::io_context one;
    boost::asio::io_context other;
    auto const gate = loop_gate::of(one.get_executor());
    EXPECT_EQ(loop_gate::of(one.get_executor()), gate);
    EXPECT_NE(loop_gate::of(other.get_executor()), gate);
}

TEST(loop_gate, is_shut_before_what_waits_in_the_context_is_destroyed) {
    std::optional<bool> came;
    {
        boost::asio::io_context context;
        auto const gate = loop_gate::of(context.get_executor());
        EXPECT_TRUE(posted(*gate, [last = std::make_shared<late_comer>(gate, came)] {}));
    }
    EXPECT_EQ(came, false);
}

}  // namespace
}  // namespace trunkline::peers
