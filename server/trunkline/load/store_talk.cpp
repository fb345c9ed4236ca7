#include <trunkline/load/store_talk.hpp>

#include <trunkline/base/limits.hpp>
#include <trunkline/load/line_source.hpp>
#include <trunkline/transport/error.hpp>

#include <array>
#include <utility>

namespace trunkline::load {

using transport::connection_state;

namespace {

// What is wrong with the answer to `asked`; empty where nothing is.
std::string fault_of(rpc::response const& answer, store_call const& asked) {
    if (answer.error) {
        return "a call failed: " + answer.error.message();
    }
    if (answer.code != rpc::status::success) {
        return "a call failed: " + std::string(as_text(answer.body));
    }
    auto const fault = asked.fault_of(answer.body);
    return fault.empty() ? std::string() : "wrong: " + std::string(fault);
}

result<void> call(transport::driver& by, store_call const& asked, rpc::response_callback done) {
    std::array<slice, 1> arguments{slice{asked.arguments, {}}};
    auto const made = by.peer().call(asked.method_id, arguments, std::move(done));
    return made ? result<void>() : result<void>(made.error());
}

}  // namespace

/// One connection with calls.
class store_conversation::caller final : public member {
public:
    caller(store_conversation const& of, member_owner& owner,
           std::unique_ptr<transport::connection> link)
        : of_(of), owner_(owner) {
        driver_ = of.drive(std::move(link), [this](connection_state now, error_code why) {
            if (now == connection_state::disconnected || now == connection_state::error) {
                tell_end(why);
            }
        });
        driver_->start();
    }

    void begin(std::size_t place) override { place_ = place; }

    void send_one() override {
        ++due_;
        call_more();
    }

    [[nodiscard]] std::uint64_t missing() const override { return due_ - answered_; }

    void close() override {
        closing_ = true;
        driver_->close(transport::close_code::normal, "");
    }

private:
    void call_more() {
        while (!closing_ && begun_ < due_ && begun_ - answered_ < owner_.of().depth) {
            std::uint64_t const number = begun_++;
            store_call const& asked = of_.calls_[(place_ * 31 + number) % of_.calls_.size()];
            auto const now = of_.loop_.now();
            auto const due = owner_.of().closed_loop ? now : owner_.due_at(place_, number);
            auto const made = call(*driver_, asked, [this, &asked, due](rpc::response const& got) {
                on_answer(got, asked, due);
            });
            if (!made) {
                ++answered_;
                owner_.counts().fail("a call failed: " + made.error().message());
                continue;
            }
            owner_.counts().sent.add(1, asked.arguments.size());
        }
    }

    void on_answer(rpc::response const& got, store_call const& asked,
                   transport::runtime::time_point due) {
        if (closing_) {
            return;  // counted as missing already
        }
        ++answered_;
        if (auto const fault = fault_of(got, asked); !fault.empty()) {
            owner_.counts().fail(fault);
        }
        if (!got.error) {
            owner_.counts().received.add(1, got.body.size());
            owner_.counts().answered(due, of_.loop_.now());
        }
        if (owner_.goes_on() && !got.error) {
            ++due_;
            ++owner_.counts().due;
        }
        if (!got.error) {
            call_more();
        }
    }

    void tell_end(error_code why) {
        std::string cause = "lost: " + why.message();
        if (auto const said = driver_->farewell()) {
            cause = "closed by the server: " + said->text;
        }
        owner_.over(place_, closing_ ? "" : cause);  // and with it this object
    }

    store_conversation const& of_;
    member_owner& owner_;
    std::unique_ptr<transport::driver> driver_;
    std::size_t place_ = 0;
    std::uint64_t due_ = 0;
    std::uint64_t begun_ = 0;
    std::uint64_t answered_ = 0;
    bool closing_ = false;
};

/// One connection that calls one after the other.
class store_conversation::preparation {
public:
    preparation(store_conversation& of, line_source& lines, std::chrono::milliseconds patience,
                prepared done)
        : of_(of), done_(std::move(done)) {
        deadline_ = of.loop_.after(patience, [this] {
            finish(make_error_code(transport::transport_error::handshake_timeout).message());
        });
        opening_ = lines.open(0, [this](result<std::unique_ptr<transport::connection>> made) {
            if (made) {
                begin(std::move(*made));
            } else {
                finish(made.error().message());
            }
        });
    }

private:
    void begin(std::unique_ptr<transport::connection> link) {
        deadline_.reset();
        driver_ = of_.drive(std::move(link), [this](connection_state now, error_code why) {
            if (now == connection_state::disconnected || now == connection_state::error) {
                finish("lost: " + why.message());
            }
        });
        driver_->start();
        next();
    }

    void next() {
        if (at_ == of_.first_.size()) {
            finish("");
            return;
        }
        store_call const& asked = of_.first_[at_++];
        auto const made = call(*driver_, asked, [this, &asked](rpc::response const& got) {
            auto const fault = fault_of(got, asked);
            fault.empty() ? next() : finish(fault);
        });
        if (!made) {
            finish(made.error().message());
        }
    }

    // Of what may tell the end only the first does, and from a turn of its own: what calls this
    // goes with it.
    void finish(std::string const& fault) {
        if (!ending_) {
            ending_ = of_.loop_.after(transport::runtime::duration(0), [this, fault] {
                auto const gone = std::move(of_.preparing_);
                auto const done = std::move(done_);
                done(fault);
            });
        }
    }

    store_conversation& of_;
    prepared done_;
    std::size_t at_ = 0;
    std::unique_ptr<transport::timer> deadline_;
    std::unique_ptr<transport::pending_connection> opening_;
    std::unique_ptr<transport::driver> driver_;
    std::unique_ptr<transport::timer> ending_;
};

store_conversation::store_conversation(transport::runtime& loop, store_work const& of,
                                       frame::layout spoken)
    : loop_(loop), calls_(make_calls(of)), first_(make_preparation(of)) {
    settings_.session.local_side = rpc::side::dialer;
    settings_.session.layout = spoken;
    settings_.session.limits.message_size_max = 64 * mib;
    settings_.session.limits.held_size_max = 96 * mib;
}

store_conversation::~store_conversation() = default;

void store_conversation::prepare(line_source& lines, std::chrono::milliseconds patience,
                                 prepared done) {
    if (first_.empty()) {
        done("");
        return;
    }
    preparing_ = std::make_unique<preparation>(*this, lines, patience, std::move(done));
}

std::unique_ptr<member> store_conversation::join(member_owner& owner, std::size_t /*number*/,
                                                 std::unique_ptr<transport::connection> link) {
    return std::make_unique<caller>(*this, owner, std::move(link));
}

std::unique_ptr<transport::driver> store_conversation::drive(
    std::unique_ptr<transport::connection> link, transport::driver::observer on_state) const {
    return std::make_unique<transport::driver>(loop_, std::move(link), nothing_served_, settings_,
                                               std::move(on_state));
}

}  // namespace trunkline::load
