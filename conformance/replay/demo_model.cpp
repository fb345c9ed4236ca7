#include <replay/published_names.hpp>
#include <replay/service_model.hpp>

namespace trunkline::replay {
namespace {

byte_string joined(std::string_view words, bytes_view rest) {
    bytes_view const first = as_bytes(words);
    byte_string bytes(first.begin(), first.end());
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    return bytes;
}

}  // namespace

demo_methods demo_methods_of(recorded_session const& session) {
    json::object const& ids = session.meta.at("method_ids").as_object();
    return {number_of(ids.at("echo")), number_of(ids.at("always fails")),
            number_of(ids.at("stream echo")), number_of(ids.at("client side echo"))};
}

std::optional<sent_message> demo_model::answer(wire_message const& call) {
    if (call.method_id == methods_.stream_echo) {
        return answer_stream(call);
    }
    if (call.cancelled) {
        return std::nullopt;
    }
    if (call.method_id == methods_.echo) {
        return whole_answer(call, status::success, call.arguments());
    }
    if (call.method_id == methods_.fails) {
        return whole_answer(call, status::system_error, joined(demo_words::failure, {}));
    }
    if (call.method_id == methods_.client_echo) {
        return whole_answer(call, status::success, joined(demo_words::client, call.arguments()));
    }
    return whole_answer(call, status::method_not_found, {});
}

sent_message demo_model::answer_stream(wire_message const& call) {
    std::vector<byte_string> parts;
    if (!call.metadata.empty()) {
        parts.push_back(joined(demo_words::metadata, call.metadata));
    }
    for (byte_string const& each : call.parts) {
        parts.push_back(joined(demo_words::part, each));
    }
    if (call.ended) {
        parts.push_back(joined(demo_words::farewell, {}));
    }
    return streamed_answer(call, parts, call.ended || in_force(rule::cancel_ends_answer));
}

}  // namespace trunkline::replay
