#include <trunkline/frame/reassembly.hpp>

#include <trunkline/frame/error.hpp>

namespace trunkline::frame {
namespace {

bool is(header const& head, kind of) noexcept {
    return head.kind_byte == static_cast<std::uint8_t>(of);
}

}  // namespace

result<arrived> reassembly::place(fragment const& part) {
    if (part.head.kind_byte > kind_max) {
        return arrived{arrival::unknown_kind, part, true, no_tag};
    }
    if (is(part.head, kind::cancel)) {
        return cancelled(part);
    }
    stream_tag tag = no_tag;
    if (part.begins) {
        current_ = choose(part.head, tag);
    }
    switch (current_) {
        case course::deliver:
            return delivered(part);
        case course::hold:
            if (!hold(part)) {
                return frame_error::out_of_memory;
            }
            return arrived{arrival::kept, part, true, no_tag};
        case course::no_room:
            return arrived{arrival::no_room, part, true, no_tag};
        case course::duplicate:
            return arrived{part.ends ? arrival::duplicate : arrival::kept, part, true, no_tag};
        case course::gap:
            current_ = course::drop;
            return arrived{arrival::gap, part, true, tag};
        case course::drop:
            break;
    }
    return arrived{arrival::dropped, part, true, no_tag};
}

reassembly::course reassembly::choose(header const& head, stream_tag& tag) {
    bool no_room = false;
    stream* const found = find_or_make(head, no_room);
    if (found == nullptr) {
        return no_room ? course::no_room : course::drop;
    }
    stream& of = *found;
    if (of.discarded) {
        if (is(head, kind::end)) {
            forget(head.stream_id);
        }
        return course::drop;
    }
    if (head.sequence < of.next || head.sequence > of.end) {
        return course::duplicate;
    }
    tag = of.tag;
    if (head.sequence == of.next) {
        if (!of.begun) {
            of.begun = true;
            unbegun_.erase(of.arrival);
        }
        if (is(head, kind::end)) {
            note_end(of, head.sequence);
        }
        return course::deliver;
    }
    return choose_ahead(of, head);
}

reassembly::course reassembly::choose_ahead(stream& of, header const& head) {
    if (of.ahead && of.ahead->contains(head.sequence)) {
        return course::duplicate;
    }
    std::size_t const frames = of.ahead ? of.ahead->count() : 0;
    std::size_t const bytes = of.ahead ? of.ahead->declared_size() : 0;
    if (frames >= limits_.frames_ahead_max || bytes + head.payload_size > limits_.bytes_ahead_max) {
        if (of.begun) {
            discard(head.stream_id);
        } else {
            forget(head.stream_id);
        }
        return course::gap;
    }
    held_ -= held_by(of);
    if (!of.ahead) {
        of.ahead = std::make_unique<frames_ahead>();
    }
    of.ahead->add(head);
    held_ += held_by(of);
    if (is(head, kind::end)) {
        note_end(of, head.sequence);
    }
    return course::hold;
}

reassembly::stream* reassembly::find_or_make(header const& head, bool& no_room) {
    if (stream* const found = streams_.find(head.stream_id)) {
        return found;
    }
    bool const begins = head.sequence == 0;
    if (streams_.size() >= limits_.streams_max && begins) {
        forget_oldest_unbegun();
    }
    if (streams_.size() >= limits_.streams_max) {
        no_room = begins;
        return nullptr;
    }
    stream made;
    made.begun = begins;
    if (!begins) {
        if (unbegun_.size() >= limits_.unbegun_streams_max) {
            forget_oldest_unbegun();
        }
        made.arrival = next_arrival_++;
        unbegun_.emplace(made.arrival, head.stream_id);
    }
    return &streams_.insert(head.stream_id, std::move(made));
}

bool reassembly::hold(fragment const& part) {
    stream* const of = streams_.find(part.head.stream_id);
    if (of == nullptr || of->discarded || !of->ahead || !of->ahead->contains(part.head.sequence)) {
        current_ = course::drop;
        return true;
    }
    held_ -= held_by(*of);
    bool const stored = of->ahead->append(part.head.sequence, part.bytes);
    held_ += held_by(*of);
    return stored;
}

// Nothing after an End can ever be in sequence.
void reassembly::note_end(stream& of, std::uint32_t sequence) {
    of.end = sequence;
    if (of.ahead) {
        held_ -= held_by(of);
        of.ahead->drop_from(std::uint64_t{sequence} + 1);
        held_ += held_by(of);
    }
}

arrived reassembly::delivered(fragment const& part) {
    stream* const of = streams_.find(part.head.stream_id);
    if (of == nullptr || of->discarded) {
        current_ = course::drop;
        return {arrival::dropped, part, true, no_tag};
    }
    stream_tag const tag = of->tag;
    if (part.ends) {
        ++of->next;
        if (is(part.head, kind::end)) {
            forget(part.head.stream_id);
        } else if (of->ahead) {
            draining_ = part.head.stream_id;
        }
    }
    return {arrival::piece, part, true, tag};
}

std::optional<arrived> reassembly::next_held() {
    if (!draining_) {
        return std::nullopt;
    }
    std::uint32_t const stream_id = *draining_;
    given_ = {};
    stream* const of = streams_.find(stream_id);
    if (of == nullptr || of->discarded || !of->ahead || !of->ahead->begins_with(of->next)) {
        draining_.reset();
        return std::nullopt;
    }
    held_ -= held_by(*of);
    given_ = of->ahead->take_first();
    if (of->ahead->empty()) {
        of->ahead.reset();
    }
    held_ += held_by(*of);
    ++of->next;
    stream_tag const tag = of->tag;
    if (is(given_.head, kind::end)) {
        forget(stream_id);
    }
    return arrived{arrival::piece, {given_.head, given_.payload.view(), true, true}, false, tag};
}

arrived reassembly::cancelled(fragment const& part) {
    if (!part.ends) {
        return {arrival::kept, part, true, no_tag};
    }
    stream const* const of = streams_.find(part.head.stream_id);
    stream_tag const tag = of == nullptr ? no_tag : of->tag;
    forget(part.head.stream_id);
    return {arrival::cancelled, part, true, tag};
}

void reassembly::set_tag(std::uint32_t stream_id, stream_tag tag) noexcept {
    if (stream* const of = streams_.find(stream_id)) {
        of->tag = tag;
    }
}

void reassembly::discard(std::uint32_t stream_id) {
    stream* const of = streams_.find(stream_id);
    if (of == nullptr) {
        return;
    }
    if (of->end != no_end) {
        forget(stream_id);
        return;
    }
    release_ahead(*of);
    of->tag = no_tag;
    of->discarded = true;
}

void reassembly::forget(std::uint32_t stream_id) {
    stream* const of = streams_.find(stream_id);
    if (of == nullptr) {
        return;
    }
    if (!of->begun) {
        unbegun_.erase(of->arrival);
    }
    release_ahead(*of);
    streams_.erase(stream_id);
}

void reassembly::forget_oldest_unbegun() {
    if (!unbegun_.empty()) {
        forget(unbegun_.begin()->second);
    }
}

void reassembly::release_ahead(stream& of) noexcept {
    held_ -= held_by(of);
    of.ahead.reset();
}

std::size_t reassembly::held_by(stream const& of) noexcept {
    return of.ahead ? heap_cost(sizeof(frames_ahead)) + of.ahead->memory_taken() : 0;
}

}  // namespace trunkline::frame
