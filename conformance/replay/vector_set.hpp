// The golden vectors as tests see them: files found, read and told apart while the test runs, so
// that another set of the same kinds can be put in their place (TRUNKLINE_VECTORS).
#pragma once

#include <replay/values.hpp>

#include <boost/json.hpp>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trunkline::replay {

/// One line of a file of records, and where it stands, such as "frames.jsonl:12" (for messages
/// only: nothing may depend on it).
struct record {
    json::object fields;
    std::string place;
};

/// What a record of the wire vectors is about. A record says so itself, by the fields it has; file
/// names mean nothing.
enum class wire_kind {
    frames,
    frame_decode,
    stream_encode,
    rpc_headers,
    rpc_events,
    messages,
    store_messages,
    error_responses,
    method_ids,
    bitcode,
    bitcode_malformed,
};

/// Nothing when the fields fit no kind.
[[nodiscard]] std::optional<wire_kind> kind_of(json::object const& fields);

/// Where the files of one room of vectors are. Project's copy: conformance/vectors/{wire, sessions,
/// store, chat}. With TRUNKLINE_VECTORS=DIR: DIR for wire and store, DIR/sessions for sessions,
/// DIR/chat for chat.
[[nodiscard]] std::filesystem::path wire_folder();
[[nodiscard]] std::filesystem::path sessions_folder();
[[nodiscard]] std::filesystem::path store_folder();
[[nodiscard]] std::filesystem::path chat_folder();

/// The files directly in `folder` whose names end in `extension`, sorted; none when there is no
/// such folder.
[[nodiscard]] std::vector<std::filesystem::path> files_in(std::filesystem::path const& folder,
                                                          std::string_view extension);

/// Every line of a JSON-lines file. Throws on a line that is not a JSON object.
[[nodiscard]] std::vector<record> read_records(std::filesystem::path const& file);

/// A JSON file as a whole; nothing when it does not exist. Throws when it is not JSON.
[[nodiscard]] std::optional<json::value> read_json(std::filesystem::path const& file);

/// Of a test that found nothing to check. The project's own set has something for each: there it
/// fails. Another set may lack it: there the test is skipped.
void tell_nothing_found(std::string_view what);

/// Calls `check` for every wire record of `kind` and counts it as checked. As tell_nothing_found()
/// when there is none; stops after a few records with failures.
void check_wire_records(wire_kind kind, std::function<void(record const&)> const& check);

/// As above, for records that the caller has chosen.
void check_records(std::vector<record> const& records,
                   std::function<void(record const&)> const& check);

/// Records that are of no kind known here, and files that cannot be read, each as one line; they
/// are left out of everything above. Noted while records and sessions are read.
[[nodiscard]] std::vector<std::string> unknown_content();

/// Adds a line to unknown_content().
void note_unknown(std::string line);

/// True when TRUNKLINE_VECTORS names the set.
[[nodiscard]] bool is_foreign_set() noexcept;

/// Notes that one more record (case, file, section) was compared with us. A program in which none
/// was fails.
void count_record() noexcept;
[[nodiscard]] std::size_t checked_records() noexcept;

}  // namespace trunkline::replay
