// What the service needs of a store: the seam for stores that are not one file of this machine.
#pragma once

#include <trunkline/base/recycled_memory.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/base/slice.hpp>
#include <trunkline/store/store.hpp>
#include <trunkline/store_service/messages.hpp>
#include <trunkline/typed/handler.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::store_service {

/// The duty to answer one write, now or later, on the thread of its connection. An error travels as
/// its message.
class tail_answer {
public:
    /// Answers `to`.
    explicit tail_answer(typed::reply<tail_response> to) noexcept : to_(std::move(to)) {}

    /// The offset behind the last entry, in bytes, or the text of the error.
    void operator()(result<std::uint64_t> const& tail);
    /// As typed::reply::refuse().
    void refuse(std::string_view text) { to_.refuse(text); }

    /// For writes that wait, as rpc::responder says.
    [[nodiscard]] bool keep(std::size_t bytes) { return to_.untyped().keep(bytes); }
    /// Reads nothing more of the caller until the answer.
    void stop_input() { to_.untyped().stop_input(); }

private:
    typed::reply<tail_response> to_;
};

/// Values of fewer bytes are copied on their way to the link (frame/borrowing.hpp). So those of a
/// batch have no pin of their own, as to let go of a thousand costs more than to copy them; and
/// the disk is not asked about.
inline constexpr std::size_t own_pin_size_min = 512;

/// What a batch read finds.
struct found_values {
    recycled_vector<std::optional<slice>> values;  ///< one for each key, in order
    pin kept;  ///< keeps the values that have no pin of their own
};

/// Called from the threads of many connections at once; does not block for long. Views are valid
/// during the call; values that are given live as long as their pins.
class store_backend {
public:
    virtual ~store_backend() = default;

    /// All or nothing, in order, the last of equal keys wins. Answers the end of the file, in
    /// bytes.
    virtual void write(std::span<store::key_value const> entries, tail_answer answer) = 0;

    /// Answers the end of the file, in bytes. Unknown keys are no error.
    virtual void remove(bytes_view key, tail_answer answer) = 0;

    /// The value of a key, with its pin; nothing when it has none.
    [[nodiscard]] virtual std::optional<slice> read(bytes_view key) = 0;

    /// One result per key, in order, all of one moment.
    [[nodiscard]] virtual found_values batch_read(std::span<bytes_view const> keys) = 0;

    /// Whether a value, of own_pin_size_min bytes or more, can be sent without waiting for the
    /// disk.
    [[nodiscard]] virtual bool is_loaded(bytes_view value) = 0;

    /// Makes values such, then calls `then` on the thread of the connection, now or later; or drops
    /// it when that thread ends. Their pins live until then.
    virtual void load(std::vector<bytes_view> values, std::function<void()> then) = 0;

    /// How much a store holds.
    struct totals {
        std::uint64_t live_keys = 0;  ///< keys with a value
        std::uint64_t file_size = 0;  ///< bytes
    };
    /// What it holds now.
    [[nodiscard]] virtual totals count() = 0;
};

/// One store file of this process; the store outlives the backend. Writes are answered at once: for
/// stores whose writes do not wait for the disk.
class embedded_backend : public store_backend {
public:
    /// `of` outlives it.
    explicit embedded_backend(store::store& of) noexcept : store_(of) {}

    void write(std::span<store::key_value const> entries, tail_answer answer) override;
    void remove(bytes_view key, tail_answer answer) override;
    /// As store_backend says.
    [[nodiscard]] std::optional<slice> read(bytes_view key) override;
    [[nodiscard]] found_values batch_read(std::span<bytes_view const> keys) override;
    /// Always: here the send waits for the disk.
    [[nodiscard]] bool is_loaded(bytes_view) override { return true; }
    /// Calls `then`.
    void load(std::vector<bytes_view>, std::function<void()> then) override { then(); }
    /// As store_backend says.
    [[nodiscard]] totals count() override;

private:
    store::store& store_;
};

}  // namespace trunkline::store_service
