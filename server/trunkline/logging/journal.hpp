// Where log lines go: to standard error, through spdlog.
#pragma once

#include <trunkline/logging/levels.hpp>
#include <trunkline/logging/line.hpp>

#include <initializer_list>
#include <memory>
#include <string_view>

namespace spdlog::sinks {
class sink;
}

namespace trunkline::logging {

/// Made once by main and handed to the parts that log; there is no global one. Lines may be written
/// from any thread. A line below its module's level costs one comparison.
class journal {
public:
    journal(level_table const& levels, line_format as);

    /// Lines go to `sink` instead of standard error.
    journal(level_table const& levels, line_format as, std::shared_ptr<spdlog::sinks::sink> sink);

    ~journal();
    journal(journal const&) = delete;
    journal& operator=(journal const&) = delete;

    [[nodiscard]] bool wants(area from, level importance) const noexcept {
        return importance <= levels_.of(from);
    }

    void write(area from, level importance, std::string_view sentence,
               std::initializer_list<field> fields = {}) const;

private:
    level_table levels_;
    line_format format_;
    std::shared_ptr<spdlog::sinks::sink> sink_;
};

}  // namespace trunkline::logging
