// A message as all who receive it share it: encoded once, one block of memory, counted once.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/slice.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace trunkline::rooms {

class message_draft;

/// Bytes of a number that a text carries: as many as the largest has.
inline constexpr std::size_t number_digits = 20;

/// A reference to bytes that nobody changes any more. Copies share them. Any thread; one object is
/// used by one thread at a time. The memory is recycled by the thread that lets go last.
class shared_message {
public:
    shared_message() noexcept = default;
    /// Shares the bytes.
    shared_message(shared_message const& other) noexcept;
    /// Takes them over.
    shared_message(shared_message&& other) noexcept
        : block_(std::exchange(other.block_, nullptr)) {}
    /// Lets go of what it had.
    shared_message& operator=(shared_message other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~shared_message();

    /// Whether there is a message.
    [[nodiscard]] explicit operator bool() const noexcept { return block_ != nullptr; }

    /// Valid as long as any reference. Empty where there is no message.
    [[nodiscard]] bytes_view bytes() const noexcept;

    /// Of messages of one hall: greater than that of every message said before in its room.
    [[nodiscard]] std::uint64_t number() const noexcept;

    /// The bytes, with a reference of its own.
    [[nodiscard]] slice lend() const noexcept;

    /// Bytes of all messages of this process, each counted once.
    [[nodiscard]] static std::size_t size_of_all() noexcept;

private:
    friend class message_draft;
    struct block;

    explicit shared_message(block* owned) noexcept : block_(owned) {}

    block* block_ = nullptr;
};

/// A message while it is written. Moves, does not copy; used by one thread at a time.
class message_draft {
public:
    /// Of `size` bytes, which are to be written. Throws std::bad_alloc.
    explicit message_draft(std::size_t size);

    /// `other` is of no use afterwards.
    message_draft(message_draft&& other) noexcept = default;
    /// The same.
    message_draft& operator=(message_draft&& other) noexcept = default;
    ~message_draft() = default;

    /// What it says.
    [[nodiscard]] mutable_bytes bytes() noexcept;

    /// The number is part of the bytes: 8 of them from `offset` on, little-endian.
    void carry_number_at(std::size_t offset) noexcept { number_at_ = offset; }

    /// The number is part of the text: number_digits bytes of it from `offset` on, with blanks
    /// before the digits.
    void carry_digits_at(std::size_t offset) noexcept { digits_at_ = offset; }

    /// It goes into the history of its room, where there is one.
    void keep() noexcept { is_kept_ = true; }

    /// Whether it does.
    [[nodiscard]] bool is_kept() const noexcept { return is_kept_; }

    /// Gives the message its number; the draft is of no use afterwards.
    [[nodiscard]] shared_message finish(std::uint64_t number) && noexcept;

private:
    static constexpr std::size_t nowhere = SIZE_MAX;

    shared_message made_;
    std::size_t number_at_ = nowhere;
    std::size_t digits_at_ = nowhere;
    bool is_kept_ = false;
};

}  // namespace trunkline::rooms
