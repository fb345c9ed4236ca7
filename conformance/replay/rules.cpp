#include <replay/rules.hpp>

#include <algorithm>
#include <array>

namespace trunkline::replay {
namespace {

constexpr std::array texts{
    rule_text{rule::layout_detected, "wire 3.3",
              "the layout is detected and answers use it, where the original stays silent"},
    rule_text{rule::first_duplicate_wins, "wire 4.2",
              "of two frames with one sequence number the first counts, not the last"},
    rule_text{rule::end_payload_delivered, "wire 4.3",
              "payload carried in an End frame is delivered, not lost"},
    rule_text{rule::end_completes_header, "wire 4.3",
              "a message whose header arrives in its End frame is complete"},
    rule_text{rule::error_costs_one_stream, "wire 4.4",
              "an error or a Cancel costs one stream, not what else the same read brought"},
    rule_text{rule::stream_is_the_key, "wire 4.4",
              "two unfinished requests with one id are kept apart by their streams"},
    rule_text{rule::routed_by_type, "wire 5",
              "a Response goes to a pending call or nowhere, an Event is not answered"},
    rule_text{rule::declared_size_limited, "wire 10",
              "a declared length over the limit ends the connection, it is not waited for"},
    rule_text{rule::many_faults_end, "wire 4.4",
              "a connection with very many broken frames is ended, not read on for ever"},
    rule_text{rule::cancel_ends_answer, "wire 6",
              "a cancelled call's answer in parts is ended, not left open"},
    rule_text{rule::one_text_for_bad_arguments, "store 2",
              "arguments that cannot be decoded are answered as release builds do"},
    rule_text{rule::absent_delete_writes_nothing, "store 2",
              "deleting an absent key writes nothing, where 0.11 appended a tombstone"},
};

}  // namespace

rule_text const& text_of(rule name) noexcept {
    return *std::ranges::find(texts, name, &rule_text::name);
}

std::span<rule_text const> all_rules() noexcept {
    return texts;
}

std::string rule_set::to_text() const {
    std::string text;
    for (rule_text const& each : texts) {
        if (has(each.name)) {
            text.append(each.section).append(": ").append(each.says).append("\n");
        }
    }
    return text;
}

rule_set our_rules() noexcept {
    rule_set all;
    for (rule_text const& each : texts) {
        all.add(each.name);
    }
    return all;
}

}  // namespace trunkline::replay
