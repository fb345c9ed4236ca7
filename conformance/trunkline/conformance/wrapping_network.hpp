// A network that puts something around the connections of another one.
#pragma once

#include <trunkline/transport/network.hpp>

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace trunkline::conformance {

/// Outlived by the network below; outlives its own listeners and dialers.
class wrapping_network final : public transport::network {
public:
    using link = std::unique_ptr<transport::connection>;
    /// Given each new connection, and whether it was dialled here.
    using wrapper = std::function<link(link, bool dialled)>;

    wrapping_network(transport::network& below, wrapper wrap)
        : below_(below), wrap_(std::make_shared<wrapper>(std::move(wrap))) {}

    [[nodiscard]] result<std::unique_ptr<transport::listener>> listen(
        transport::runtime& loop, std::string_view url) override {
        auto made = below_.listen(loop, url);
        if (!made) {
            return made.error();
        }
        return std::unique_ptr<transport::listener>(
            std::make_unique<wrapped_listener>(std::move(*made), wrap_));
    }

    [[nodiscard]] std::unique_ptr<transport::dialer> make_dialer(
        transport::runtime& loop) override {
        return std::make_unique<wrapped_dialer>(below_.make_dialer(loop), wrap_);
    }

private:
    using shared_wrapper = std::shared_ptr<wrapper>;

    class wrapped_listener final : public transport::listener {
    public:
        wrapped_listener(std::unique_ptr<listener> below, shared_wrapper wrap)
            : below_(std::move(below)), wrap_(std::move(wrap)) {}
        void start(accepted sink) override {
            below_->start([sink = std::move(sink), wrap = wrap_](link made) {
                sink((*wrap)(std::move(made), false));
            });
        }
        void close() override { below_->close(); }
        [[nodiscard]] std::string endpoint() const override { return below_->endpoint(); }

    private:
        std::unique_ptr<listener> below_;
        shared_wrapper wrap_;
    };

    class wrapped_dialer final : public transport::dialer {
    public:
        wrapped_dialer(std::unique_ptr<dialer> below, shared_wrapper wrap)
            : below_(std::move(below)), wrap_(std::move(wrap)) {}
        void dial(std::string_view url, dialed done) override {
            below_->dial(url, [done = std::move(done), wrap = wrap_](result<link> made) {
                done(made ? result<link>((*wrap)(std::move(*made), true)) : std::move(made));
            });
        }

    private:
        std::unique_ptr<dialer> below_;
        shared_wrapper wrap_;
    };

    transport::network& below_;
    shared_wrapper wrap_;
};

}  // namespace trunkline::conformance
