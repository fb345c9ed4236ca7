// The messages of the store service as vector files write them: JSON to message.
#pragma once

#include <replay/values.hpp>
#include <trunkline/store_service/messages.hpp>
#include <trunkline/typed/failure.hpp>

#include <concepts>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

namespace trunkline::replay {

/// The write response of definition 0.7, which exists in vectors only.
struct write_response_v07 {
    std::optional<std::uint64_t> result;
    static constexpr auto fields() { return std::tuple(&write_response_v07::result); }
};

/// Makes messages whose views point into bytes it keeps.
class message_reader_of_json {
public:
    explicit message_reader_of_json(json::object const& fields) : fields_(fields) {}

    template <class Message>
    [[nodiscard]] Message read();

private:
    [[nodiscard]] bytes_view keep(json::value const& notation) {
        return kept_.emplace_back(bytes_of(notation));
    }
    [[nodiscard]] std::optional<bytes_view> keep_optional(json::value const& notation) {
        return notation.is_null() ? std::nullopt : std::optional(keep(notation));
    }
    [[nodiscard]] bytes_view bytes(std::string_view name) { return keep(fields_.at(name)); }

    /// The one field, whatever its name: field names are not on the wire.
    [[nodiscard]] json::value const& only() const {
        if (fields_.size() != 1) {
            throw std::invalid_argument("a message of one field is needed");
        }
        return fields_.begin()->value();
    }

    json::object const& fields_;
    std::deque<byte_string> kept_;
};

template <class Message>
Message message_reader_of_json::read() {
    using namespace store_service;
    if constexpr (std::same_as<Message, write_request>) {
        return {bytes("key"), bytes("payload")};
    } else if constexpr (std::same_as<Message, key_request>) {
        return {keep(only())};
    } else if constexpr (std::same_as<Message, batch_write_request>) {
        batch_write_request made;
        for (json::value const& entry : list_of(only())) {
            made.entries.push_back({keep(entry.at(0)), keep(entry.at(1))});
        }
        return made;
    } else if constexpr (std::same_as<Message, batch_read_request>) {
        batch_read_request made;
        for (json::value const& key : list_of(only())) {
            made.keys.push_back(keep(key));
        }
        return made;
    } else if constexpr (std::same_as<Message, read_response<bytes_view>>) {
        return {keep_optional(only())};
    } else if constexpr (std::same_as<Message, batch_read_response<bytes_view>>) {
        batch_read_response<bytes_view> made;
        for (json::value const& payload : list_of(only())) {
            made.entries_payloads.push_back(keep_optional(payload));
        }
        return made;
    } else if constexpr (std::same_as<Message, flag_response>) {
        return {only().as_bool()};
    } else if constexpr (std::same_as<Message, tail_response>) {
        return {number_of(only())};
    } else if constexpr (std::same_as<Message, number_response>) {
        return {number_of(only())};
    } else if constexpr (std::same_as<Message, write_response_v07>) {
        return {only().is_null() ? std::nullopt : std::optional(number_of(only()))};
    } else if constexpr (std::same_as<Message, typed::failure>) {
        std::string_view const code = fields_.at("code").as_string();
        return {code == "Fail"     ? typed::failure_code::fail
                : code == "System" ? typed::failure_code::system
                                   : typed::failure_code::not_found,
                text_of(fields_.at("message"))};
    } else {
        static_assert(std::same_as<Message, no_arguments>);
        return {};
    }
}

}  // namespace trunkline::replay
