#include <trunkline/room_history/file_pair.hpp>

#include <trunkline/base/assert.hpp>

#include <system_error>
#include <utility>
#include <vector>

namespace trunkline::room_history {
namespace {

bool is_absent(error_code why) {
    return why == boost::system::errc::no_such_file_or_directory;
}

/// Of the files that are made: messages are small.
constexpr std::uint32_t alignment = 16;

/// Of the first entry of a file, in bytes: nothing else can be in one that is smaller, and turn()
/// was cut off.
constexpr std::uint64_t state_entry_size = 48;

/// Nothing for a file that was made and not yet written to.
result<std::optional<file_state>> state_of(store::store const& file) {
    auto const found = file.read(as_bytes(state_key));
    if (!found) {
        if (file.empty()) {
            return std::optional<file_state>();
        }
        return make_error_code(store::store_error::not_a_store);
    }
    auto const value = decode(found->bytes);
    auto const* const state = std::get_if<file_state>(&value);
    if (state == nullptr) {
        return make_error_code(store::store_error::not_a_store);
    }
    return std::optional(*state);
}

result<void> write_to(store::store& file, file_state const& state) {
    std::vector<std::byte> value;
    encode(state, value);
    auto const written = file.write(as_bytes(state_key), value);
    return written ? result<void>() : written.error();
}

}  // namespace

std::filesystem::path file_pair::path_of(std::uint64_t generation) const {
    std::filesystem::path path = name_;
    path += generation % 2 == 0 ? ".0" : ".1";
    return path;
}

result<std::unique_ptr<store::store>> file_pair::open_one(std::uint64_t generation, bool create,
                                                          store::open_report* report) const {
    store::open_options options{.create = create, .level = store::durability::os, .on = on_};
    if (create) {
        options.alignment = alignment;
    }
    return store::store::open(path_of(generation), options, report);
}

result<file_pair> file_pair::open(std::filesystem::path const& name, store::disk& on,
                                  store::open_report& report) {
    struct found_file {
        std::unique_ptr<store::store> file;
        file_state state;
    };
    file_pair made(name, on);
    std::vector<found_file> found;
    for (std::uint64_t const parity : {0U, 1U}) {
        auto file = made.open_one(parity, false, &report);
        bool const is_cut_off = report.size_found < state_entry_size && !found.empty();
        if (!file && (is_absent(file.error()) || is_cut_off)) {
            continue;
        }
        auto const state = file ? state_of(**file) : file.error();
        if (!state) {
            return state.error();
        }
        if (*state) {
            found.push_back({std::move(*file), **state});
        }
    }
    if (found.empty()) {
        return std::move(made).begin(report);
    }
    if (found.front().state.generation > found.back().state.generation) {
        std::swap(found.front(), found.back());
    }
    made.state_ = found.back().state;
    made.current_ = std::move(found.back().file);
    if (found.size() == 2) {
        (made.state_.is_alone ? made.spare_ : made.previous_) = std::move(found.front().file);
    }
    return made;
}

result<file_pair> file_pair::begin(store::open_report& report) && {
    auto file = open_one(0, true, &report);
    if (!file) {
        return file.error();
    }
    current_ = std::move(*file);
    if (auto const written = write_state({}); !written) {
        return written.error();
    }
    return std::move(*this);
}

result<void> file_pair::write(std::span<store::key_value const> entries) {
    auto const written = current_->batch_write(entries);
    return written ? result<void>() : written.error();
}

result<void> file_pair::write_state(file_state const& state) {
    file_state const wanted{
        .generation = state_.generation, .reserved = state.reserved, .is_alone = state.is_alone};
    if (auto const written = write_to(*current_, wanted); !written) {
        return written;
    }
    state_ = wanted;
    if (state_.is_alone) {
        spare_ = std::move(previous_);
    }
    return {};
}

// The spare file stays until its name is needed: should the power go, the system has had time to
// write what was moved. As it is open, to remove it is to remove its name.
result<void> file_pair::turn() {
    TRUNKLINE_ASSERT(state_.is_alone);
    file_state const next{
        .generation = state_.generation + 1, .reserved = state_.reserved, .is_alone = false};
    auto const removed = on_->remove(path_of(next.generation));
    if (!removed && !is_absent(removed.error())) {
        return removed;
    }
    if (spare_ != nullptr) {
        let_go(std::move(spare_));
    }
    auto file = open_one(next.generation, true, nullptr);
    if (!file) {
        return file.error();
    }
    if (auto const written = write_to(**file, next); !written) {
        return written;
    }
    previous_ = std::exchange(current_, std::move(*file));
    state_ = next;
    return {};
}

// The system frees the pages of a large file as it is closed: for milliseconds.
void file_pair::let_go(std::unique_ptr<store::store> file) {
    try {
        letting_go_ = std::jthread([gone = std::move(file)]() mutable { gone.reset(); });
    } catch (std::system_error const&) {
        // No thread is left: it is closed here.
    }
}

std::optional<store::entry_handle> file_pair::find(std::string_view key) const {
    auto found = current_->read_entry(as_bytes(key));
    if (!found && previous_ != nullptr) {
        found = previous_->read_entry(as_bytes(key));
    }
    return found;
}

}  // namespace trunkline::room_history
