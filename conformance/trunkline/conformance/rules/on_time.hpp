// Whether a deadline came when it was to come, and reads that wait for theirs.
#pragma once

#include <trunkline/conformance/messages.hpp>
#include <trunkline/conformance/rules/calls.hpp>
#include <trunkline/conformance/world.hpp>
#include <trunkline/peer/stream_reader.hpp>

#include <memory>
#include <string>

namespace trunkline::conformance {

/// What timers, and a turn there and back, may take.
[[nodiscard]] inline transport::runtime::duration grace(world& at) {
    return at.options().virtual_time ? std::chrono::seconds::zero() : budget;
}

/// Throws rule_broken when what was due then came earlier, or later than that.
inline void expect_on_time(world& at, transport::runtime::time_point due,
                           transport::runtime::time_point ended, std::string const& whose) {
    expect(ended >= due, whose + " came early");
    expect(ended - due <= grace(at), whose + " came late");
}

/// Throws rule_broken unless it failed because its deadline has passed.
template <class Outcome>
void expect_passed(Outcome const& ended, std::string const& what) {
    expect(!ended, what + " has succeeded");
    expect(ended.error().error == call_error::deadline_passed, what + " ended otherwise");
}

/// The same of a call under way.
inline void expect_passed(begun_call const& call, std::string const& what) {
    expect(call.error() == call_error::deadline_passed, what + " ended otherwise");
}

/// A read that waits. May go before it ends.
class begun_read {
public:
    explicit begun_read(stream_reader<blob>& from) {
        from.async_read([to = seen_](stream_reader<blob>::outcome next) {
            to->ended = true;
            to->failure = next ? error_code() : next.error().error;
            to->size = next && *next ? (**next)->bytes.size() : 0;
        });
    }

    [[nodiscard]] bool has_ended() const noexcept { return seen_->ended; }
    /// None where a part has come, or the end.
    [[nodiscard]] error_code failure() const noexcept { return seen_->failure; }
    /// Bytes of the part.
    [[nodiscard]] std::size_t size() const noexcept { return seen_->size; }

private:
    struct outcome {
        bool ended = false;
        error_code failure;
        std::size_t size = 0;
    };

    std::shared_ptr<outcome> seen_ = std::make_shared<outcome>();
};

}  // namespace trunkline::conformance
