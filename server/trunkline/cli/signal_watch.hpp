// SIGTERM and SIGINT: the first asks for an orderly end, the second ends at once.
#pragma once

#include <functional>
#include <thread>

namespace trunkline::cli {

/// Made before any other thread: the two signals are blocked in this thread and in those it starts.
/// While it lives, a thread of its own waits for them, so that neither a busy loop nor a store that
/// is being opened delays the answer.
class signal_watch {
public:
    /// `on_first(signal)` is called once, on the watching thread. At the second signal the process
    /// ends with exit code 128 plus its number; nothing else is done.
    explicit signal_watch(std::function<void(int)> on_first);
    ~signal_watch();
    signal_watch(signal_watch const&) = delete;
    signal_watch& operator=(signal_watch const&) = delete;

private:
    void watch() const;

    std::function<void(int)> on_first_;
    int signals_ = -1;
    int end_ = -1;
    std::thread thread_;
};

}  // namespace trunkline::cli
