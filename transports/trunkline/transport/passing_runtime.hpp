// A runtime that passes everything on to another one: for those that change one thing.
#pragma once

#include <trunkline/transport/runtime.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace trunkline::transport {

/// Derive from it and override what is to be different; executor() goes by post(), whichever that
/// is. Work that was posted is the other one's, and may run when this has gone. A derived one that
/// keeps such work itself lets go of it in its destructor, before and after drop_commons(). One
/// whose post() needs members of its own calls that first, as other threads may post until then.
class passing_runtime : public runtime {
public:
    /// `inner` outlives it.
    explicit passing_runtime(runtime& inner) noexcept : inner_(inner) {}
    ~passing_runtime() override { drop_commons(); }

    [[nodiscard]] time_point now() const noexcept override { return inner_.now(); }
    [[nodiscard]] std::uint64_t wall_clock_us() const noexcept override {
        return inner_.wall_clock_us();
    }
    [[nodiscard]] std::unique_ptr<timer> after(duration delay,
                                               std::function<void()> work) override {
        return inner_.after(delay, std::move(work));
    }
    void post(std::function<void()> work) override { inner_.post(std::move(work)); }
    [[nodiscard]] bool wait_until(std::function<bool()> const& done) override {
        return inner_.wait_until(done);
    }

protected:
    [[nodiscard]] runtime& inner() const noexcept { return inner_; }

private:
    runtime& inner_;
};

}  // namespace trunkline::transport
