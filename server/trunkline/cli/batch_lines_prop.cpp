#include <trunkline/cli/batch_lines.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace trunkline::cli {
namespace {

RC_GTEST_PROP(batch_lines, give_any_bytes_back,
              (std::string const& key, std::string const& value)) {
    for (auto const form : {line_form::text, line_form::hex, line_form::json}) {
        auto const line = line_of(form, as_bytes(key), as_bytes(value));
        RC_ASSERT(line.find('\n') == line.npos);
        batch_entry read;
        RC_ASSERT(read_line({form}, line, read) == "");
        RC_ASSERT(read == (batch_entry{key, value}));
    }
}

RC_GTEST_PROP(batch_lines, that_are_wrong_are_refused_or_read, (std::string const& line)) {
    for (auto const form : {line_form::text, line_form::hex, line_form::json}) {
        batch_entry read;
        if (read_line({form}, line, read).empty()) {
            batch_entry again;
            auto const value = read.value ? std::optional(as_bytes(*read.value)) : std::nullopt;
            RC_ASSERT(read_line({form}, line_of(form, as_bytes(read.key), value), again) == "");
            RC_ASSERT(again == read);
        }
    }
}

}  // namespace
}  // namespace trunkline::cli
