#include <trunkline/conformance/bare_link.hpp>

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/limits.hpp>
#include <trunkline/conformance/verdict.hpp>

#include <array>
#include <optional>
#include <span>
#include <utility>

namespace trunkline::conformance {

using transport::io_status;

bare_link::bare_link(std::unique_ptr<transport::connection> link) : link_(std::move(link)) {
    watch();
}

bare_link::~bare_link() {
    link_->watch(nullptr, false, false);
}

void bare_link::say(std::string_view what) {
    expect(unsaid_.empty(), "a link did not take what was said before");
    message_size_ = what.size();
    unsaid_ = what;
    write();
}

void bare_link::close() {
    link_->close(transport::close_code::normal, {});
    write();
}

void bare_link::hold(bool on) {
    held_ = on;
    watch();
}

void bare_link::on_ready(bool readable, bool writable) {
    if (readable) {
        read(64 * kib);
    }
    if (writable) {
        write();
    }
    watch();
}

void bare_link::read(std::size_t size_max) {
    std::vector<std::byte> buffer(size_max);
    std::array<transport::in_piece, 16> pieces;
    transport::read_result got;
    do {
        got = link_->read(buffer, pieces);
        for (auto const& piece : std::span(pieces).first(got.pieces)) {
            heard_.append(reinterpret_cast<char const*>(piece.bytes.data()), piece.bytes.size());
        }
    } while (got.pieces == pieces.size());
    ended_ = ended_ || got.status == io_status::end || got.status == io_status::error;
}

void bare_link::write() {
    if (broken_) {
        unsaid_.clear();
    } else if (!unsaid_.empty()) {
        out_segment const rest{std::as_bytes(std::span(unsaid_)),
                               unsaid_.size() == message_size_ ? message_size_ : 0};
        auto const taken = link_->write({&rest, 1});
        if (taken.status == io_status::error) {
            broken_ = true;
            unsaid_.clear();
        } else {
            unsaid_.erase(0, taken.size);
        }
    } else if (link_->wants_write()) {
        static_cast<void>(link_->write({}));
    }
    watch();
}

void bare_link::watch() {
    link_->watch(this, !ended_ && !held_, !unsaid_.empty() || link_->wants_write());
}

bare_listener::bare_listener(world& at, std::string url)
    : listening_(value_of(
          at.place().network().listen(at.loop(), url.empty() ? at.place().url() : std::move(url)),
          "listening")) {
    listening_->start([to = accepted_](std::unique_ptr<transport::connection> one) {
        to->push_back(std::make_unique<bare_link>(std::move(one)));
    });
}

std::unique_ptr<bare_link> bare_listener::take() {
    auto first = std::move(accepted_->front());
    accepted_->erase(accepted_->begin());
    return first;
}

result<std::unique_ptr<transport::connection>> dial_bare(world& at, transport::dialer& by,
                                                         std::string_view url) {
    bool listens = false;
    at.loop().post([&] { listens = true; });
    expect(at.comes_true([&] { return listens; }), "the loop does not run");
    auto const made =
        std::make_shared<std::optional<result<std::unique_ptr<transport::connection>>>>();
    by.dial(url, [made](auto ended) { made->emplace(std::move(ended)); });
    expect(at.comes_true([&] { return made->has_value(); }), "a dial never ended");
    return std::move(**made);
}

}  // namespace trunkline::conformance
