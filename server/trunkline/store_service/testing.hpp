// For tests of the service: a backend of plain maps, and a caller that speaks in types.
#pragma once

#include <trunkline/base/assert.hpp>
#include <trunkline/bitcode/decode.hpp>
#include <trunkline/bitcode/encode.hpp>
#include <trunkline/rpc/testing.hpp>
#include <trunkline/store_service/backend.hpp>
#include <trunkline/store_service/methods.hpp>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::store_service::testing {

/// A store of maps. Its file grows by one byte per write. Values may be watched: how many of their
/// pins live.
class map_backend : public store_backend {
public:
    void write(std::span<store::key_value const> entries, tail_answer answer) override {
        ++writes;
        if (fails) {
            answer(fails);
            return;
        }
        for (store::key_value const& each : entries) {
            values[std::string(as_text(each.key))] = as_text(each.payload);
            ++tail;
        }
        answer(tail);
    }

    void remove(bytes_view key, tail_answer answer) override {
        tail += values.erase(std::string(as_text(key)));
        answer(tail);
    }

    [[nodiscard]] std::optional<slice> read(bytes_view key) override {
        auto const at = values.find(std::string(as_text(key)));
        if (at == values.end()) {
            return std::nullopt;
        }
        return slice{as_bytes(at->second), held()};
    }

    [[nodiscard]] bool is_loaded(bytes_view value) override {
        return cold.empty() || !cold.contains(std::string(as_text(value)));
    }

    void load(std::vector<bytes_view> wanted, std::function<void()> then) override {
        loads.push_back(std::move(wanted));
        loading.push_back(std::move(then));
    }

    /// As a store does: small values have no pin of their own.
    [[nodiscard]] found_values batch_read(std::span<bytes_view const> keys) override {
        found_values found{{}, held()};
        for (bytes_view const each : keys) {
            found.values.push_back(read(each));
            if (found.values.back() && found.values.back()->bytes.size() < own_pin_size_min) {
                found.values.back()->keep_alive = {};
            }
        }
        return found;
    }

    [[nodiscard]] totals count() override { return {values.size(), tail}; }

    std::map<std::string, std::string> values;
    std::uint64_t tail = 0;
    error_code fails;
    std::set<std::string> cold;                  ///< values that are not in memory
    std::vector<std::vector<bytes_view>> loads;  ///< what was asked for
    std::vector<std::function<void()>> loading;  ///< to be called when it is there
    int writes = 0;
    int pins = 0;

private:
    [[nodiscard]] pin held() noexcept {
        ++pins;
        return {&pins, [](void* count) noexcept { --*static_cast<int*>(count); }};
    }
};

/// What came back of one call: a response, or the status and text of a refusal.
template <class Response>
struct answered {
    rpc::status code = rpc::status::success;
    std::string_view body;  ///< lives as long as the caller that asked

    /// The views of the response point into `body` and into what is returned.
    [[nodiscard]] bitcode::decoded<Response> value() const {
        TRUNKLINE_ASSERT(code == rpc::status::success);
        return bitcode::decode<Response>(as_bytes(body)).value();
    }
};

/// Calls over a wire of two peers.
class caller {
public:
    explicit caller(frame::layout of = frame::layout::b) : wire(of) {}

    template <class Request, class Response, class Answer>
    answered<Response> operator()(typed::method<Request, Response, Answer> const& of,
                                  Request const& request) {
        return raw(of, bitcode::encode(request).to_vector());
    }

    template <class Request, class Response, class Answer>
    answered<Response> raw(typed::method<Request, Response, Answer> const& of,
                           bytes_view arguments) {
        rpc::testing::outcome got;
        slice piece{arguments, {}};
        TRUNKLINE_ASSERT(
            wire.dialer->call(of.id, {&piece, 1}, rpc::testing::note(got)).has_value());
        wire.run();
        TRUNKLINE_ASSERT(got.done && !got.error);
        bodies_.push_back(std::move(got.body));
        return {got.code, bodies_.back()};
    }

    rpc::testing::two_peers wire;

private:
    std::deque<std::string> bodies_;
};

}  // namespace trunkline::store_service::testing
