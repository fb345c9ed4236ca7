// What a session tells its owner about recorded frames, read by read, against the plain model with
// our rules.
#include <replay/vector_set.hpp>
#include <replay/wire_model.hpp>
#include <trunkline/rpc/error.hpp>
#include <trunkline/rpc/session.hpp>

#include <gtest/gtest.h>

#include <map>
#include <ostream>

namespace trunkline::replay {
namespace {

/// One call or event of the peer, as far as it was told.
struct told_call {
    std::uint8_t type = 0;
    std::uint32_t request_id = 0;
    std::uint64_t method_id = 0;
    byte_string metadata;
    std::vector<byte_string> parts;
    bool ended = false;
    bool cancelled = false;

    bool operator==(told_call const&) const = default;
    friend std::ostream& operator<<(std::ostream& to, told_call const& call) {
        to << "type " << int{call.type} << " request " << call.request_id << " method "
           << call.method_id << " metadata " << to_hex(call.metadata);
        for (byte_string const& part : call.parts) {
            to << " part " << to_hex(part);
        }
        return to << (call.ended ? " ended" : "") << (call.cancelled ? " cancelled" : "");
    }
};

/// The response to our one pending call.
struct told_response {
    byte_string body;
    bool ended = false;
    bool lost = false;

    bool operator==(told_response const&) const = default;
    friend std::ostream& operator<<(std::ostream& to, told_response const& response) {
        return to << to_hex(response.body) << (response.ended ? " ended" : "")
                  << (response.lost ? " lost" : "");
    }
};

class teller final : public rpc::session_events {
public:
    std::vector<told_call> calls;
    told_response response;

private:
    static byte_string copy(bytes_view bytes) { return {bytes.begin(), bytes.end()}; }

    rpc::delivery on_call(rpc::call_id id, rpc::message_head const& head) override {
        index_[id] = calls.size();
        calls.push_back({static_cast<std::uint8_t>(head.type),
                         head.request_id,
                         head.method_id,
                         copy(head.metadata),
                         {},
                         false,
                         false});
        return rpc::delivery::parts;
    }
    void on_request(rpc::call_id, rpc::message_head const&, bytes_view) override {
        ADD_FAILURE() << "parts were asked for";
    }
    void on_call_part(rpc::call_id id, bytes_view part) override {
        calls[index_.at(id)].parts.push_back(copy(part));
    }
    void on_call_end(rpc::call_id id) override { calls[index_.at(id)].ended = true; }
    void on_call_cancelled(rpc::call_id id, error_code why) override {
        EXPECT_EQ(why, rpc::rpc_error::cancelled_by_peer);
        calls[index_.at(id)].cancelled = true;
    }
    void on_response(std::uint32_t, rpc::status, bytes_view body) override {
        response.body = copy(body);
        response.ended = true;
    }
    void on_response_begin(std::uint32_t) override {}
    void on_response_part(std::uint32_t, bytes_view part) override {
        response.body.insert(response.body.end(), part.begin(), part.end());
    }
    void on_response_end(std::uint32_t) override { response.ended = true; }
    void on_call_lost(std::uint32_t, error_code why) override {
        EXPECT_EQ(why, rpc::rpc_error::cancelled_by_peer);
        response.lost = true;
    }

    std::map<rpc::call_id, std::size_t> index_;
};

constexpr std::uint8_t type_response = 1;

/// Wire 5, routing by type: requests are told; of responses the first one with the id of our
/// pending call, and others go nowhere.
std::vector<told_call> requests_in(message_reader const& model) {
    std::vector<told_call> calls;
    for (wire_message const& each : model.messages()) {
        if (each.type != type_response) {
            calls.push_back({each.type, each.request_id, each.method_id, each.metadata, each.parts,
                             each.ended, each.cancelled});
        }
    }
    return calls;
}

wire_message const* first_response(message_reader const& model) {
    for (wire_message const& each : model.messages()) {
        if (each.type == type_response) {
            return &each;
        }
    }
    return nullptr;
}

/// A response that failed is told at its End as a whole; one that succeeded, part by part.
told_response expected_response(message_reader const& model) {
    wire_message const* const found = first_response(model);
    if (found == nullptr) {
        return {};
    }
    bool const failed = !found->metadata.empty() && found->metadata[0] >= std::byte{1} &&
                        found->metadata[0] <= std::byte{3};
    return {failed && !found->ended ? byte_string() : found->payload(), found->ended,
            found->cancelled};
}

/// The request id of the first response of the whole record: we have a call with that id pending.
std::uint32_t awaited_request(record const& each) {
    message_reader model(layout_of(each.fields.at("rev")), our_rules());
    for (json::value const& feed : each.fields.at("feeds").as_array()) {
        model.read(bytes_of(feed.at("bytes")));
    }
    wire_message const* const found = first_response(model);
    return found == nullptr ? 0 : found->request_id;
}

TEST(wire_events, a_session_tells_what_the_rules_say) {
    check_wire_records(wire_kind::rpc_events, [](record const& each) {
        std::uint32_t const awaited = awaited_request(each);
        rpc::session_options options;
        options.layout = layout_of(each.fields.at("rev"));
        options.local_side =
            (awaited & rpc::acceptor_id_bit) != 0 ? rpc::side::acceptor : rpc::side::dialer;
        options.first_request_id = awaited;
        teller told;
        rpc::session session(options, told);
        ASSERT_EQ(session.call(0, {}, rpc::delivery::parts, 0).value(), awaited);
        message_reader model(*options.layout, our_rules());
        for (json::value const& feed : each.fields.at("feeds").as_array()) {
            byte_string const bytes = bytes_of(feed.at("bytes"));
            auto const taken = session.receive(bytes, true, 0);
            model.read(bytes);
            if (model.close_code()) {  // wire 10: a declared size over the limit
                EXPECT_EQ(taken.error(), rpc::rpc_error::frame_too_large);
                break;
            }
            ASSERT_TRUE(session.settle().has_value());
            ASSERT_EQ(taken.value(), bytes.size());
            EXPECT_EQ(told.calls, requests_in(model));
            EXPECT_EQ(told.response, expected_response(model));
        }
    });
}

}  // namespace
}  // namespace trunkline::replay
