// The store for one thread with connections, whose cold values are read in by other threads.
#pragma once

#include <trunkline/serve/value_loader.hpp>
#include <trunkline/store_service/backend.hpp>
#include <trunkline/transport/runtime.hpp>

#include <functional>
#include <utility>
#include <vector>

namespace trunkline::server {

/// Used on the thread of `loop`, which outlives the loader.
class loading_backend : public store_service::embedded_backend {
public:
    loading_backend(store::store& of, value_loader& loader, transport::runtime& loop) noexcept
        : embedded_backend(of), loader_(loader), loop_(loop) {}

    [[nodiscard]] bool is_loaded(bytes_view value) override { return loader_.is_loaded(value); }

    void load(std::vector<bytes_view> values, std::function<void()> then) override {
        loader_.load(std::move(values), loop_, std::move(then));
    }

protected:
    [[nodiscard]] transport::runtime& loop() noexcept { return loop_; }

private:
    value_loader& loader_;
    transport::runtime& loop_;
};

}  // namespace trunkline::server
