// A slice is a piece of outgoing payload: bytes, and what keeps them alive until they have been
// sent.
#pragma once

#include <trunkline/base/bytes.hpp>

#include <utility>

namespace trunkline {

/// Keeps borrowed bytes valid for as long as it lives: one pointer and the function that lets go of
/// it. Moves, does not copy, allocates nothing. An empty pin keeps nothing.
class pin {
public:
    pin() noexcept = default;

    /// `release(object)` is called once, from the thread that destroys the pin; it must not throw.
    pin(void* object, void (*release)(void*) noexcept) noexcept
        : object_(object), release_(release) {}

    /// Takes the bytes over; `other` holds nothing afterwards.
    pin(pin&& other) noexcept
        : object_(std::exchange(other.object_, nullptr)),
          release_(std::exchange(other.release_, nullptr)) {}

    /// Lets go of what it held, and takes over.
    pin& operator=(pin&& other) noexcept {
        pin taken(std::move(other));
        std::swap(object_, taken.object_);
        std::swap(release_, taken.release_);
        return *this;
    }

    ~pin() {
        if (release_ != nullptr) {
            release_(object_);
        }
    }

    /// Whether it holds anything.
    [[nodiscard]] explicit operator bool() const noexcept { return release_ != nullptr; }

private:
    void* object_ = nullptr;
    void (*release_)(void*) noexcept = nullptr;
};

/// Payload to be sent. With a pin the bytes are borrowed until the pin is destroyed; without one
/// they are copied by whoever takes the slice, before the call returns.
struct slice {
    /// Valid until keep_alive is destroyed; without one, until the call that takes them returns.
    bytes_view bytes;
    /// Who lends the bytes; empty when they are to be copied.
    pin keep_alive;
};

}  // namespace trunkline
