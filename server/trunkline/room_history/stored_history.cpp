#include <trunkline/room_history/stored_history.hpp>

#include <trunkline/room_history/file_pair.hpp>
#include <trunkline/room_history/room_index.hpp>
#include <trunkline/rooms/limits.hpp>

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace trunkline::room_history {
namespace {

/// What is not yet moved when the files have turned: with each message so many are, at least, and
/// as many bytes as it has.
constexpr std::size_t moved_per_message = 4;

/// Beyond the message: its head, the trailer and the pad of its entry, and a short name.
constexpr std::uint64_t cost_of_entry = 96;

/// One write.
class write_batch {
public:
    void add(std::string key, kept_value const& value) {
        encode(value, made_.emplace_back());
        keys_.push_back(std::move(key));
    }

    [[nodiscard]] std::span<store::key_value const> entries() {
        entries_.clear();
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            entries_.push_back({as_bytes(keys_[i]), made_[i]});
        }
        return entries_;
    }

private:
    std::vector<std::vector<std::byte>> made_;
    std::vector<std::string> keys_;
    std::vector<store::key_value> entries_;
};

rooms::shared_message as_message(kept_value const& value) {
    rooms::message_draft draft(value.bytes.size());
    std::copy(value.bytes.begin(), value.bytes.end(), draft.bytes().begin());
    return std::move(draft).finish(value.number);
}

}  // namespace

std::uint64_t system_clock_us() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
}

class stored_history::implementation {
public:
    implementation(file_pair files, history_options options)
        : options_(std::move(options)),
          files_(std::move(files)),
          index_(options_.limits_of, options_.rooms_max) {
        find_rooms();
        if (!files_.state().is_alone) {
            begin_moving();
        }
    }

    void note(std::string_view room, rooms::shared_message const& said) {
        if (room.size() > room_name_size_max) {
            return;
        }
        std::lock_guard const lock(mutex_);
        std::uint64_t const now = options_.wall_clock_us();
        kept_room& in = index_.speak_in(room);
        if (in.limits().messages_max == 0) {
            return;
        }
        if (is_broken_) {
            in.lose_up_to(said.number());
            return;
        }
        in.add({said.number(), now, said.bytes().size()}, now);
        write_batch batch;
        batch.add(key_of(room, said.number()), value_of(in, said, now));
        bool const ends_moving = move_some(batch, said.bytes().size());
        if (!succeed(files_.write(batch.entries()))) {
            in.lose_up_to(said.number());
            return;
        }
        if (ends_moving) {
            tell_state({.reserved = files_.state().reserved, .is_alone = true});
        }
        turn_if_due();
    }

    rooms::kept_messages after(std::string_view room, std::uint64_t after, std::uint64_t until,
                               std::size_t count) {
        std::lock_guard const lock(mutex_);
        kept_room* const in = index_.find(room);
        if (in == nullptr) {
            return {.messages = {}, .lost_up_to = index_.forgotten_up_to()};
        }
        in->grow_older(options_.wall_clock_us());
        rooms::kept_messages found;
        std::size_t size = 0;
        for (std::size_t at = in->first_after(after); at < in->places().size(); ++at) {
            kept_place const place = in->places()[at];
            bool const fits =
                found.messages.empty() || size + place.size <= rooms::history_page_size_max;
            if (place.number > until || found.messages.size() == count || !fits) {
                break;
            }
            size += place.size;
            if (auto message = read(room, place.number)) {
                found.messages.push_back({std::move(message), place.wall_clock_us});
            } else {
                in->lose_up_to(place.number);
                found.messages.clear();
                at = static_cast<std::size_t>(-1);
            }
        }
        found.lost_up_to = in->lost_up_to();
        return found;
    }

    std::uint64_t reserved_numbers() {
        std::lock_guard const lock(mutex_);
        return std::max(files_.state().reserved, last_found_);
    }

    void reserve_numbers(std::uint64_t up_to) {
        std::lock_guard const lock(mutex_);
        if (!is_broken_) {
            tell_state({.reserved = up_to, .is_alone = files_.state().is_alone});
        }
    }

private:
    // A message that is not kept at all leaves its number: what came before it is kept no more.
    kept_value value_of(kept_room const& in, rooms::shared_message const& said,
                        std::uint64_t now) const {
        return {.layout = options_.layout,
                .number = said.number(),
                .wall_clock_us = now,
                .lost_up_to = in.lost_up_to(),
                .room = in.name(),
                .bytes = in.places().empty() ? bytes_view() : said.bytes()};
    }

    /// Nothing where it is not there as it was written.
    rooms::shared_message read(std::string_view room, std::uint64_t number) const {
        auto const entry = files_.find(key_of(room, number));
        if (!entry || !entry->has_right_checksum()) {
            return {};
        }
        auto const value = decode(entry->bytes());
        auto const* const kept = std::get_if<kept_value>(&value);
        bool const is_it = kept != nullptr && kept->number == number && kept->room == room;
        return is_it ? as_message(*kept) : rooms::shared_message();
    }

    // Opening

    struct found_room {
        std::map<std::uint64_t, kept_place> places;
        std::uint64_t lost_up_to = 0;
    };

    void find_rooms() {
        std::map<std::string, found_room, std::less<>> found;
        files_.for_each([&](bytes_view bytes) {
            auto const value = decode(bytes);
            auto const* const kept = std::get_if<kept_value>(&value);
            if (kept == nullptr || kept->layout != options_.layout) {
                return;
            }
            last_found_ = std::max(last_found_, kept->number);
            found_room& in = found[std::string(kept->room)];
            in.lost_up_to = std::max(in.lost_up_to, kept->lost_up_to);
            in.places[kept->number] = {kept->number, kept->wall_clock_us, kept->bytes.size()};
        });
        std::map<std::uint64_t, std::string const*> by_last;
        for (auto const& [name, in] : found) {
            by_last[in.places.rbegin()->first] = &name;
        }
        std::uint64_t const now = options_.wall_clock_us();
        while (by_last.size() > options_.rooms_max) {
            index_.forget_up_to(by_last.begin()->first);
            by_last.erase(by_last.begin());
        }
        for (auto const& [last, name] : by_last) {
            kept_room& in = index_.speak_in(*name);
            found_room const& was = found.find(*name)->second;
            for (auto at = was.places.upper_bound(was.lost_up_to); at != was.places.end(); ++at) {
                in.add(at->second, now);
            }
            in.lose_up_to(was.lost_up_to);
        }
    }

    // Turning

    void turn_if_due() {
        if (is_broken_ || !files_.state().is_alone || files_.size() < next_look_at_) {
            return;
        }
        std::uint64_t kept = 0;
        for (kept_room const& each : index_.rooms()) {
            kept += each.size() + each.places().size() * cost_of_entry;
        }
        next_look_at_ = 2 * kept + options_.waste_max;
        if (files_.size() >= next_look_at_ && succeed(files_.turn())) {
            begin_moving();
        }
    }

    void begin_moving() {
        to_move_.clear();
        for (kept_room const& each : index_.rooms()) {
            to_move_.push_back(each.name());
        }
        moved_up_to_ = 0;
    }

    /// True when nothing is left in the other file, once the batch is written.
    bool move_some(write_batch& batch, std::uint64_t at_least) {
        if (files_.state().is_alone) {
            return false;
        }
        std::size_t count = 0;
        std::uint64_t size = 0;
        while (!to_move_.empty() && (count < moved_per_message || size < at_least)) {
            kept_room* const from = index_.find(to_move_.back());
            std::size_t const at = from == nullptr ? 0 : from->first_after(moved_up_to_);
            if (from == nullptr || at == from->places().size()) {
                keep_loss(from, batch);
                to_move_.pop_back();
                moved_up_to_ = 0;
                continue;
            }
            moved_up_to_ = from->places()[at].number;
            size += from->places()[at].size;
            ++count;
            std::string key = key_of(from->name(), moved_up_to_);
            auto const entry = files_.is_moved(key) ? std::nullopt : files_.find(key);
            auto const value = entry ? decode(entry->bytes()) : decoded_value();
            if (auto const* const found = std::get_if<kept_value>(&value)) {
                kept_value kept = *found;
                kept.lost_up_to = from->lost_up_to();
                batch.add(std::move(key), kept);
            }
        }
        return to_move_.empty();
    }

    // Of a room with messages the newest tells what is lost.
    void keep_loss(kept_room const* of, write_batch& batch) const {
        if (of != nullptr && of->places().empty()) {
            batch.add(key_of(of->name(), of->lost_up_to()), {.layout = options_.layout,
                                                             .number = of->lost_up_to(),
                                                             .lost_up_to = of->lost_up_to(),
                                                             .room = of->name()});
        }
    }

    // Failing

    void tell_state(file_state const& state) { succeed(files_.write_state(state)); }

    // Nothing is written after what could not be: what is kept has no gap.
    bool succeed(result<void> const& done) {
        if (!done && !std::exchange(is_broken_, true)) {
            options_.on_failure(done.error());
        }
        return done.has_value();
    }

    history_options const options_;
    std::mutex mutex_;  // of all below
    file_pair files_;
    room_index index_;
    std::uint64_t last_found_ = 0;  // number, when it was opened
    std::uint64_t next_look_at_ = 0;
    std::vector<std::string> to_move_;  // rooms, as long as not all is in one file
    std::uint64_t moved_up_to_ = 0;     // number, in the last of them
    bool is_broken_ = false;
};

stored_history::stored_history(std::unique_ptr<implementation> made) noexcept
    : implementation_(std::move(made)) {}

stored_history::~stored_history() = default;

result<std::unique_ptr<stored_history>> stored_history::open(std::filesystem::path const& name,
                                                             history_options options,
                                                             store::open_report* report) {
    store::open_report own;
    store::disk& on = options.on == nullptr ? store::system_disk() : *options.on;
    auto files = file_pair::open(name, on, report == nullptr ? own : *report);
    if (!files) {
        return files.error();
    }
    return std::unique_ptr<stored_history>(new stored_history(
        std::make_unique<implementation>(std::move(*files), std::move(options))));
}

void stored_history::note(std::string_view room, rooms::shared_message const& said) {
    implementation_->note(room, said);
}

rooms::kept_messages stored_history::after(std::string_view room, std::uint64_t after,
                                           std::uint64_t until, std::size_t count) {
    return implementation_->after(room, after, until, count);
}

std::uint64_t stored_history::reserved_numbers() {
    return implementation_->reserved_numbers();
}

void stored_history::reserve_numbers(std::uint64_t up_to) {
    implementation_->reserve_numbers(up_to);
}

}  // namespace trunkline::room_history
