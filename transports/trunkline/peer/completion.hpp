// Brings the end of an operation to whoever waits for it: the Asio side of a line.
#pragma once

#include <trunkline/peer/line.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace trunkline::peers {

/// Where handlers run that ask for no other place: on the loop of the line. Only once that has gone
/// altogether, on a thread of Asio's.
class line_executor {
public:
    explicit line_executor(std::shared_ptr<line> of) noexcept : line_(std::move(of)) {}

    template <class Work>
    void execute(Work work) const {
        auto const shared = std::make_shared<Work>(std::move(work));
        if (!line_->where().post_late([shared] { std::move (*shared)(); })) {
            boost::asio::post(boost::asio::system_executor(), [shared] { std::move (*shared)(); });
        }
    }

    friend bool operator==(line_executor const&, line_executor const&) noexcept = default;

private:
    std::shared_ptr<line> line_;
};

/// A completion handler and where it wants to run. Keeps that place at work until it has been
/// called.
template <class Handler>
class completion {
    using executor = boost::asio::associated_executor_t<Handler, line_executor>;
    static constexpr bool is_ours = std::is_same_v<executor, line_executor>;

public:
    completion(Handler handler, std::shared_ptr<line> const& of)
        : executor_(boost::asio::get_associated_executor(handler, line_executor(of))),
          handler_(std::move(handler)) {
        if constexpr (!is_ours) {
            work_.emplace(executor_);
        }
    }

    [[nodiscard]] Handler const& handler() const noexcept { return handler_; }

    /// Once. With `here`, which says that this is the line's thread and that nobody is about to use
    /// what the handler may destroy, without a detour where the handler runs on this thread anyway.
    template <class Result>
        requires std::is_rvalue_reference_v<Result&&>
    void operator()(Result&& ended, bool here) {
        if constexpr (is_ours) {
            if (here) {
                call(std::move(ended));
            } else {
                executor_.execute(bound(std::move(ended)));
            }
        } else if (here) {
            boost::asio::dispatch(executor_, bound(std::move(ended)));
        } else {
            boost::asio::post(executor_, bound(std::move(ended)));
        }
        work_.reset();
    }

private:
    using guard = boost::asio::executor_work_guard<
        std::conditional_t<is_ours, boost::asio::system_executor, executor>>;

    /// What the handler throws leaves the loop from a function of its own: below us is the driver.
    template <class Result>
    void call(Result&& ended) {
        try {
            std::move(handler_)(std::move(ended));
        } catch (...) {
            executor_.execute(
                [thrown = std::current_exception()] { std::rethrow_exception(thrown); });
        }
    }

    template <class Result>
    auto bound(Result&& ended) {
        return [handler = std::move(handler_), ended = std::move(ended)]() mutable {
            std::move(handler)(std::move(ended));
        };
    }

    executor executor_;
    Handler handler_;
    std::optional<guard> work_;
};

}  // namespace trunkline::peers
