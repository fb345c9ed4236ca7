// SIGTERM and SIGINT: the first asks for an orderly end, the second ends at once. SIGHUP, where it
// is wanted: files are to be read again.
#pragma once

#include <functional>
#include <thread>

namespace trunkline::cli {

/// Made before any other thread: the signals are blocked in this thread and in those it starts.
/// While it lives, a thread of its own waits for them, so that neither a busy loop nor a store that
/// is being opened delays the answer.
class signal_watch {
public:
    /// `on_first(signal)` is called once, on the watching thread. At the second signal the process
    /// ends with exit code 128 plus its number; nothing else is done.
    /// `on_hangup` is called at every SIGHUP, there, too; without it that signal does what it
    /// always does.
    explicit signal_watch(std::function<void(int)> on_first, std::function<void()> on_hangup = {});
    ~signal_watch();
    signal_watch(signal_watch const&) = delete;
    signal_watch& operator=(signal_watch const&) = delete;

private:
    void watch() const;

    std::function<void(int)> on_first_;
    std::function<void()> on_hangup_;
    int signals_ = -1;
    int end_ = -1;
    std::thread thread_;
};

}  // namespace trunkline::cli
