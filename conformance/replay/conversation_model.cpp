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
    [[nodiscard]] bool broken() const { return reader_.broken(); }

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

struct outcome {
    std::vector<sent_message> answers;
    rule_set touched;
};

/// The layout in which a server with these rules reads its client.
frame::layout layout_read(recorded_session const& session, rule_set rules) {
    return rules.has(rule::layout_detected) ? session.client_layout : session.server_layout;
}

std::vector<outcome> run(recorded_session const& session, rule_set rules, service_model& service) {
    std::vector<outcome> outcomes;
    for (std::size_t number = 0; number < session.connections(); ++number) {
        answering_side server(layout_read(session, rules), rules);
        message_reader own_calls(session.server_layout, our_rules());
        std::set<std::uint32_t> pending;
        for (recorded_message const& message : binary_messages(session, number)) {
            if (message.toward == direction::to_server) {
                server.read(message.bytes, pending, service);
                continue;
            }
            own_calls.read(message.bytes);
            for (wire_message const& each : own_calls.messages()) {
                if (each.type == type::call) {
                    pending.insert(each.request_id);
                }
            }
        }
        outcomes.push_back({std::move(server.answers()), server.touched()});
    }
    return outcomes;
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
        rule_set touched = published[number].touched;
        touched |= ours[number].touched;
        touched |= published_service->touched();
        if (session.client_layout != session.server_layout) {
            touched.add(rule::layout_detected);
        }
        predictions.push_back(
            {std::move(published[number].answers), std::move(ours[number].answers), touched});
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

bool we_end(recorded_session const& session, std::size_t connection) {
    message_reader reader(session.client_layout, our_rules());
    for (recorded_message const& message : binary_messages(session, connection)) {
        if (message.toward == direction::to_server) {
            reader.read(message.bytes);
        }
    }
    return reader.broken();
}

}  // namespace trunkline::replay
