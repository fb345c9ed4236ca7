// Where typed lines come from, and what else is written where they are typed.
#pragma once

#include <functional>

namespace trunkline::chat_client {

/// Single-threaded.
class input_lines {
public:
    virtual ~input_lines() = default;

    /// Whether lines are to come; none does before it was asked for. They come from the loop.
    virtual void want(bool on) = 0;

    /// Calls `write`, which writes whole lines to where this writes, if it does at all: they stand
    /// above what is being typed. Not from inside of `write`.
    virtual void beside(std::function<void()> const& write) { write(); }

    /// No line is wanted any more, ever: a terminal is as it was before.
    virtual void leave() { want(false); }
};

}  // namespace trunkline::chat_client
