// What is said at the end: a rule of the family CLS.
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/history.hpp>
#include <trunkline/conformance/sides.hpp>
#include <trunkline/transport/close_reason.hpp>

#include <array>
#include <optional>
#include <string>

namespace trunkline::conformance {
namespace {

using transport::close_code;
using transport::close_reason;

constexpr close_code own_code{4001};

void the_reason_is_told(world& at) {
    for (close_reason const& given :
         {close_reason{own_code, "enough"}, close_reason{close_code::going_away, "for today"},
          close_reason{close_code::policy_violation, ""}}) {
        for (bool const caller_closes : {true, false}) {
            observed seen;
            pairing joining(at);
            seen.watch(joining.client());
            seen.watch(joining.server());
            auto pair = joining.extended().connect();
            peer const closing = caller_closes ? pair.caller() : pair.callee();
            peer const told = caller_closes ? pair.callee() : pair.caller();
            expect(!told.farewell(), "a reason is told of a connection that is open");
            closing.close(given.code, given.text);
            expect(at.comes_true([&] { return seen.both_have_ended(); }), "an end was not told");
            auto const got = told.farewell();
            expect(got.has_value(), "the other side was told no reason");
            expect(*got == given, "it was told " + std::to_string(static_cast<int>(got->code)) +
                                      " \"" + got->text + "\", in place of " +
                                      std::to_string(static_cast<int>(given.code)) + " \"" +
                                      given.text + "\"");
            expect(!closing.farewell(), "who closed is told a reason of the other side");
        }
    }
}

constexpr std::array rules{
    rule{"CLS-11", level::must,
         "A close code and reason given by one side is the one the other side reports.",
         "What close() sends with its code and text, and what farewell() gives at the end.",
         needs::nothing, the_reason_is_told},
};

}  // namespace

std::span<rule const> close_reason_rules() {
    return rules;
}

}  // namespace trunkline::conformance
