// Whole calls of the store's methods: our caller's frames, and the frames with which our service
// answers when its store says what the record says.
#include <replay/message_values.hpp>
#include <replay/vector_set.hpp>
#include <replay/wire_output.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/store_service/methods.hpp>
#include <trunkline/store_service/service.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace trunkline::replay {
namespace {

/// A store that gives the recorded results, and expects the recorded arguments.
class recorded_backend final : public store_service::store_backend {
public:
    explicit recorded_backend(record const& of)
        : request_(of.fields.at("request").as_object()),
          response_(of.fields.at("response").as_object()),
          results_(response_),
          method_(of.fields.at("method").as_string()) {}

    void write(std::span<store::key_value const> entries,
               store_service::tail_answer answer) override {
        message_reader_of_json arguments(request_);
        recycled_vector<store::key_value> expected;
        if (method_ == "write") {
            auto const one = arguments.read<store_service::write_request>();
            expected.push_back({one.key, one.payload});
        } else {
            expected = arguments.read<store_service::batch_write_request>().entries;
        }
        EXPECT_EQ(entries.size(), expected.size());
        for (std::size_t i = 0; i < std::min(entries.size(), expected.size()); ++i) {
            EXPECT_TRUE(std::ranges::equal(entries[i].key, expected[i].key));
            EXPECT_TRUE(std::ranges::equal(entries[i].payload, expected[i].payload));
        }
        answer(tail());
    }

    void remove(bytes_view key, store_service::tail_answer answer) override {
        expect_key(key);
        answer(tail());
    }

    [[nodiscard]] std::optional<slice> read(bytes_view key) override {
        expect_key(key);
        if (method_ == "exists") {
            bool const there = results_.read<store_service::flag_response>().value;
            return there ? std::optional(slice{}) : std::nullopt;
        }
        return slice_of(results_.read<store_service::read_response<bytes_view>>().entry_payload);
    }

    [[nodiscard]] bool is_loaded(bytes_view) override { return true; }
    void load(std::vector<bytes_view>, std::function<void()> then) override { then(); }

    [[nodiscard]] store_service::found_values batch_read(
        std::span<bytes_view const> keys) override {
        message_reader_of_json arguments(request_);
        auto const expected = arguments.read<store_service::batch_read_request>().keys;
        EXPECT_EQ(keys.size(), expected.size());
        for (std::size_t i = 0; i < std::min(keys.size(), expected.size()); ++i) {
            EXPECT_TRUE(std::ranges::equal(keys[i], expected[i]));
        }
        recycled_vector<std::optional<slice>> found;
        for (auto const& each :
             results_.read<store_service::batch_read_response<bytes_view>>().entries_payloads) {
            found.push_back(slice_of(each));
        }
        return {std::move(found), {}};
    }

    [[nodiscard]] totals count() override {
        if (method_ == "is_empty") {
            return {results_.read<store_service::flag_response>().value ? 0U : 1U, 0};
        }
        std::uint64_t const number = results_.read<store_service::number_response>().value;
        return {number, number};
    }

private:
    static std::optional<slice> slice_of(std::optional<bytes_view> bytes) {
        return bytes ? std::optional(slice{*bytes, {}}) : std::nullopt;
    }
    std::uint64_t tail() { return results_.read<store_service::tail_response>().tail_offset; }
    void expect_key(bytes_view key) {
        message_reader_of_json arguments(request_);
        EXPECT_TRUE(std::ranges::equal(key, arguments.read<store_service::key_request>().key));
    }

    json::object const& request_;
    json::object const& response_;
    message_reader_of_json results_;
    std::string_view method_;
};

void expect_frames(json::value const& expected, std::vector<byte_string> const& actual,
                   frame::layout layout) {
    json::array const& frames = expected.as_array();
    ASSERT_EQ(actual.size(), frames.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        EXPECT_TRUE(same_frame(frames[i], actual[i], layout));
    }
}

std::uint32_t stream_of(json::value const& frames) {
    json::value const& first = frames.at(0);
    json::value const& bytes = first.is_object() ? first.at("head") : first;
    return load_le<std::uint32_t>(from_hex(bytes.as_string()).data() + frame::stream_id_offset);
}

rpc::session_options options_of(record const& each, rpc::side side, char const* frames) {
    rpc::session_options options;
    options.layout = layout_of(each.fields.at("rev"));
    options.local_side = side;
    options.first_stream_id = stream_of(each.fields.at(frames));
    options.first_request_id = static_cast<std::uint32_t>(number_of(each.fields.at("request_id")));
    return options;
}

/// The call as our caller makes it; returns its bytes.
byte_string check_call(record const& each, std::uint64_t method_id, bytes_view arguments) {
    rpc::dispatcher const nothing;
    rpc::endpoint caller(options_of(each, rpc::side::dialer, "request_frames"), nothing, nullptr,
                         nullptr);
    slice piece{arguments, {}};
    auto const request_id = caller.call(method_id, {&piece, 1}, [](rpc::response const&) {});
    EXPECT_EQ(request_id.value(), number_of(each.fields.at("request_id")));
    auto const frames = take_frames(caller.protocol().output());
    expect_frames(each.fields.at("request_frames"), frames, layout_of(each.fields.at("rev")));
    byte_string all;
    for (byte_string const& frame : frames) {
        all.insert(all.end(), frame.begin(), frame.end());
    }
    return all;
}

void check_answer(record const& each, bytes_view request) {
    rpc::dispatcher methods;
    ASSERT_TRUE(store_service::add_methods(methods, std::make_shared<recorded_backend>(each)));
    rpc::endpoint server(options_of(each, rpc::side::acceptor, "response_frames"), methods, nullptr,
                         nullptr);
    ASSERT_EQ(server.protocol().receive(request, true, 0).value(), request.size());
    ASSERT_TRUE(server.protocol().settle().has_value());
    expect_frames(each.fields.at("response_frames"), take_frames(server.protocol().output()),
                  layout_of(each.fields.at("rev")));
}

template <class Request, class Response, class Answer>
void check_exchange(record const& each, typed::method<Request, Response, Answer> const& of) {
    EXPECT_EQ(of.id, hex_number_of(each.fields.at("method_id")));
    message_reader_of_json arguments(each.fields.at("request").as_object());
    byte_string const request = bitcode::encode(arguments.read<Request>()).to_vector();
    EXPECT_TRUE(same_bytes(each.fields.at("request_bitcode"), request));
    bool const in_metadata = each.fields.at("args_in").as_string() == "metadata";
    EXPECT_EQ(request.size() < rpc::payload_arguments_size_min, in_metadata);
    byte_string const call = check_call(each, of.id, request);
    if (number_of(each.fields.at("status")) == 0) {
        message_reader_of_json results(each.fields.at("response").as_object());
        EXPECT_TRUE(same_bytes(each.fields.at("response_bitcode"),
                               bitcode::encode(results.read<Response>()).to_vector()));
        check_answer(each, call);
    }
}

TEST(wire_store_messages, calls_and_answers_are_the_recorded_frames) {
    check_wire_records(wire_kind::store_messages, [](record const& each) {
        std::string_view const name = each.fields.at("method").as_string();
        auto const check_if = [&](auto const& of) {
            return of.name == name && (check_exchange(each, of), true);
        };
        using namespace store_service;
        bool const known = check_if(write) || check_if(batch_write) || check_if(read) ||
                           check_if(batch_read) || check_if(remove) || check_if(exists) ||
                           check_if(len) || check_if(is_empty) || check_if(file_size);
        EXPECT_TRUE(known) << name;
    });
}

}  // namespace
}  // namespace trunkline::replay
