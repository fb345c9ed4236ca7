// What a store may answer, by the writes that were asked of it and what became of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::sim {

/// Each key has one writer, and at most one write under way. Values are what the writer calls them;
/// the empty one is none at all. A write that failed, but may have been carried out, may come to be
/// at any later time until the server dies: a late request is carried out late. Single-threaded.
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
    /// It was acknowledged. One that may have been made `twice` can come to be again.
    void acknowledge(std::string const& key, bool twice);
    /// It was not.
    void fail(std::string const& key, failed how);

    /// A read of the key begins.
    [[nodiscard]] answers reading(std::string const& key);
    /// Whether it may give that.
    [[nodiscard]] static bool allows(answers const& of, std::string_view value);

    /// The server has died and come back, and has this value: false when it may not.
    [[nodiscard]] bool came_back(std::string const& key, std::string const& value);

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

    std::map<std::string, state> keys_;
};

}  // namespace trunkline::sim
