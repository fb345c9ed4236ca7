#include <trunkline/logging/journal.hpp>

#include <spdlog/formatter.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <chrono>

namespace trunkline::logging {
namespace {

/// The line arrives finished; only its end is missing.
class line_end final : public spdlog::formatter {
public:
    void format(spdlog::details::log_msg const& message, spdlog::memory_buf_t& to) override {
        to.append(message.payload.begin(), message.payload.end());
        to.push_back('\n');
    }
    [[nodiscard]] std::unique_ptr<formatter> clone() const override {
        return std::make_unique<line_end>();
    }
};

spdlog::level::level_enum as_spdlog(level importance) {
    switch (importance) {
        case level::error:
            return spdlog::level::err;
        case level::warn:
            return spdlog::level::warn;
        case level::info:
            return spdlog::level::info;
        case level::debug:
            return spdlog::level::debug;
        case level::trace:
            break;
    }
    return spdlog::level::trace;
}

}  // namespace

journal::journal(level_table const& levels, line_format as)
    : journal(levels, as, std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

journal::journal(level_table const& levels, line_format as,
                 std::shared_ptr<spdlog::sinks::sink> sink)
    : levels_(levels), format_(as), sink_(std::move(sink)) {
    sink_->set_formatter(std::make_unique<line_end>());
}

journal::~journal() = default;

void journal::write(area from, level importance, std::string_view sentence,
                    std::initializer_list<field> fields) const {
    if (!wants(from, importance)) {
        return;
    }
    auto const now = std::chrono::system_clock::now();
    std::string const line = format_line({now, importance, from, sentence, fields}, format_);
    auto const module_name = name_of(from);
    sink_->log({now,
                {},
                {module_name.data(), module_name.size()},
                as_spdlog(importance),
                {line.data(), line.size()}});
}

}  // namespace trunkline::logging
