// Plain models of the services that answered in the recorded sessions: what a call is to be
// answered with. Nothing of the code under test, but for the bitcode forms, which have vectors of
// their own.
#pragma once

#include <replay/exchange.hpp>
#include <replay/recorded_session.hpp>
#include <replay/rules.hpp>
#include <replay/wire_model.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace trunkline::replay {

/// One service, with its state.
class service_model {
public:
    virtual ~service_model() = default;

    /// The answer to a call that has ended or was cancelled; nothing when it gets none.
    [[nodiscard]] virtual std::optional<sent_message> answer(wire_message const& call) = 0;

    /// The rules that made, or would have made, a difference.
    [[nodiscard]] rule_set const& touched() const { return touched_; }

protected:
    explicit service_model(rule_set rules) : rules_(rules) {}

    bool in_force(rule name) {
        touched_.add(name);
        return rules_.has(name);
    }

private:
    rule_set rules_;
    rule_set touched_;
};

/// The nine methods of the store over a map from keys to values, and the arithmetic of the file's
/// size.
class store_model final : public service_model {
public:
    store_model(std::uint32_t alignment, rule_set rules)
        : service_model(rules), alignment_(alignment) {}

    [[nodiscard]] std::optional<sent_message> answer(wire_message const& call) override;

private:
    struct outcome {
        std::uint8_t status = 0;
        byte_string body;
    };
    using key_and_payload = std::pair<byte_string, byte_string>;

    [[nodiscard]] outcome call_method(std::uint64_t method_id, bytes_view arguments);
    [[nodiscard]] outcome write(bytes_view arguments);
    [[nodiscard]] outcome batch_write(bytes_view arguments);
    [[nodiscard]] outcome read(bytes_view arguments);
    [[nodiscard]] outcome batch_read(bytes_view arguments);
    [[nodiscard]] outcome remove(bytes_view arguments);
    [[nodiscard]] outcome exists(bytes_view arguments);
    [[nodiscard]] outcome bad_arguments();
    [[nodiscard]] outcome write_all(std::span<key_and_payload const> entries);
    [[nodiscard]] std::optional<byte_string> find(byte_string const& key) const;

    std::uint32_t alignment_;
    std::uint64_t tail_ = 0;
    std::map<byte_string, byte_string> live_;
};

/// The methods of the generic demonstration; their ids are in the session's first line.
struct demo_methods {
    std::uint64_t echo = 0;
    std::uint64_t fails = 0;
    std::uint64_t stream_echo = 0;
    std::uint64_t client_echo = 0;
};
[[nodiscard]] demo_methods demo_methods_of(recorded_session const& session);

/// What the demonstration's server answers; `client_echo` is what its client answers.
class demo_model final : public service_model {
public:
    demo_model(demo_methods const& methods, rule_set rules)
        : service_model(rules), methods_(methods) {}

    [[nodiscard]] std::optional<sent_message> answer(wire_message const& call) override;

private:
    [[nodiscard]] sent_message answer_stream(wire_message const& call);

    demo_methods methods_;
};

/// The words of the demonstration, shared by the model and by the handlers under test.
namespace demo_words {
inline constexpr std::string_view failure = "boom";
inline constexpr std::string_view metadata = "meta:";
inline constexpr std::string_view part = "got:";
inline constexpr std::string_view farewell = "bye";
inline constexpr std::string_view client = "client saw: ";
}  // namespace demo_words

}  // namespace trunkline::replay
