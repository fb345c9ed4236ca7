#include <replay/exchange.hpp>
#include <replay/published_names.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace trunkline::replay {
namespace {

constexpr std::size_t head_size_min = 15;
constexpr std::string_view release_text = "bitcode error";

byte_string joined(std::vector<raw_frame> const& frames) {
    byte_string bytes;
    for (raw_frame const& each : frames) {
        bytes.insert(bytes.end(), each.payload.begin(), each.payload.end());
    }
    return bytes;
}

std::string describe(std::vector<sent_message> const& messages) {
    std::string text;
    for (sent_message const& each : messages) {
        text += "\n    ";
        for (raw_frame const& part : each.frames) {
            auto const shown =
                bytes_view(part.payload).first(std::min<std::size_t>(part.payload.size(), 80));
            text += " [" + std::to_string(part.sequence) + " kind " + std::to_string(part.kind) +
                    ", " + std::to_string(part.payload.size()) + ": " + to_hex(shown) + "]";
        }
    }
    return text.empty() ? " nothing" : text;
}

std::vector<sent_message> of_request(std::vector<sent_message> const& all, std::uint32_t id) {
    std::vector<sent_message> chosen;
    std::ranges::copy_if(all, std::back_inserter(chosen),
                         [&](sent_message const& each) { return each.request_id == id; });
    return chosen;
}

bool is_release_text(sent_message const& answer) {
    byte_string const body = answer.payload();
    return answer.status() == status::system_error && as_text(body) == release_text;
}

/// Debug builds name what is wrong with arguments; release builds, and we, say "bitcode error".
void speak_as_release(std::vector<sent_message>& recorded,
                      std::vector<sent_message> const& published) {
    for (sent_message& each : recorded) {
        bool const bad_arguments = std::ranges::any_of(published, [&](sent_message const& other) {
            return other.method_id == each.method_id && is_release_text(other);
        });
        if (!bad_arguments || each.status() != status::system_error || each.payload().empty()) {
            continue;
        }
        wire_message call;
        call.request_id = each.request_id;
        call.method_id = each.method_id;
        bytes_view const text = as_bytes(release_text);
        each = whole_answer(call, status::system_error, {text.begin(), text.end()});
    }
}

::testing::AssertionResult same_for_request(std::vector<sent_message> recorded,
                                            std::vector<sent_message> const& ours,
                                            std::vector<sent_message> const& published_model,
                                            std::vector<sent_message> const& our_model) {
    speak_as_release(recorded, published_model);
    if (std::ranges::is_permutation(recorded, ours)) {
        return ::testing::AssertionSuccess();
    }
    if (std::ranges::is_permutation(recorded, published_model) &&
        std::ranges::is_permutation(ours, our_model)) {
        return ::testing::AssertionSuccess();
    }
    return ::testing::AssertionFailure()
           << "  recorded:" << describe(recorded)
           << "\n  model of the published program:" << describe(published_model)
           << "\n  ours:" << describe(ours) << "\n  model by our rules:" << describe(our_model);
}

}  // namespace

std::uint8_t sent_message::status() const {
    byte_string const bytes = joined(frames);
    if (bytes.size() <= head_size_min || load_le<std::uint16_t>(bytes.data() + 13) == 0) {
        return 255;
    }
    return std::to_integer<std::uint8_t>(bytes[head_size_min]);
}

byte_string sent_message::payload() const {
    byte_string bytes = joined(frames);
    if (bytes.size() < head_size_min) {
        return {};
    }
    std::size_t const head = std::min<std::size_t>(
        bytes.size(), head_size_min + load_le<std::uint16_t>(bytes.data() + 13));
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(head));
    return bytes;
}

bool sent_message::ended() const {
    return !frames.empty() &&
           (frames.back().kind == kind::end || frames.back().kind == kind::cancel);
}

void message_sorter::add(bytes_view bytes) {
    cutter_.add(bytes);
    while (auto frame = cutter_.next()) {
        std::uint32_t const stream_id = std::exchange(frame->stream_id, 0);
        auto found = open_.find(stream_id);
        if (found == open_.end()) {
            if (frame->payload.size() < head_size_min) {
                ++strays_;
                continue;
            }
            std::byte const* const head = frame->payload.data();
            messages_.push_back({std::to_integer<std::uint8_t>(head[0]),
                                 load_le<std::uint32_t>(head + 1),
                                 load_le<std::uint64_t>(head + 5),
                                 {}});
            found = open_.emplace(stream_id, messages_.size() - 1).first;
        }
        sent_message& message = messages_[found->second];
        message.frames.push_back(std::move(*frame));
        if (message.ended()) {
            open_.erase(found);
        }
    }
}

sent_message whole_answer(wire_message const& call, std::uint8_t status, byte_string body) {
    wire_message answer;
    answer.type = type::response;
    answer.request_id = call.request_id;
    answer.method_id = call.method_id;
    answer.metadata = {static_cast<std::byte>(status)};
    answer.parts.push_back(std::move(body));
    return {type::response, call.request_id, call.method_id, frames_of_message(answer)};
}

sent_message streamed_answer(wire_message const& call, std::vector<byte_string> const& parts,
                             bool ended) {
    wire_message head;
    head.type = type::response;
    head.request_id = call.request_id;
    head.metadata = {std::byte{0}};
    sent_message answer{type::response, call.request_id, 0, {frames_of_message(head).front()}};
    for (byte_string const& part : parts) {
        bool const first = &part == parts.data();
        if (!first) {
            answer.frames.push_back({0, static_cast<std::uint32_t>(answer.frames.size()), 1, {}});
        }
        byte_string& into = answer.frames.back().payload;
        into.insert(into.end(), part.begin(), part.end());
    }
    if (ended) {
        answer.frames.push_back(
            {0, static_cast<std::uint32_t>(answer.frames.size()), kind::end, {}});
    }
    return answer;
}

::testing::AssertionResult same_answers(std::vector<sent_message> const& recorded,
                                        std::vector<sent_message> const& ours,
                                        prediction const& expected) {
    std::set<std::uint32_t> request_ids;
    for (auto const* list : {&recorded, &ours, &expected.ours}) {
        for (sent_message const& each : *list) {
            request_ids.insert(each.request_id);
        }
    }
    for (std::uint32_t const id : request_ids) {
        auto const verdict =
            same_for_request(of_request(recorded, id), of_request(ours, id),
                             of_request(expected.published, id), of_request(expected.ours, id));
        if (!verdict) {
            return ::testing::AssertionFailure()
                   << "request " << id << ":\n"
                   << verdict.message() << "\nrules that this exchange gives occasion to:\n"
                   << expected.touched.to_text();
        }
    }
    return ::testing::AssertionSuccess();
}

}  // namespace trunkline::replay
