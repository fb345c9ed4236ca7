// Clients that say something and end their input at once, and what they still hear.
#pragma once

#include <trunkline/conform/caller.hpp>
#include <trunkline/conform/web_talk.hpp>
#include <trunkline/conformance/frame_cutter.hpp>
#include <trunkline/conformance/world.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::conform {

/// One connection. Its input ends by half-close, or over WebSocket by a Close or without one.
class last_words {
public:
    /// `said`: bytes of frames; `with_close` matters over WebSocket only.
    last_words(conformance::world& at, std::string_view said, bool with_close = true);

    [[nodiscard]] bool has_ended() const;
    /// All that have come; throws rule_broken where that was no frames.
    [[nodiscard]] std::vector<conformance::heard_message> answers() const;

private:
    [[nodiscard]] std::string heard() const;

    conformance::world& at_;
    std::unique_ptr<caller> plain_;
    std::unique_ptr<web_talk> web_;
};

/// Many of them beside a connection that behaves.
class crowd {
public:
    explicit crowd(conformance::world& at);

    /// One more, as last_words.
    void say(std::string_view bytes, bool with_close = true);
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
    [[nodiscard]] last_words const& operator[](std::size_t which) const { return *all_[which]; }
    void clear() { all_.clear(); }

    /// When the server has looked at all of it, it still serves, and none of it was a call that
    /// succeeds; throws rule_broken otherwise. How and when connections end is not judged: those
    /// that stay are waited for once, together. `what` they said is told then: "calls in part".
    void expect_survived(std::string const& what);

private:
    conformance::world& at_;
    caller other_;
    std::vector<std::unique_ptr<last_words>> all_;
};

}  // namespace trunkline::conform
