// Deadlines of the halves of a stream: the family DDL.
#include <trunkline/conformance/pump.hpp>
#include <trunkline/conformance/rules/families.hpp>
#include <trunkline/conformance/rules/on_time.hpp>
#include <trunkline/conformance/sides.hpp>

#include <trunkline/flow/limits.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace trunkline::conformance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t part_size = 5000;
constexpr std::size_t many_parts = 20;  // more than one window
constexpr auto soon = 30ms;

// Both halves of a stream, on one side of it.
struct halves {
    stream_reader<blob> from;
    stream_writer<blob> to;
};

// A stream on which nothing has been said yet.
struct stream_ends {
    halves caller;
    halves callee;
};

// A connected pair, and streams on it whose handler does nothing.
class streaming {
public:
    explicit streaming(world& at)
        : at_(at),
          pair_(pairing(at)
                    .extended()
                    .handle(loop_back,
                            [to = came_](stream_reader<blob> from, stream_writer<blob> back,
                                         call_context) {
                                *to = halves{std::move(from), std::move(back)};
                            })
                    .connect()) {}

    [[nodiscard]] stream_ends open() {
        auto call = pair_.caller().open(loop_back);
        expect(at_.comes_true([&] { return came_->has_value(); }), "the stream did not begin");
        halves far = std::move(**came_);
        came_->reset();
        return {{std::move(call.from), std::move(call.to)}, std::move(far)};
    }

private:
    world& at_;
    std::shared_ptr<std::optional<halves>> came_ = std::make_shared<std::optional<halves>>();
    sides pair_;
};

void expect_writer_waits(world& at, pump const& upload, std::string const& whose) {
    expect(at.comes_true([&] { return upload.written_size() >= flow::first_credit; }),
           whose + " writer does not begin");
    at.let_pass(1s);
    expect(!upload.has_ended(), whose + " writer does not wait");
}

void expect_set_later(world& at, halves of, std::string const& whose) {
    begun_read const waits(of.from);
    pump upload(std::move(of.to), part_size, many_parts);
    expect_writer_waits(at, upload, whose);
    of.from.expires_after(5ms);
    of.from.expires_never();
    at.let_pass(1s);
    expect(!waits.has_ended(), whose + " read ended at a deadline that was lifted");
    transport::runtime::time_point due = at.loop().now() + soon;
    of.from.expires_after(soon);
    expect(at.comes_true([&] { return waits.has_ended(); }), whose + " read has no deadline");
    expect_on_time(at, due, at.loop().now(), "the deadline of the " + whose + " read");
    expect(waits.failure() == call_error::deadline_passed, whose + " read ended otherwise");
    expect(!upload.has_ended(), whose + " writer ended with the read");
    due = at.loop().now() + soon;
    upload.writer().expires_after(soon);
    expect(at.comes_true([&] { return upload.has_ended(); }), whose + " writer has no deadline");
    expect_on_time(at, due, at.loop().now(), "the deadline of the " + whose + " writer");
    expect(upload.failure() == call_error::deadline_passed, whose + " writer ended otherwise");
}

void one_set_later_ends_what_waits(world& at) {
    streaming streams(at);
    stream_ends first = streams.open();
    expect_set_later(at, std::move(first.caller), "the caller's");
    stream_ends second = streams.open();
    expect_set_later(at, std::move(second.callee), "the called side's");
}

// The deadline of each half of `of` alone; the other side has `far`.
void expect_reads_apart(world& at, halves of, halves far, std::string const& whose) {
    begun_read const waits(of.from);
    pump const upload(std::move(of.to), part_size, many_parts);
    expect_writer_waits(at, upload, whose);
    of.from.expires_after(soon);
    expect(at.comes_true([&] { return waits.has_ended(); }), whose + " read has no deadline");
    expect(!upload.has_ended(), whose + " writer ended with the read");
    drain const all(std::move(far.from));
    expect(at.comes_true([&] { return upload.has_ended() && all.has_ended(); }),
           whose + " writer stands still behind the deadline of the reads");
    expect(!upload.failure() && all.is_intact() && all.read_size() == many_parts * part_size,
           whose + " parts did not all come behind the deadline of the reads");
}

void expect_writes_apart(world& at, halves of, halves far, std::string const& whose) {
    begun_read const waits(of.from);
    pump upload(std::move(of.to), part_size, many_parts);
    expect_writer_waits(at, upload, whose);
    upload.writer().expires_after(soon);
    expect(at.comes_true([&] { return upload.has_ended(); }), whose + " writer has no deadline");
    expect(!waits.has_ended(), whose + " read ended with the writer");
    far.to.async_write(part_of(0, part_size), [](call_result<void> const&) {});
    expect(at.comes_true([&] { return waits.has_ended(); }),
           whose + " read stands still behind the deadline of the writes");
    expect(!waits.failure() && waits.size() == part_size,
           whose + " read failed behind the deadline of the writes");
}

void reads_and_writes_have_their_own(world& at) {
    streaming streams(at);
    stream_ends one = streams.open();
    expect_reads_apart(at, std::move(one.caller), std::move(one.callee), "the caller's");
    one = streams.open();
    expect_writes_apart(at, std::move(one.caller), std::move(one.callee), "the caller's");
    one = streams.open();
    expect_reads_apart(at, std::move(one.callee), std::move(one.caller), "the called side's");
    one = streams.open();
    expect_writes_apart(at, std::move(one.callee), std::move(one.caller), "the called side's");
}

constexpr std::array rules{
    rule{"DDL-02", level::must,
         "A deadline that is set while a read or a write waits takes effect on it.",
         "Who is asked about a new deadline: what waits, or what comes next.", needs::nothing,
         one_set_later_ends_what_waits},
    rule{"DDL-04", level::must, "A deadline of reads does not affect writes, nor the reverse.",
         "What the two halves of a stream share.", needs::nothing, reads_and_writes_have_their_own},
};

}  // namespace

std::span<rule const> deadline_stream_rules() {
    return rules;
}

}  // namespace trunkline::conformance
