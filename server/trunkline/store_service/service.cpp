#include <trunkline/store_service/service.hpp>

#include <trunkline/store_service/methods.hpp>
#include <trunkline/typed/handler.hpp>

#include <utility>

namespace trunkline::store_service {
namespace {

using typed::reply;
using shared_backend = std::shared_ptr<store_backend>;

/// False, and refused, when a batch takes more memory than there is for it.
template <class Answer>
bool accept_batch(std::size_t elements, reply<Answer>& answer) {
    if (elements <= answer.memory_left() / batch_element_cost) {
        return true;
    }
    answer.refuse(batch_refusal_text);
    return false;
}

std::size_t size_of(std::optional<slice> const& value) noexcept {
    return value ? value->bytes.size() : 0;
}

/// Those that wait for the disk; small ones are not worth a question.
std::vector<bytes_view> cold_of(store_backend& backend,
                                std::span<std::optional<slice> const> values) {
    std::vector<bytes_view> cold;
    for (std::optional<slice> const& each : values) {
        if (each && each->bytes.size() >= own_pin_size_min && !backend.is_loaded(each->bytes)) {
            cold.push_back(each->bytes);
        }
    }
    return cold;
}

/// Answers with `values`, which have `size` bytes and themselves take `cost`, or refuses; where the
/// disk has some of them, which lie in `of` the response, once they have been read in. `kept` lives
/// until then.
template <class Response>
void answer_values(store_backend& backend, Response values, pin kept,
                   std::span<std::optional<slice> const> (*of)(Response const&), std::size_t cost,
                   std::size_t size, reply<Response> answer) {
    if (cost + size / answer_bytes_per_cost > answer.memory_left()) {
        answer.refuse(answer_refusal_text);
        return;
    }
    std::vector<bytes_view> cold = cold_of(backend, of(values));
    if (cold.empty()) {
        answer(std::move(values));
        return;
    }
    if (!answer.untyped().keep(cost + cold.size() * sizeof(bytes_view))) {
        answer.refuse(answer_refusal_text);
        return;
    }
    struct waiting {
        pin kept;
        Response values;
        reply<Response> answer;
    };
    auto const held =
        std::make_shared<waiting>(waiting{std::move(kept), std::move(values), std::move(answer)});
    backend.load(std::move(cold), [held] { held->answer(std::move(held->values)); });
}

void answer_read(store_backend& backend, bytes_view key, reply<read_response<slice>> answer) {
    using response = read_response<slice>;
    std::optional<slice> value = backend.read(key);
    std::size_t const size = size_of(value);
    answer_values<response>(
        backend, {std::move(value)}, {},
        [](response const& of) { return std::span(&of.entry_payload, 1); }, 0, size,
        std::move(answer));
}

void answer_batch_read(store_backend& backend, std::span<bytes_view const> keys,
                       reply<batch_read_response<slice>> answer) {
    using response = batch_read_response<slice>;
    if (!accept_batch(keys.size(), answer)) {
        return;
    }
    found_values found = backend.batch_read(keys);
    std::size_t size = 0;
    for (std::optional<slice> const& each : found.values) {
        size += size_of(each);
    }
    answer_values<response>(
        backend, {std::move(found.values)}, std::move(found.kept),
        [](response const& of) { return std::span(of.entries_payloads); },
        keys.size() * batch_element_cost, size, std::move(answer));
}

bool add_writing(rpc::dispatcher& methods, shared_backend const& backend,
                 bitcode_limits const& limits) {
    return typed::add(
               methods, write,
               [backend](write_request const& request, reply<tail_response> answer) {
                   store::key_value const entry{request.key, request.payload};
                   backend->write({&entry, 1}, tail_answer(std::move(answer)));
               },
               limits) &&
           typed::add(
               methods, batch_write,
               [backend](batch_write_request const& request, reply<tail_response> answer) {
                   if (accept_batch(request.entries.size(), answer)) {
                       backend->write(request.entries, tail_answer(std::move(answer)));
                   }
               },
               limits) &&
           typed::add(
               methods, remove,
               [backend](key_request const& request, reply<tail_response> answer) {
                   backend->remove(request.key, tail_answer(std::move(answer)));
               },
               limits);
}

bool add_reading(rpc::dispatcher& methods, shared_backend const& backend,
                 bitcode_limits const& limits) {
    return typed::add(
               methods, read,
               [backend](key_request const& request, reply<read_response<slice>> answer) {
                   answer_read(*backend, request.key, std::move(answer));
               },
               limits) &&
           typed::add(
               methods, batch_read,
               [backend](batch_read_request const& request,
                         reply<batch_read_response<slice>> answer) {
                   answer_batch_read(*backend, request.keys, std::move(answer));
               },
               limits) &&
           typed::add(
               methods, exists,
               [backend](key_request const& request, reply<flag_response> answer) {
                   answer({backend->read(request.key).has_value()});
               },
               limits);
}

bool add_counting(rpc::dispatcher& methods, shared_backend const& backend) {
    return typed::add(methods, len,
                      [backend](no_arguments const&, reply<number_response> answer) {
                          answer({backend->count().live_keys});
                      }) &&
           typed::add(methods, is_empty,
                      [backend](no_arguments const&, reply<flag_response> answer) {
                          answer({backend->count().live_keys == 0});
                      }) &&
           typed::add(methods, file_size,
                      [backend](no_arguments const&, reply<number_response> answer) {
                          answer({backend->count().file_size});
                      });
}

}  // namespace

bool add_methods(rpc::dispatcher& methods, std::shared_ptr<store_backend> backend,
                 bitcode_limits const& limits) {
    return add_writing(methods, backend, limits) && add_reading(methods, backend, limits) &&
           add_counting(methods, backend);
}

bool add_methods(rpc::dispatcher& methods, store::store& data, bitcode_limits const& limits) {
    return add_methods(methods, std::make_shared<embedded_backend>(data), limits);
}

}  // namespace trunkline::store_service
