// A disk that stalls: the first sync of a program waits until a test lets it go on.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace trunkline::test_support {

/// A gate for programs that are started with `environment()`; it outlives them.
class sync_gate {
public:
    /// Makes the FIFO. Throws std::system_error.
    explicit sync_gate(std::filesystem::path fifo);
    ~sync_gate();
    sync_gate(sync_gate const&) = delete;
    sync_gate& operator=(sync_gate const&) = delete;

    /// What the program needs to know; `fault_switch` is the file of that name.
    [[nodiscard]] std::map<std::string, std::string> environment(
        std::string const& fault_switch) const;

    /// Returns when a sync stands before the gate; throws std::runtime_error when none comes.
    void wait_for_sync();

    /// Lets it, and all later ones, go on. After wait_for_sync().
    void open();

private:
    std::filesystem::path fifo_;
    int descriptor_ = -1;
};

}  // namespace trunkline::test_support
