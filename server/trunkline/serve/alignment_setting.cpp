#include <trunkline/serve/alignment_setting.hpp>

#include <charconv>

namespace trunkline::server {

config::setting alignment_setting(std::string& value) {
    return {"alignment",
            "values begin at multiples of this many bytes; a file that speaks for another is "
            "refused",
            config::choice{&value, {alignment_by_default, "64", "16", "1"}}};
}

std::optional<std::uint32_t> alignment_of(std::string const& value) {
    std::uint32_t number = 0;
    auto const read = std::from_chars(value.data(), value.data() + value.size(), number);
    return read.ec == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace trunkline::server
