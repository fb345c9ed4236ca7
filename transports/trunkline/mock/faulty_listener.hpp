// Listens in memory and lets a test break what it accepts.
#pragma once

#include <trunkline/memory/hub.hpp>
#include <trunkline/transport/listener.hpp>
#include <trunkline/transport/runtime.hpp>

#include <list>
#include <memory>
#include <string>

namespace trunkline::mocks {

class faulty_link;

/// The faults of one listener and of the links that it has accepted. Outlives all of them.
/// Single-threaded.
class fault_panel {
public:
    /// Breaks all links, as a reset does: what is on its way is lost, both sides see an error.
    void cut();

    /// While stalled nothing moves on this side of any link, nor of those to come: what the other
    /// side sends waits, up to the capacity of the link.
    void stall(bool on);

    [[nodiscard]] bool stalled() const noexcept { return stalled_; }

private:
    friend class faulty_link;
    std::list<faulty_link*> links_;
    bool stalled_ = false;
};

/// Of a name in memory; while it is not reachable, dials are refused.
class faulty_listener final : public transport::listener {
public:
    /// All outlive it.
    faulty_listener(transport::runtime& loop, memory::hub& names, std::string url,
                    fault_panel& faults);

    void start(accepted sink) override;
    void close() override;
    [[nodiscard]] std::string endpoint() const override { return url_; }

    /// Listens, or does not: what has been accepted goes on.
    void set_reachable(bool on);

private:
    transport::runtime& loop_;
    memory::hub& names_;
    std::string url_;
    fault_panel& faults_;
    std::shared_ptr<accepted> sink_;  // kept alive while it is called
    std::unique_ptr<transport::listener> listening_;
};

}  // namespace trunkline::mocks
