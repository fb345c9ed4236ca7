// Whatever is printed can be read again.
#include <trunkline/config/units.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace trunkline::config {
namespace {

RC_GTEST_PROP(units_properties, a_size_survives_the_round_trip, (std::uint64_t number)) {
    auto const bytes = number << *rc::gen::inRange(0, 41);
    RC_ASSERT(parse_size(format_size(bytes)).value() == bytes);
}

RC_GTEST_PROP(units_properties, a_duration_survives_the_round_trip, ()) {
    auto const scale = *rc::gen::element(1, 1'000, 60'000, 3'600'000);
    auto const duration =
        std::chrono::milliseconds{std::int64_t{*rc::gen::inRange(0, 1 << 30)} * scale};
    RC_ASSERT(parse_duration(format_duration(duration)).value() == duration);
}

RC_GTEST_PROP(units_properties, any_text_is_read_or_refused, (std::string const& text)) {
    (void)parse_duration(text);
    (void)parse_count(text);
    if (auto const size = parse_size(text)) {
        RC_ASSERT(parse_size(format_size(*size)).value() == *size);
    }
}

}  // namespace
}  // namespace trunkline::config
