// How many of a client's calls may be made again, as gRPC bounds them: so that retries do not add
// to the load of a server that fails.
#pragma once

#include <cstddef>

namespace trunkline {

/// When calls marked as repeatable are made again.
struct retry_options {
    /// Tokens of a full budget. Each loss of a repeatable call takes one; calls are made again
    /// while there is more than half of them.
    double tokens = 10;
    /// What each answered call gives back: with 0.1 at most about one call in ten is made again.
    double tokens_per_answer = 0.1;
    /// How often one call is sent at most, the first time included.
    std::size_t attempts_max = 5;
};

namespace peers {

/// A value; single-threaded.
class retry_budget {
public:
    explicit retry_budget(retry_options const& options = {}) noexcept
        : options_(options), tokens_(options.tokens) {}

    [[nodiscard]] std::size_t attempts_max() const noexcept { return options_.attempts_max; }

    /// A call was answered.
    void answered() noexcept {
        tokens_ += options_.tokens_per_answer;
        tokens_ = tokens_ < options_.tokens ? tokens_ : options_.tokens;
    }

    /// A call was lost that might be made again: whether it may.
    [[nodiscard]] bool take() noexcept {
        tokens_ = tokens_ > 1 ? tokens_ - 1 : 0;
        return tokens_ > options_.tokens / 2;
    }

private:
    retry_options options_;
    double tokens_;
};

}  // namespace peers
}  // namespace trunkline
