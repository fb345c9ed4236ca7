#include <replay/store_set.hpp>

#include <openssl/sha.h>

#include <array>
#include <fstream>
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
        seed = seed * 6364136223846793005U + 1442695040888963407U;
        each = static_cast<std::byte>(seed >> 56);
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
    std::vector<store_record> records;
    auto const& manifest = companion("manifest.json");
    auto const* const files =
        manifest && manifest->is_object() ? manifest->get_object().if_contains("files") : nullptr;
    if (files == nullptr) {
        return records;
    }
    for (auto const& each : files->as_array()) {
        auto const& fields = each.as_object();
        auto const alignment = alignment_of(std::string_view(fields.at("revision").as_string()));
        store_record record{fields, std::string(fields.at("file").as_string()),
                            alignment.value_or(0)};
        if (alignment && std::filesystem::exists(record.path())) {
            records.push_back(std::move(record));
        }
    }
    return records;
}

void check_store_records(std::vector<store_record> const& records,
                         std::function<void(store_record const&)> const& check) {
    if (records.empty()) {
        GTEST_SKIP() << "no record of this kind";
    }
    for (auto const& record : records) {
        SCOPED_TRACE(record.name);
        check(record);
        count_record();
        if (testing::Test::HasFatalFailure()) {
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
    auto const& verified = companion("verified_recovery.json");
    if (!verified) {
        return std::nullopt;
    }
    auto const* const files = verified->as_object().if_contains("files");
    auto const* const found =
        files != nullptr ? files->as_object().if_contains(record.name) : nullptr;
    if (found == nullptr) {
        return std::nullopt;
    }
    return number_of(found->as_object().at("verified_tail"));
}

json::array const* digest_section(std::string_view name) {
    auto const& digests = companion("hashes.json");
    auto const* const found = digests ? digests->as_object().if_contains(name) : nullptr;
    return found != nullptr ? &found->as_array() : nullptr;
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
