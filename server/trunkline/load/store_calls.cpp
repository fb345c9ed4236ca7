#include <trunkline/load/store_calls.hpp>

#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/load/payload.hpp>
#include <trunkline/store_service/methods.hpp>

#include <algorithm>
#include <span>

namespace trunkline::load {
namespace {

using namespace store_service;

constexpr std::size_t values_size_max = 16U << 20;      // bytes of all different values
constexpr std::size_t preparation_size_max = 1U << 20;  // bytes of the values of one call
constexpr std::size_t batches = 16;                     // different ones

using pairs = std::span<pair const>;

template <class Request>
store_call call_of(std::uint64_t method_id, Request const& asked) {
    return {method_id, bitcode::encode(asked).to_vector(), {}, true};
}

template <class Request, class Response>
store_call call_of(std::uint64_t method_id, Request const& asked, Response const& answer) {
    return {method_id, bitcode::encode(asked).to_vector(), bitcode::encode(answer).to_vector(),
            false};
}

store_call write_one(pair const& what) {
    return call_of(write.id, write_request{as_bytes(what.key), as_bytes(what.value)});
}

store_call write_many(pairs what) {
    batch_write_request asked;
    for (pair const& each : what) {
        asked.entries.push_back({as_bytes(each.key), as_bytes(each.value)});
    }
    return call_of(batch_write.id, asked);
}

store_call read_one(pair const& what) {
    return call_of(read.id, key_request{as_bytes(what.key)},
                   read_response<bytes_view>{as_bytes(what.value)});
}

store_call read_many(pairs what) {
    batch_read_request asked;
    batch_read_response<bytes_view> answer;
    for (pair const& each : what) {
        asked.keys.push_back(as_bytes(each.key));
        answer.entries_payloads.emplace_back(as_bytes(each.value));
    }
    return call_of(batch_read.id, asked, answer);
}

store_call ask_for(pair const& what) {
    return call_of(exists.id, key_request{as_bytes(what.key)}, flag_response{true});
}

bool is_batch(store_work const& of) {
    return of.asks == store_operation::batch_read || of.asks == store_operation::batch_write;
}

std::vector<pair> pairs_of(store_work const& of) {
    std::size_t const fitting = std::max<std::size_t>(1, values_size_max / of.size);
    std::size_t const least = is_batch(of) ? of.batch : 1;
    return make_pairs(std::max(least, std::min(of.keys, fitting)), of.size, of.packable, of.seed);
}

/// `count` neighbours from `begin` on, or fewer at the end.
pairs some(std::vector<pair> const& of, std::size_t begin, std::size_t count) {
    return pairs(of).subspan(begin, std::min(count, of.size() - begin));
}

}  // namespace

std::string_view store_call::fault_of(bytes_view body) const {
    if (!any_tail) {
        return std::ranges::equal(body, answer) ? "" : "an answer with other bytes";
    }
    auto const tail = bitcode::decode<tail_response>(body);
    return tail && (*tail)->tail_offset != 0 ? "" : "a write without a place in the file";
}

std::vector<store_call> make_calls(store_work const& of) {
    std::vector<pair> const all = pairs_of(of);
    std::vector<store_call> made;
    if (is_batch(of)) {
        std::size_t const room = all.size() - of.batch;
        for (std::size_t i = 0; i < std::min(batches, room + 1); ++i) {
            pairs const entries = some(all, i * room / batches, of.batch);
            made.push_back(of.asks == store_operation::batch_read ? read_many(entries)
                                                                  : write_many(entries));
        }
        return made;
    }
    for (pair const& each : all) {
        made.push_back(of.asks == store_operation::write    ? write_one(each)
                       : of.asks == store_operation::exists ? ask_for(each)
                                                            : read_one(each));
    }
    return made;
}

std::vector<store_call> make_preparation(store_work const& of) {
    if (of.asks == store_operation::write || of.asks == store_operation::batch_write) {
        return {};
    }
    std::vector<pair> const all = pairs_of(of);
    std::size_t const at_once = std::clamp<std::size_t>(preparation_size_max / of.size, 1, 1000);
    std::vector<store_call> made;
    for (std::size_t at = 0; at < all.size(); at += at_once) {
        made.push_back(write_many(some(all, at, at_once)));
    }
    return made;
}

}  // namespace trunkline::load
