#include <replay/conversation_model.hpp>
#include <replay/published_names.hpp>

#include <set>

namespace trunkline::replay {
namespace {

/// One side of one connection as a model sees it: reads requests, gives answers.
class answering_side {
public:
    answering_side(frame::layout layout, rule_set rules) : rules_(rules), reader_(layout, rules) {}

    void read(bytes_view message, std::set<std::uint32_t> const& pending, service_model& service) {
        reader_.read(message);
        for (; completed_ < reader_.completed().size(); ++completed_) {
            take(reader_.messages()[reader_.completed()[completed_]], pending, service);
        }
        for (; cancelled_ < reader_.cancelled().size(); ++cancelled_) {
            wire_message const& gone = reader_.messages()[reader_.cancelled()[cancelled_]];
            // Only a handler that answers in parts has said anything by now.
            if (auto answer = service.answer(gone)) {
                answers_.push_back(std::move(*answer));
            }
        }
        touched_ |= reader_.touched();
    }

    [[nodiscard]] std::vector<sent_message>& answers() { return answers_; }
    [[nodiscard]] rule_set const& touched() const { return touched_; }

private:
    void take(wire_message const& message, std::set<std::uint32_t> const& pending,
              service_model& service) {
        bool const by_type = rules_.has(rule::routed_by_type);
        if (pending.contains(message.request_id) && (!by_type || message.type == type::response)) {
            return;
        }
        if (message.type != type::call) {
            touched_.add(rule::routed_by_type);
        }
        if (by_type && message.type == type::response) {
            return;
        }
        auto answer = service.answer(message);
        if (answer && (!by_type || message.type == type::call)) {
            answers_.push_back(std::move(*answer));
        }
    }

    rule_set rules_;
    message_reader reader_;
    std::size_t completed_ = 0;
    std::size_t cancelled_ = 0;
    std::vector<sent_message> answers_;
    rule_set touched_;
};

/// The layout in which a server with these rules reads its client.
frame::layout layout_read(recorded_session const& session, rule_set rules) {
    return rules.has(rule::layout_detected) ? session.client_layout : session.server_layout;
}

/// One connection, as a server with certain rules sees it.
struct modelled_connection {
    modelled_connection(recorded_session const& session, rule_set rules)
        : server(layout_read(session, rules), rules),
          own_calls(session.server_layout, our_rules()) {}

    void take(recorded_message const& message, service_model& service) {
        if (message.toward == direction::to_server) {
            server.read(message.bytes, pending, service);
            return;
        }
        own_calls.read(message.bytes);
        for (wire_message const& each : own_calls.messages()) {
            if (each.type == type::call) {
                pending.insert(each.request_id);
            }
        }
    }

    answering_side server;
    message_reader own_calls;         // of the server to its client
    std::set<std::uint32_t> pending;  // their request ids
};

std::vector<modelled_connection> run(recorded_session const& session, rule_set rules,
                                     service_model& service) {
    std::vector<modelled_connection> connections(session.connections(),
                                                 modelled_connection(session, rules));
    for (recorded_message const& message : binary_messages(session)) {
        connections[message.connection].take(message, service);
    }
    return connections;
}

}  // namespace

std::vector<prediction> predict(recorded_session const& session, rule_set published_rules,
                                service_maker const& make) {
    auto const published_service = make(published_rules);
    auto const our_service = make(our_rules());
    auto published = run(session, published_rules, *published_service);
    auto ours = run(session, our_rules(), *our_service);
    std::vector<prediction> predictions;
    for (std::size_t number = 0; number < ours.size(); ++number) {
        rule_set touched = published[number].server.touched();
        touched |= ours[number].server.touched();
        touched |= published_service->touched();
        if (session.client_layout != session.server_layout) {
            touched.add(rule::layout_detected);
        }
        predictions.push_back({std::move(published[number].server.answers()),
                               std::move(ours[number].server.answers()), touched});
    }
    return predictions;
}

std::uint32_t alignment_of(recorded_session const& session) {
    return server_release(session) < release{0, 15, 0} ? 1 : 64;
}

std::vector<prediction> predict_store(recorded_session const& session) {
    rule_set kept;
    if (server_release(session) >= release{0, 15, 0}) {
        kept.add(rule::absent_delete_writes_nothing);
    }
    return predict(session, kept, [&](rule_set rules) {
        return std::make_unique<store_model>(alignment_of(session), rules);
    });
}

std::optional<std::uint16_t> rpc_close_code(recorded_session const& session,
                                            std::size_t connection) {
    message_reader reader(session.client_layout, our_rules());
    for (recorded_message const& message : binary_messages(session, connection)) {
        if (message.toward == direction::to_server) {
            reader.read(message.bytes);
        }
    }
    return reader.close_code();
}

}  // namespace trunkline::replay
