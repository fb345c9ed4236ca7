#include <replay/published_names.hpp>
#include <replay/service_model.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>

#include <span>
#include <utility>

namespace trunkline::replay {
namespace {

constexpr std::size_t trailer_size = 20;

using key_and_payload = std::pair<byte_string, byte_string>;

byte_string text_body(std::string_view text) {
    bytes_view const view = as_bytes(text);
    return {view.begin(), view.end()};
}

template <class Value>
byte_string encoded(Value value) {
    return bitcode::encode(std::move(value)).to_vector();
}

template <class Message>
std::optional<Message> decoded(bytes_view bytes) {
    auto made = bitcode::decode<Message>(bytes);
    return made ? std::optional(std::move(**made)) : std::nullopt;
}

std::string_view refusal(byte_string const& payload) {
    if (payload.empty()) {
        return "Payload cannot be empty.";
    }
    if (payload.size() == 1 && payload.front() == std::byte{0}) {
        return "NULL-byte payloads cannot be written directly.";
    }
    return {};
}

}  // namespace

std::optional<sent_message> store_model::answer(wire_message const& call) {
    if (call.cancelled) {
        return std::nullopt;
    }
    byte_string const arguments = call.arguments();
    outcome const made = call_method(call.method_id, arguments);
    return whole_answer(call, made.status, made.body);
}

store_model::outcome store_model::call_method(std::uint64_t method_id, bytes_view arguments) {
    switch (method_id) {
        case method::write:
            return write(arguments);
        case method::batch_write:
            return batch_write(arguments);
        case method::read:
            return read(arguments);
        case method::batch_read:
            return batch_read(arguments);
        case method::remove:
            return remove(arguments);
        case method::exists:
            return exists(arguments);
        case method::len:
            return {status::success, encoded(std::uint64_t{live_.size()})};
        case method::is_empty:
            return {status::success, encoded(live_.empty())};
        case method::file_size:
            return {status::success, encoded(tail_)};
        default:
            return {status::method_not_found, {}};
    }
}

store_model::outcome store_model::bad_arguments() {
    in_force(rule::one_text_for_bad_arguments);
    return {status::system_error, text_body("bitcode error")};
}

store_model::outcome store_model::write_all(std::span<key_and_payload const> entries) {
    for (auto const& [key, payload] : entries) {
        if (auto const text = refusal(payload); !text.empty()) {
            return {status::system_error, text_body(text)};
        }
    }
    for (auto const& [key, payload] : entries) {
        std::uint64_t const padding = (alignment_ - tail_ % alignment_) % alignment_;
        tail_ += padding + payload.size() + trailer_size;
        live_[key] = payload;
    }
    return {status::success, encoded(tail_)};
}

store_model::outcome store_model::write(bytes_view arguments) {
    auto const entry = decoded<key_and_payload>(arguments);
    return entry ? write_all(std::span(&*entry, 1)) : bad_arguments();
}

store_model::outcome store_model::batch_write(bytes_view arguments) {
    auto const entries = decoded<std::vector<key_and_payload>>(arguments);
    return entries ? write_all(*entries) : bad_arguments();
}

std::optional<byte_string> store_model::find(byte_string const& key) const {
    auto const found = live_.find(key);
    return found != live_.end() ? std::optional(found->second) : std::nullopt;
}

store_model::outcome store_model::read(bytes_view arguments) {
    auto const key = decoded<byte_string>(arguments);
    return key ? outcome{status::success, encoded(find(*key))} : bad_arguments();
}

store_model::outcome store_model::batch_read(bytes_view arguments) {
    auto const keys = decoded<std::vector<byte_string>>(arguments);
    if (!keys) {
        return bad_arguments();
    }
    std::vector<std::optional<byte_string>> values;
    for (byte_string const& each : *keys) {
        values.push_back(find(each));
    }
    return {status::success, encoded(std::move(values))};
}

store_model::outcome store_model::remove(bytes_view arguments) {
    auto const key = decoded<byte_string>(arguments);
    if (!key) {
        return bad_arguments();
    }
    bool const present = live_.erase(*key) != 0;
    if (present || !in_force(rule::absent_delete_writes_nothing)) {
        tail_ += 1 + trailer_size;  // a tombstone, never padded
    }
    return {status::success, encoded(tail_)};
}

store_model::outcome store_model::exists(bytes_view arguments) {
    auto const key = decoded<byte_string>(arguments);
    return key ? outcome{status::success, encoded(live_.contains(*key))} : bad_arguments();
}

}  // namespace trunkline::replay
