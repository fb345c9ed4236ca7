// Plays histories on our store, and on the plain model of ours or of the published one.
#pragma once

#include <interop/history.hpp>
#include <replay/plain_store.hpp>
#include <trunkline/store/store.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace trunkline::interop {

/// What one call gave: a tail, or the text of a refusal.
struct outcome {
    std::optional<std::uint64_t> tail;
    std::string error;
    friend bool operator==(outcome const&, outcome const&) = default;
};

/// "tail 81" or "error Old key not found".
[[nodiscard]] std::string to_text(outcome const& one);

/// The file of one of the two stores of a history.
[[nodiscard]] std::filesystem::path path_of(std::filesystem::path const& folder, history const& one,
                                            std::size_t store);

using store_pair = std::array<std::unique_ptr<store::store>, 2>;

/// Throws std::runtime_error with the path that cannot be opened.
[[nodiscard]] store_pair open_pair(std::filesystem::path const& folder, history const& one,
                                   std::uint32_t alignment);

[[nodiscard]] outcome play(store_pair& stores, step const& one);

/// The two files as they must be. Where published and our behaviour differ, `rules` decides for
/// each part anew (store_rules).
class plain_pair {
public:
    explicit plain_pair(std::uint32_t alignment);

    void begin_part(replay::store_rules const& rules);
    [[nodiscard]] outcome play(step const& one);
    [[nodiscard]] replay::plain_store const& of(std::size_t store) const { return stores_[store]; }

private:
    outcome play_values(replay::plain_store& here, step const& one);
    outcome play_move(replay::plain_store& here, step const& one);

    std::uint32_t alignment_;
    std::array<replay::plain_store, 2> stores_;
};

}  // namespace trunkline::interop
