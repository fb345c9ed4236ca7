// One read of a stream under way.
#pragma once

#include <trunkline/peer/operation_end.hpp>
#include <trunkline/peer/part_form.hpp>
#include <trunkline/peer/stream.hpp>

#include <boost/asio/async_result.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace trunkline::peers {

/// What a read of parts gives: nothing at the end.
template <class Part>
struct next_part {
    using outcome = call_result<std::optional<typename part_form<Part>::item>>;

    [[nodiscard]] static outcome of_message(std::vector<std::byte> bytes, stream const&) {
        auto part = part_form<Part>::read(std::move(bytes));
        if (!part) {
            return part.error();
        }
        return std::move(*part);
    }
    [[nodiscard]] static outcome of_end() { return std::nullopt; }
};

/// What a read of the one response gives.
template <class Response>
struct only_answer {
    using outcome = call_result<received<Response>>;

    [[nodiscard]] static outcome of_message(std::vector<std::byte> bytes, stream const& from) {
        auto answer = read_message<Response>(std::move(bytes));
        if (answer) {
            answer->came_with(from.metadata());
        }
        return answer;
    }
    [[nodiscard]] static outcome of_end() { return call_failure{call_error::stream_ended, {}}; }
};

/// `Wanted` is one of the two above, `End` is called with its outcome.
template <class Wanted, class End>
class stream_read final : public reading,
                          public task,
                          public std::enable_shared_from_this<stream_read<Wanted, End>> {
    using outcome = typename Wanted::outcome;

public:
    template <class... Arguments>
    explicit stream_read(std::shared_ptr<stream> from, Arguments&&... end)
        : from_(std::move(from)), end_(std::forward<Arguments>(end)...) {}

    void run(line&) override {
        if (!std::exchange(begun_, true)) {
            from_->input().read(this->shared_from_this());
        }
    }
    void drop(error_code why) override { on_read_failed({why, {}}); }

    /// Nothing once it has ended.
    void give_up(call_error why) {
        auto const kept = this->shared_from_this();
        if (from_->input().forget(*this) || !begun_) {
            begun_ = true;
            on_read_failed({why, {}});
        }
    }

    void on_message(std::vector<std::byte> bytes) override {
        if (from_->cancel_was_noted()) {
            on_read_failed({call_error::cancelled, {}});
            return;
        }
        end_(Wanted::of_message(std::move(bytes), *from_));
    }
    void on_end() override { end_(Wanted::of_end()); }
    void on_read_failed(call_failure why) override { end_(outcome(std::move(why))); }

    [[nodiscard]] End& end() noexcept { return end_; }

private:
    std::shared_ptr<stream> from_;
    End end_;
    bool begun_ = false;
};

/// The token is completed with Wanted::outcome.
template <class Wanted, class Token>
auto async_read(std::shared_ptr<stream> const& from, Token&& token) {
    using outcome = typename Wanted::outcome;
    return boost::asio::async_initiate<Token, void(outcome)>(
        [](auto handler, std::shared_ptr<stream> of) {
            using end = async_end<decltype(handler), outcome>;
            auto const read =
                std::make_shared<stream_read<Wanted, end>>(of, std::move(handler), of->line());
            read->end().start(read);
        },
        token, from);
}

template <class Wanted>
[[nodiscard]] typename Wanted::outcome blocking_read(std::shared_ptr<stream> const& from) {
    using end = awaited_end<typename Wanted::outcome>;
    return submit_and_wait(from->line(), std::make_shared<stream_read<Wanted, end>>(from));
}

}  // namespace trunkline::peers
