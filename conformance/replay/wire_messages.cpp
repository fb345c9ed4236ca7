// RPC heads, whole messages and the responses of an endpoint, against what the published programs
// wrote.
#include <replay/message_values.hpp>
#include <replay/vector_set.hpp>
#include <replay/wire_output.hpp>
#include <trunkline/frame/stream_encoder.hpp>
#include <trunkline/rpc/endpoint.hpp>
#include <trunkline/rpc/header.hpp>
#include <trunkline/rpc/testing.hpp>
#include <trunkline/typed/failure.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace trunkline::replay {
namespace {

std::uint32_t id_of(json::value const& value) {
    return static_cast<std::uint32_t>(number_of(value));
}

byte_string with_metadata(rpc::header const& head, bytes_view metadata) {
    auto const fixed = rpc::encode_header(head);
    byte_string all(fixed.begin(), fixed.end());
    all.insert(all.end(), metadata.begin(), metadata.end());
    return all;
}

TEST(wire_messages, heads_become_the_recorded_bytes_and_come_back) {
    check_wire_records(wire_kind::rpc_headers, [](record const& each) {
        byte_string const metadata = bytes_of(each.fields.at("metadata"));
        rpc::header const head{static_cast<std::uint8_t>(number_of(each.fields.at("msg_type"))),
                               id_of(each.fields.at("request_id")),
                               hex_number_of(each.fields.at("method_id")),
                               static_cast<std::uint16_t>(metadata.size())};
        byte_string const bytes = with_metadata(head, metadata);
        EXPECT_TRUE(same_bytes(each.fields.at("header"), bytes));
        rpc::header const back = rpc::decode_header(bytes);
        EXPECT_EQ(back.type_byte, head.type_byte);
        EXPECT_EQ(back.request_id, head.request_id);
        EXPECT_EQ(back.method_id, head.method_id);
        EXPECT_EQ(back.metadata_size, metadata.size());
    });
}

void expect_frames(json::array const& expected, std::vector<byte_string> const& actual,
                   frame::layout layout) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        json::value const& frame = expected[i].is_object() ? expected[i].at("bytes") : expected[i];
        EXPECT_TRUE(same_frame(frame, actual[i], layout));
    }
}

/// What the record says of ids: those in the first frame, on whose side the message was written.
struct written_ids {
    std::uint32_t stream = 0;
    std::uint32_t request = 0;
};

rpc::session_options options_for(record const& each, written_ids const& ids) {
    rpc::session_options options;
    options.layout = layout_of(each.fields.at("rev"));
    options.local_side =
        (ids.stream & rpc::acceptor_id_bit) != 0 ? rpc::side::acceptor : rpc::side::dialer;
    options.first_stream_id = ids.stream;
    options.first_request_id = ids.request;
    return options;
}

/// The message as one stream: written, and when it is finished flushed and ended (wire 4.1).
std::vector<byte_string> stream_of(record const& each, written_ids const& ids, bytes_view head,
                                   bytes_view payload) {
    frame::stream_encoder stream(ids.stream, number_of(each.fields.at("max_chunk")));
    gather_queue queue;
    frame::frame_sink const sink{queue, layout_of(each.fields.at("rev")), 0};
    slice body{payload, {}};
    EXPECT_TRUE(stream.write(head, {&body, 1}, sink));
    if (each.fields.at("finalized").as_bool()) {
        EXPECT_TRUE(stream.flush(sink));
        EXPECT_TRUE(stream.end(sink));
    }
    return take_frames(queue);
}

written_ids ids_of(record const& each) {
    auto const& frames = each.fields.at("frames").as_array();
    auto const* const request = each.fields.if_contains("request_id_on_wire");
    return {frames.empty() ? 0 : id_of(frames[0].at("stream_id")),
            request == nullptr ? 0 : id_of(*request)};
}

void check_call(record const& each) {
    written_ids const ids = ids_of(each);
    byte_string const metadata = bytes_of(each.fields.at("metadata"));
    byte_string const payload = bytes_of(each.fields.at("payload"));
    std::uint64_t const method_id = hex_number_of(each.fields.at("method_id"));
    auto const& frames = each.fields.at("frames").as_array();
    frame::layout const layout = layout_of(each.fields.at("rev"));
    byte_string const head = with_metadata(
        {0, ids.request, method_id, static_cast<std::uint16_t>(metadata.size())}, metadata);
    expect_frames(frames, stream_of(each, ids, head, payload), layout);

    // A session places arguments as wire 5.1 says; such a record is one of its calls.
    bool const as_metadata = payload.empty() && metadata.size() < rpc::payload_arguments_size_min;
    bool const as_payload = metadata.empty() && payload.size() >= rpc::payload_arguments_size_min;
    if (each.fields.at("finalized").as_bool() && (as_metadata || as_payload)) {
        rpc::testing::events_ignored events;
        rpc::session session(options_for(each, ids), events);
        slice arguments{as_metadata ? metadata : payload, {}};
        EXPECT_EQ(session.call(method_id, {&arguments, 1}, rpc::delivery::whole, 0).value(),
                  ids.request);
        expect_frames(frames, take_frames(session.output()), layout);
    }
}

/// Feeds a whole call, so that there is something to answer.
class answering : public rpc::testing::events_ignored {
public:
    void on_request(rpc::call_id id, rpc::message_head const&, bytes_view) override { asked = id; }

    rpc::call_id asked{};

    void receive_call(rpc::session& session, std::uint32_t request_id, std::uint64_t method_id,
                      frame::layout layout) {
        gather_queue queue;
        frame::frame_sink const sink{queue, layout, 0};
        frame::stream_encoder stream(1);
        EXPECT_TRUE(
            stream.write_and_flush(rpc::encode_header({0, request_id, method_id, 0}), {}, sink));
        EXPECT_TRUE(stream.end(sink));
        for (byte_string const& frame : take_frames(queue)) {
            EXPECT_EQ(session.receive(frame, true, 0).value(), frame.size());
            EXPECT_TRUE(session.settle().has_value());
        }
    }
};

void check_response(record const& each) {
    written_ids const ids = ids_of(each);
    std::uint64_t const method_id = hex_number_of(each.fields.at("method_id"));
    byte_string const payload = bytes_of(each.fields.at("payload"));
    auto const& frames = each.fields.at("frames").as_array();
    frame::layout const layout = layout_of(each.fields.at("rev"));
    json::value const& status = each.fields.at("status");
    byte_string metadata;
    if (!status.is_null()) {
        metadata.push_back(static_cast<std::byte>(number_of(status)));
    }
    byte_string const head = with_metadata(
        {1, ids.request, method_id, static_cast<std::uint16_t>(metadata.size())}, metadata);
    expect_frames(frames, stream_of(each, ids, head, payload), layout);

    if (each.fields.at("finalized").as_bool() && !status.is_null()) {
        answering events;
        rpc::session session(options_for(each, ids), events);
        events.receive_call(session, ids.request, method_id, layout);
        slice body{payload, {}};
        session.answer(events.asked, static_cast<rpc::status>(number_of(status)), {&body, 1}, 0);
        expect_frames(frames, take_frames(session.output()), layout);
    }
}

TEST(wire_messages, calls_and_responses_are_the_recorded_frames) {
    check_wire_records(wire_kind::messages, [](record const& each) {
        std::string_view const what = each.fields.at("what").as_string();
        what == "call" ? check_call(each) : check_response(each);
    });
}

/// What the recorded handler answered: a structured error, a text, or bytes.
rpc::unary_handler handler_for(record const& each) {
    json::value const& error = each.fields.at("error");
    if (auto const* structured = error.if_object()) {
        message_reader_of_json reader(*structured);
        return [what = reader.read<typed::failure>()](rpc::request const&, rpc::responder answer) {
            typed::answer_failure(answer, what);
        };
    }
    if (auto const* text = error.if_string()) {
        return [said = std::string(*text)](rpc::request const&, rpc::responder answer) {
            answer.system_error(said);
        };
    }
    return [body = bytes_of(each.fields.at("response_payload"))](
               rpc::request const&, rpc::responder answer) { answer.success({body, {}}); };
}

TEST(wire_messages, an_endpoint_answers_each_result_of_a_handler_as_recorded) {
    check_wire_records(wire_kind::error_responses, [](record const& each) {
        frame::layout const layout = layout_of(each.fields.at("rev"));
        auto const& response = each.fields.at("response_frames").as_array();
        byte_string const first = bytes_of(response.at(0));
        byte_string request;
        for (json::value const& frame : each.fields.at("request_frames").as_array()) {
            byte_string const bytes = bytes_of(frame);
            request.insert(request.end(), bytes.begin(), bytes.end());
        }
        rpc::dispatcher methods;
        std::uint64_t const method_id = load_le<std::uint64_t>(
            request.data() + frame::header_size(layout) + rpc::method_id_offset);
        // Status 3 without an error is the answer to a method that has no handler.
        bool const registered =
            !each.fields.at("error").is_null() || number_of(each.fields.at("status")) != 3;
        if (registered) {
            ASSERT_TRUE(methods.add(method_id, handler_for(each)));
        }
        rpc::session_options options;
        options.layout = layout;
        options.first_stream_id = load_le<std::uint32_t>(first.data() + frame::stream_id_offset);
        rpc::endpoint endpoint(options, methods, nullptr, nullptr);
        ASSERT_EQ(endpoint.protocol().receive(request, false, 0).value(), request.size());
        ASSERT_TRUE(endpoint.protocol().settle().has_value());
        expect_frames(response, take_frames(endpoint.protocol().output()), layout);
    });
}

}  // namespace
}  // namespace trunkline::replay
