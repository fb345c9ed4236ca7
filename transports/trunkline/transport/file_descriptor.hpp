// Owns one descriptor of the operating system.
#pragma once

#include <utility>

namespace trunkline::transport {

/// Moves, does not copy; closes on destruction. Empty when negative.
class file_descriptor {
public:
    file_descriptor() noexcept = default;
    explicit file_descriptor(int value) noexcept : value_(value) {}
    file_descriptor(file_descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        file_descriptor taken(std::move(other));
        std::swap(value_, taken.value_);
        return *this;
    }
    ~file_descriptor() { reset(); }

    [[nodiscard]] int get() const noexcept { return value_; }
    [[nodiscard]] explicit operator bool() const noexcept { return value_ >= 0; }

    /// Gives it up without closing it.
    [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

    /// Closes now.
    void reset() noexcept;

private:
    int value_ = -1;
};

}  // namespace trunkline::transport
