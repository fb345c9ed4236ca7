// How many handlers run now.
#pragma once

#include <cstddef>
#include <memory>

namespace trunkline::conformance {

/// Handlers share the count, as they may go after the rule.
class running {
public:
    [[nodiscard]] std::size_t count() const noexcept { return *count_; }

private:
    friend class runs;
    std::shared_ptr<std::size_t> count_ = std::make_shared<std::size_t>(0);
};

/// In a handler as long as it runs.
class runs {
public:
    explicit runs(running const& of) : count_(of.count_) { ++*count_; }
    ~runs() { --*count_; }
    runs(runs const&) = delete;
    runs& operator=(runs const&) = delete;

private:
    std::shared_ptr<std::size_t> count_;
};

}  // namespace trunkline::conformance
