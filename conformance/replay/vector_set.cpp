#include <replay/vector_set.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <set>
#include <stdexcept>

namespace trunkline::replay {
namespace {

namespace fs = std::filesystem;

constexpr int failed_records_max = 10;

std::atomic<std::size_t> checked{0};

char const* foreign_set() noexcept {
    char const* const given = std::getenv("TRUNKLINE_VECTORS");
    return given != nullptr && *given != '\0' ? given : nullptr;
}

fs::path folder(std::string_view own_name, std::string_view foreign_name) {
    if (char const* const given = foreign_set()) {
        return fs::path(given) / foreign_name;
    }
    return fs::path(TRUNKLINE_SOURCE_DIR) / "conformance/vectors" / own_name;
}

std::set<std::string>& unknown_lines() {
    static std::set<std::string> lines;
    return lines;
}

bool has(json::object const& fields, std::initializer_list<std::string_view> names) {
    return std::ranges::all_of(names, [&](std::string_view name) { return fields.contains(name); });
}

/// Both kinds of decoding records have `feeds`; what a feed gives tells them apart.
std::optional<wire_kind> kind_of_feeds(json::value const& feeds) {
    auto const* list = feeds.if_array();
    auto const* first = list != nullptr && !list->empty() ? list->front().if_object() : nullptr;
    if (first == nullptr) {
        return std::nullopt;
    }
    if (first->contains("events")) {
        return wire_kind::rpc_events;
    }
    return first->contains("out") ? std::optional(wire_kind::frame_decode) : std::nullopt;
}

using records_by_kind = std::map<wire_kind, std::vector<record>>;

records_by_kind read_wire_records() {
    records_by_kind sorted;
    for (fs::path const& file : files_in(wire_folder(), ".jsonl")) {
        try {
            for (record& each : read_records(file)) {
                if (auto const kind = kind_of(each.fields)) {
                    sorted[*kind].push_back(std::move(each));
                } else {
                    note_unknown(each.place + ": a record of no known kind");
                }
            }
        } catch (std::exception const& error) {
            note_unknown(error.what());
        }
    }
    return sorted;
}

records_by_kind const& wire_records() {
    static records_by_kind const all = read_wire_records();
    return all;
}

/// Failures noted so far in the running test.
int failures() {
    auto const* result = ::testing::UnitTest::GetInstance()->current_test_info()->result();
    int count = 0;
    for (int i = 0; i < result->total_part_count(); ++i) {
        count += result->GetTestPartResult(i).failed() ? 1 : 0;
    }
    return count;
}

}  // namespace

std::optional<wire_kind> kind_of(json::object const& fields) {
    if (auto const* feeds = fields.if_contains("feeds")) {
        return kind_of_feeds(*feeds);
    }
    if (has(fields, {"type", "bytes", "value"})) {
        return fields.contains("ok") ? wire_kind::bitcode_malformed : wire_kind::bitcode;
    }
    struct signature {
        wire_kind kind;
        std::initializer_list<std::string_view> names;
    };
    static signature const signatures[] = {
        {wire_kind::frames, {"frame", "kind_byte", "stream_id", "seq_id", "payload"}},
        {wire_kind::stream_encode, {"ops", "max_chunk", "stream_id"}},
        {wire_kind::rpc_headers, {"header", "msg_type", "request_id", "method_id"}},
        {wire_kind::messages, {"what", "frames", "max_chunk", "method_id"}},
        {wire_kind::store_messages, {"request_bitcode", "response_bitcode", "method"}},
        {wire_kind::error_responses, {"request_frames", "response_frames", "status"}},
        {wire_kind::method_ids, {"name", "method_id"}},
    };
    auto const* const found = std::ranges::find_if(
        signatures, [&](signature const& each) { return has(fields, each.names); });
    return found != std::end(signatures) ? std::optional(found->kind) : std::nullopt;
}

fs::path wire_folder() {
    return folder("wire", "");
}

fs::path sessions_folder() {
    return folder("sessions", "sessions");
}

fs::path store_folder() {
    return folder("store", "");
}

fs::path chat_folder() {
    return folder("chat", "chat");
}

std::vector<fs::path> files_in(fs::path const& where, std::string_view extension) {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (auto const& entry : fs::directory_iterator(where, ignored)) {
        if (entry.is_regular_file() && entry.path().extension() == extension) {
            files.push_back(entry.path());
        }
    }
    std::ranges::sort(files);
    return files;
}

std::vector<record> read_records(fs::path const& file) {
    std::vector<record> records;
    std::ifstream in(file);
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
        if (line.find_first_not_of(" \t\r") == std::string::npos) {
            continue;
        }
        std::string place = file.filename().string() + ":" + std::to_string(number);
        try {
            records.push_back({json::parse(line).as_object(), std::move(place)});
        } catch (std::exception const& error) {
            throw std::runtime_error(place + ": " + error.what());
        }
    }
    return records;
}

std::optional<json::value> read_json(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        return std::nullopt;
    }
    std::string const text{std::istreambuf_iterator<char>(in), {}};
    return json::parse(text);
}

void tell_nothing_found(std::string_view what) {
    if (is_foreign_set()) {
        GTEST_SKIP() << "no " << what;
    }
    FAIL() << "no " << what;
}

void check_wire_records(wire_kind kind, std::function<void(record const&)> const& check) {
    auto const found = wire_records().find(kind);
    if (found == wire_records().end()) {
        tell_nothing_found("records of this kind in " + wire_folder().string());
        return;
    }
    check_records(found->second, check);
}

void check_records(std::vector<record> const& records,
                   std::function<void(record const&)> const& check) {
    int failed = 0;
    for (record const& each : records) {
        SCOPED_TRACE(each.place);
        int const before = failures();
        check(each);
        count_record();
        failed += failures() > before ? 1 : 0;
        if (failed >= failed_records_max) {
            ADD_FAILURE() << "stopped after " << failed << " records with failures";
            return;
        }
    }
}

std::vector<std::string> unknown_content() {
    static_cast<void>(wire_records());
    return {unknown_lines().begin(), unknown_lines().end()};
}

void note_unknown(std::string line) {
    unknown_lines().insert(std::move(line));
}

bool is_foreign_set() noexcept {
    return foreign_set() != nullptr;
}

void count_record() noexcept {
    ++checked;
}

std::size_t checked_records() noexcept {
    return checked;
}

}  // namespace trunkline::replay
