// What a store may answer, by the writes that were asked of it and what became of them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::sim {

/// Each key has one writer, and at most one write under way. Values are what the writer calls them;
/// the empty one is none at all. A write that failed, but may have been carried out, may come to be
/// at any later time until the server dies: a late request is carried out late. One that waits to
/// be sent while the server dies is none of those: it is carried out by the next life, or fails as
/// one that was not sent. Single-threaded.
class expected_values {
public:
    /// Values that one read may give: those of when it began, and what was written since.
    using answers = std::shared_ptr<std::vector<std::string>>;

    /// How far a write has come that got no answer.
    enum class failed : bool {
        for_sure,  ///< nothing of it was sent
        perhaps,   ///< it may have been carried out
    };

    /// A write has begun.
    void begin(std::string const& key, std::string const& value);
    /// One write of all these keys has begun, which is carried out as a whole and once at most.
    void begin_all(std::vector<std::string> const& keys, std::string const& value);
    /// It was acknowledged. One that may have been made `twice` can come to be again.
    void acknowledge(std::string const& key, bool twice);
    /// It was not.
    void fail(std::string const& key, failed how);

    /// A read of the key begins.
    [[nodiscard]] answers reading(std::string const& key);
    /// Whether it may give that.
    [[nodiscard]] static bool allows(answers const& of, std::string_view value);

    /// This is what is there now, as the server has died and come back, or as everybody has been
    /// quiet for long: no earlier write comes late any more. False when it may not be there.
    [[nodiscard]] bool settle(std::string const& key, std::string const& value);
    /// The server has died and come back with these values, by key: false when a write of several
    /// keys was carried out in part. Tails begin anew.
    [[nodiscard]] bool begin_life(std::map<std::string, std::string> const& found);

    /// The end of the file, in bytes, that was acknowledged last in this life; 0: none.
    [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }
    /// One more.
    void acknowledge_tail(std::uint64_t tail) noexcept { tail_ = tail > tail_ ? tail : tail_; }
    /// Counts deaths.
    [[nodiscard]] std::size_t life() const noexcept { return life_; }

    /// Whether a write of the key has begun and not ended.
    [[nodiscard]] bool is_being_written(std::string const& key) const;
    /// Every key that was ever asked for, in order.
    [[nodiscard]] std::vector<std::string> keys() const;

private:
    struct state {
        std::string sure;                  // acknowledged last, or found when it came back
        std::vector<std::string> perhaps;  // not acknowledged, or twice
        std::optional<std::string> under_way;
        std::vector<std::weak_ptr<std::vector<std::string>>> readers;
    };
    // A write of several keys.
    struct batch {
        std::string value;
        std::vector<std::string> keys;
        std::set<std::string> only;  // those that nothing else can have written since it began
    };
    [[nodiscard]] bool is_under_way(batch const& one) const;

    std::map<std::string, state> keys_;
    std::vector<batch> batches_;  // of this life
    std::uint64_t tail_ = 0;
    std::size_t life_ = 0;
};

}  // namespace trunkline::sim
