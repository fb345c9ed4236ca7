#include <trunkline/typed/record.hpp>

#include <trunkline/base/limits.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace trunkline::typed {
namespace {

class record_category final : public boost::system::error_category {
public:
    [[nodiscard]] char const* name() const noexcept override { return "trunkline.record"; }

    [[nodiscard]] std::string message(int value) const override {
        switch (static_cast<record_error>(value)) {
            case record_error::too_large:
                return "a message of the stream is larger than the limit";
            case record_error::unknown_prefix:
                return "the stream has a record of unknown kind";
            case record_error::after_end:
                return "the stream goes on behind its end";
            case record_error::cut_short:
                return "the stream ends within a message";
        }
        return "unknown record error";
    }
};

}  // namespace

error_code make_error_code(record_error error) noexcept {
    static record_category const category;
    return {static_cast<int>(error), category};
}

std::array<std::byte, record_prefix_size> record_prefix(record_kind kind,
                                                        std::size_t body_size) noexcept {
    auto prefix = static_cast<std::uint32_t>(body_size);
    if (kind == record_kind::failure) {
        prefix |= failure_bit;
    } else if (kind == record_kind::end) {
        prefix = end_prefix;
    }
    std::array<std::byte, record_prefix_size> bytes;
    store_le(bytes.data(), prefix);
    return bytes;
}

result<std::optional<record>> record_reader::next(bytes_view& input) {
    if (!failed_ && !input.empty()) {
        failed_ = read_prefix(input);
    }
    if (failed_) {
        return failed_;
    }
    if (prefix_size_ < record_prefix_size) {
        return std::optional<record>();
    }
    read_body(input);
    if (body_.size() < body_size_) {
        return std::optional<record>();
    }
    prefix_size_ = 0;
    ended_ = kind_ != record_kind::message;
    return std::optional<record>({kind_, std::exchange(body_, {})});
}

error_code record_reader::read_prefix(bytes_view& input) {
    if (ended_) {
        return record_error::after_end;
    }
    if (prefix_size_ == record_prefix_size) {
        return {};
    }
    std::size_t const taken = std::min(record_prefix_size - prefix_size_, input.size());
    std::copy_n(input.begin(), taken, prefix_.begin() + prefix_size_);
    prefix_size_ += taken;
    input = input.subspan(taken);
    return prefix_size_ < record_prefix_size ? error_code()
                                             : begin_body(load_le<std::uint32_t>(prefix_.data()));
}

error_code record_reader::begin_body(std::uint32_t prefix) noexcept {
    body_size_ = prefix & ~failure_bit;
    if (prefix == end_prefix) {
        kind_ = record_kind::end;
        body_size_ = 0;
    } else if (prefix < failure_bit) {
        kind_ = record_kind::message;
        return body_size_ > message_size_max_ ? make_error_code(record_error::too_large)
                                              : error_code();
    } else if (body_size_ <= failure_size_max) {
        kind_ = record_kind::failure;
    } else {
        return record_error::unknown_prefix;
    }
    return {};
}

// Grows with what has arrived, never beyond what was declared.
void record_reader::read_body(bytes_view& input) {
    std::size_t const taken = std::min(body_size_ - body_.size(), input.size());
    std::size_t const needed = body_.size() + taken;
    if (needed > body_.capacity()) {
        std::size_t const ahead = std::max({needed, 2 * body_.capacity(), chunk_size});
        body_.reserve(std::min(ahead, body_size_));
    }
    body_.insert(body_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(taken));
    input = input.subspan(taken);
}

}  // namespace trunkline::typed
