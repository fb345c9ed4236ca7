#include "workload.hpp"

#include "payload.hpp"

#include <trunkline/bitcode/encode.hpp>
#include <trunkline/store_service/methods.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <string>

namespace trunkline::load {

namespace {

using namespace store_service;

constexpr std::size_t values_size_max = 16U << 20;      // bytes of all different values
constexpr std::size_t preparation_size_max = 1U << 20;  // bytes of the values of one request
constexpr std::size_t batches = 16;                     // different ones

using pairs = std::span<pair const>;

/// Makes exchanges of calls of a known type.
class maker {
public:
    explicit maker(settings const& of) : how_{of.layout, of.joined}, masks_(of.seed) {}

    template <class Request>
    [[nodiscard]] exchange write(std::uint64_t method_id, Request const& asked) {
        exchange made = call(method_id, asked);
        made.any_tail = true;
        return made;
    }

    template <class Request, class Response>
    [[nodiscard]] exchange read(std::uint64_t method_id, Request const& asked,
                                Response const& answer) {
        exchange made = call(method_id, asked);
        made.answer = bitcode::encode(answer).to_vector();
        return made;
    }

    [[nodiscard]] exchange echo(std::string const& text) {
        bytes_view const bytes = as_bytes(text);
        return {request_bytes::message(bytes, masks_), 0, {bytes.begin(), bytes.end()}, false};
    }

private:
    template <class Request>
    [[nodiscard]] exchange call(std::uint64_t method_id, Request const& asked) {
        auto const arguments = bitcode::encode(asked).to_vector();
        return {request_bytes::call(method_id, arguments, how_, masks_), method_id, {}, false};
    }

    travel how_;
    websocket::mask_generator masks_;
};

exchange write_one(maker& make, pair const& what) {
    return make.write(write.id, write_request{as_bytes(what.key), as_bytes(what.value)});
}

exchange write_many(maker& make, pairs what) {
    batch_write_request asked;
    for (pair const& each : what) {
        asked.entries.push_back({as_bytes(each.key), as_bytes(each.value)});
    }
    return make.write(batch_write.id, asked);
}

exchange read_one(maker& make, pair const& what) {
    return make.read(read.id, key_request{as_bytes(what.key)},
                     read_response<bytes_view>{as_bytes(what.value)});
}

exchange read_many(maker& make, pairs what) {
    batch_read_request asked;
    batch_read_response<bytes_view> answer;
    for (pair const& each : what) {
        asked.keys.push_back(as_bytes(each.key));
        answer.entries_payloads.emplace_back(as_bytes(each.value));
    }
    return make.read(batch_read.id, asked, answer);
}

exchange ask_for(maker& make, pair const& what) {
    return make.read(exists.id, key_request{as_bytes(what.key)}, flag_response{true});
}

bool is_batch(settings const& of) {
    return of.asks == operation::batch_read || of.asks == operation::batch_write;
}

std::vector<pair> pairs_of(settings const& of) {
    std::size_t const fitting = std::max<std::size_t>(1, values_size_max / of.size);
    std::size_t const least = is_batch(of) ? of.batch : 1;
    return make_pairs(std::max(least, std::min(of.keys, fitting)), of.size, of.packable, of.seed);
}

/// `count` neighbours from `begin` on, or fewer at the end.
pairs some(std::vector<pair> const& of, std::size_t begin, std::size_t count) {
    return pairs(of).subspan(begin, std::min(count, of.size() - begin));
}

}  // namespace

workload make_workload(settings const& of) {
    maker make(of);
    std::vector<pair> const all = pairs_of(of);
    workload made;
    if (is_batch(of)) {
        std::size_t const room = all.size() - of.batch;
        for (std::size_t i = 0; i < std::min(batches, room + 1); ++i) {
            pairs const entries = some(all, i * room / batches, of.batch);
            made.push_back(of.asks == operation::batch_read ? read_many(make, entries)
                                                            : write_many(make, entries));
        }
        return made;
    }
    for (pair const& each : all) {
        switch (of.asks) {
            case operation::write:
                made.push_back(write_one(make, each));
                break;
            case operation::exists:
                made.push_back(ask_for(make, each));
                break;
            case operation::echo:
                made.push_back(make.echo(each.value));
                break;
            default:
                made.push_back(read_one(make, each));
        }
    }
    return made;
}

workload make_preparation(settings const& of) {
    bool const reads = of.asks == operation::read || of.asks == operation::exists ||
                       of.asks == operation::batch_read;
    if (!reads) {
        return {};
    }
    maker make(of);
    std::vector<pair> const all = pairs_of(of);
    std::size_t const at_once = std::clamp<std::size_t>(preparation_size_max / of.size, 1, 1000);
    workload made;
    for (std::size_t at = 0; at < all.size(); at += at_once) {
        made.push_back(write_many(make, some(all, at, at_once)));
    }
    return made;
}

}  // namespace trunkline::load
