// A small hash table from numbers to values: open addressing, no allocation per entry.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace trunkline::frame {

/// Linear probing over a power of two, at most three quarters full. Pointers to values stay valid
/// until the next insert, erase or clear. Values are moved, and default constructed in empty slots.
/// An emptied table gives a large array back.
template <std::unsigned_integral Key, class Value>
class id_table {
public:
    [[nodiscard]] Value* find(Key key) noexcept {
        std::size_t const at = locate(key);
        return at == nowhere ? nullptr : &slots_[at].value;
    }

    [[nodiscard]] Value const* find(Key key) const noexcept {
        return const_cast<id_table*>(this)->find(key);
    }

    [[nodiscard]] bool contains(Key key) const noexcept { return find(key) != nullptr; }

    /// `key` must not be in the table.
    Value& insert(Key key, Value value) {
        if ((size_ + 1) * 4 > slots_.size() * 3) {
            grow();
        }
        ++size_;
        return place(key, std::move(value));
    }

    /// False when there was nothing to erase.
    bool erase(Key key) {
        std::size_t const at = locate(key);
        if (at == nowhere) {
            return false;
        }
        close_hole(at);
        if (--size_ == 0 && slots_.size() > kept_slots_max) {
            std::vector<slot>().swap(slots_);
        }
        return true;
    }

    void clear() {
        std::vector<slot>().swap(slots_);
        size_ = 0;
    }

    /// Calls `visit(key, value)` for every entry, in no order that would be the same in another
    /// run; `visit` must not change the table.
    template <class Visitor>
    void for_each(Visitor&& visit) {
        for (slot& each : slots_) {
            if (each.used) {
                visit(each.key, each.value);
            }
        }
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    /// Memory of one entry, in bytes, at least: a table that has just grown is three eighths full.
    static constexpr std::size_t entry_size() noexcept { return 3 * sizeof(slot); }

private:
    struct slot {
        Key key{};
        bool used = false;
        Value value{};
    };

    static constexpr std::size_t first_slots = 8;
    static constexpr std::size_t kept_slots_max = 256;

    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    [[nodiscard]] std::size_t locate(Key key) const noexcept {
        if (size_ == 0) {
            return nowhere;
        }
        for (std::size_t at = home(key); slots_[at].used; at = next(at)) {
            if (slots_[at].key == key) {
                return at;
            }
        }
        return nowhere;
    }

    // Peers choose the keys, so where a key goes must not be known outside of this process.
    [[nodiscard]] std::size_t home(Key key) const noexcept {
        static char const secret = 0;
        std::uint64_t mixed = std::uint64_t{key} ^ reinterpret_cast<std::uintptr_t>(&secret);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58'476D'1CE4'E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D0'49BB'1331'11EB;
        return static_cast<std::size_t>(mixed >> shift_);
    }

    [[nodiscard]] std::size_t next(std::size_t at) const noexcept {
        return (at + 1) & (slots_.size() - 1);
    }

    Value& place(Key key, Value&& value) {
        std::size_t at = home(key);
        while (slots_[at].used) {
            at = next(at);
        }
        slots_[at].key = key;
        slots_[at].used = true;
        slots_[at].value = std::move(value);
        return slots_[at].value;
    }

    void grow() {
        std::vector<slot> old(slots_.empty() ? first_slots : slots_.size() * 2);
        old.swap(slots_);
        shift_ = static_cast<unsigned>(64 - std::countr_zero(slots_.size()));
        for (slot& each : old) {
            if (each.used) {
                place(each.key, std::move(each.value));
            }
        }
    }

    // Moves later entries of the probe run back, so that no run has a gap.
    void close_hole(std::size_t hole) {
        for (std::size_t at = next(hole); slots_[at].used; at = next(at)) {
            std::size_t const distance = (at - home(slots_[at].key)) & (slots_.size() - 1);
            std::size_t const moved = (at - hole) & (slots_.size() - 1);
            if (distance >= moved) {
                slots_[hole].key = slots_[at].key;
                slots_[hole].value = std::move(slots_[at].value);
                hole = at;
            }
        }
        slots_[hole] = slot{};
    }

    std::vector<slot> slots_;
    std::size_t size_ = 0;
    unsigned shift_ = 64;
};

}  // namespace trunkline::frame
