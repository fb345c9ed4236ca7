#include <trunkline/peer/call_metadata.hpp>

#include <algorithm>

namespace trunkline {

call_metadata::call_metadata(
    std::initializer_list<std::pair<std::string_view, std::string_view>> texts) {
    for (auto const& [key, text] : texts) {
        add(key, text);
    }
}

call_metadata& call_metadata::add(std::string_view key, bytes_view value) {
    entries_.push_back({std::string(key), {value.begin(), value.end()}});
    return *this;
}

call_metadata& call_metadata::add(std::string_view key, std::string_view text) {
    return add(key, as_bytes(text));
}

std::optional<bytes_view> call_metadata::find(std::string_view key) const noexcept {
    auto const found = std::ranges::find(entries_, key, &entry::key);
    return found == entries_.end() ? std::nullopt : std::optional<bytes_view>(found->value);
}

}  // namespace trunkline
