#include <interop/wire_client.hpp>

#include <utility>

namespace trunkline::interop {

bool wire_world::wait(std::function<bool()> const& happened, std::chrono::milliseconds patience) {
    bool late = false;
    auto const timer = loop_.after(patience, [this, &late] {
        late = true;
        look_again();
    });
    while (!happened() && !late) {
        loop_.run();
        if (!failed_.empty()) {
            throw std::runtime_error(failed_);
        }
    }
    return happened();
}

wire_client::wire_client(wire_world& world, std::string const& address, frame::layout layout)
    : world_(world), layout_(layout) {
    std::optional<result<std::unique_ptr<transport::connection>>> dialed;
    world.dialer().dial("ws://" + address + "/ws", [&](auto made) {
        dialed.emplace(std::move(made));
        world.look_again();
    });
    (void)world.wait([&dialed] { return dialed.has_value(); }, patience);
    if (!dialed || !*dialed) {
        throw std::runtime_error(address + ": " +
                                 (dialed ? dialed->error().message() : "no answer"));
    }
    transport::driver::options options;
    options.session.local_side = rpc::side::dialer;
    options.session.layout = layout;
    driver_ = std::make_unique<transport::driver>(
        world.loop(), std::move(**dialed), methods_, options,
        [this](transport::connection_state state, error_code) {
            ended_ = ended_ || state == transport::connection_state::disconnected ||
                     state == transport::connection_state::error;
            world_.look_again();
        });
    driver_->start();
}

std::unique_ptr<wire_client> wire_client::detect(wire_world& world, std::string const& address) {
    auto layout = frame::layout::b;
    for (std::chrono::milliseconds wait{500}; wait < patience; wait *= 2) {
        auto made = std::make_unique<wire_client>(world, address, layout);
        bool answered = false;
        made->call(store_service::len, {}, [&answered](auto const& got) { answered = !got->lost; });
        if (world.wait([&] { return answered || made->ended(); }, wait) && answered) {
            return made;
        }
        made.reset();  // and with it the call, while `answered` is there
        layout = layout == frame::layout::b ? frame::layout::a : frame::layout::b;
    }
    throw std::runtime_error(address + ": answers to neither layout");
}

}  // namespace trunkline::interop
