#include <replay/store_set.hpp>

#include <trunkline/base/noise.hpp>

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>

namespace trunkline::replay {
namespace {

// The manifest and its companions, read once for each run.
std::optional<json::value> const& companion(char const* name) {
    static std::map<std::string, std::optional<json::value>> read;
    auto const [found, fresh] = read.try_emplace(name);
    if (fresh) {
        found->second = read_json(store_folder() / name);
    }
    return found->second;
}

// One part of a companion; null when there is none.
json::value const* section(char const* file, std::string_view name) {
    auto const& whole = companion(file);
    auto const* const fields = whole ? whole->if_object() : nullptr;
    return fields != nullptr ? fields->if_contains(name) : nullptr;
}

std::optional<std::uint32_t> alignment_of(std::string_view revision) {
    for (auto const& [name, alignment] :
         {std::pair{"a64", 64U}, std::pair{"a16", 16U}, std::pair{"a1", 1U}}) {
        if (revision == name) {
            return alignment;
        }
    }
    return std::nullopt;
}

byte_string pattern(std::uint64_t seed, std::size_t size) {
    byte_string bytes(size);
    for (auto& each : bytes) {
        each = static_cast<std::byte>(next_noise(seed) >> 56);
    }
    return bytes;
}

}  // namespace

json::array const* store_record::list(std::string_view key) const {
    auto const* const found = fields.if_contains(key);
    return found != nullptr ? found->if_array() : nullptr;
}

json::object const* store_record::object(std::string_view key) const {
    auto const* const found = fields.if_contains(key);
    return found != nullptr ? found->if_object() : nullptr;
}

bool store_record::shows_defect() const {
    auto const* const note = fields.if_contains("note");
    return note != nullptr && note->is_string() &&
           std::string_view(note->get_string()).find("DEFECT") != std::string_view::npos;
}

std::vector<store_record> store_records() {
    std::map<std::string, store_record, std::less<>> records;
    auto const add = [&records](json::object const& fields, std::string_view name,
                                std::string_view revision) {
        auto const alignment = alignment_of(revision);
        store_record record{fields, std::string(name), alignment.value_or(0)};
        if (alignment && std::filesystem::exists(record.path())) {
            records.try_emplace(record.name, std::move(record));
        }
    };
    if (auto const* const listed = section("manifest.json", "files")) {
        for (auto const& each : listed->as_array()) {
            auto const& fields = each.as_object();
            add(fields, fields.at("file").as_string(), fields.at("revision").as_string());
        }
    }
    // A file of which only the tail is known can be opened, if no more.
    if (auto const* const listed = section("verified_recovery.json", "files")) {
        for (auto const& each : listed->as_object()) {
            std::string_view const name = each.key();
            add({}, name, name.substr(0, name.find('/')));
        }
    }
    std::vector<store_record> in_order;
    for (auto& [name, record] : records) {
        in_order.push_back(std::move(record));
    }
    return in_order;
}

void check_store_records(std::vector<store_record> const& records,
                         std::function<void(store_record const&)> const& check) {
    if (records.empty()) {
        tell_nothing_found("record of this kind");
        return;
    }
    for (auto const& record : records) {
        SCOPED_TRACE(record.name);
        check(record);
        count_record();
        if (::testing::Test::HasFatalFailure()) {
            return;
        }
    }
}

byte_string payload_of(json::value const& notation) {
    auto const& fields = notation.as_object();
    if (auto const* const hex = fields.if_contains("hex")) {
        return from_hex(std::string_view(hex->as_string()));
    }
    if (auto const* const file = fields.if_contains("file")) {
        return read_bytes(store_folder() / std::string_view(file->as_string()));
    }
    auto const size = number_of(fields.at("len"));
    if (auto const* const seed = fields.if_contains("pat_seed")) {
        return pattern(number_of(*seed), size);
    }
    return byte_string(size, static_cast<std::byte>(number_of(fields.at("fill_byte"))));
}

std::optional<std::uint64_t> verified_tail_of(store_record const& record) {
    auto const* const files = section("verified_recovery.json", "files");
    auto const* const found =
        files != nullptr ? files->as_object().if_contains(record.name) : nullptr;
    if (found == nullptr) {
        return std::nullopt;
    }
    return number_of(found->as_object().at("verified_tail"));
}

json::array const* digest_section(std::string_view name) {
    auto const* const found = section("hashes.json", name);
    return found != nullptr ? &found->as_array() : nullptr;
}

bool has_files_of(json::value const& notation) {
    if (auto const* const list = notation.if_array()) {
        return std::ranges::all_of(*list, has_files_of);
    }
    auto const* const fields = notation.if_object();
    if (fields == nullptr) {
        return true;
    }
    auto const* const file = fields->if_contains("file");
    if (file != nullptr && file->is_string() &&
        !std::filesystem::exists(store_folder() / std::string_view(file->get_string()))) {
        return false;
    }
    return std::ranges::all_of(*fields,
                               [](auto const& each) { return has_files_of(each.value()); });
}

std::string sha256_hex(bytes_view bytes) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
    ::SHA256(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size(), digest.data());
    return to_hex(std::as_bytes(std::span(digest)));
}

byte_string read_bytes(std::filesystem::path const& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        throw std::runtime_error("cannot read " + path.string());
    }
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    auto const bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

void write_bytes(std::filesystem::path const& path, bytes_view bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    auto const text = as_text(bytes);
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
    if (!out.flush()) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

}  // namespace trunkline::replay
