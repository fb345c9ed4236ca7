// What the caller of a streamed method holds.
#pragma once

#include <trunkline/bitcode/encode.hpp>
#include <trunkline/peer/called_stream.hpp>
#include <trunkline/peer/stream_reader.hpp>
#include <trunkline/peer/stream_writer.hpp>
#include <trunkline/typed/method.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace trunkline {

/// A call of a typed::client_stream: write the parts, finish, then get the answer. It may come
/// before the end: then writes fail with stream_ended.
template <class Part, class Response>
struct upload {
    stream_writer<Part> to;           ///< write the parts here, and finish
    pending_answer<Response> answer;  ///< get it once
};

/// A call of a typed::two_way_stream.
template <class Up, class Down>
struct conversation {
    stream_writer<Up> to;      ///< what this side writes
    stream_reader<Down> from;  ///< what the other side writes
};

namespace peers {

[[nodiscard]] inline std::shared_ptr<stream> begin_stream(std::shared_ptr<line> const& on,
                                                          called_stream::description what) {
    auto const made = called_stream::make(on, std::move(what));
    on->submit(made);
    return made;
}

template <class Request, class Part>
[[nodiscard]] stream_reader<Part> open(std::shared_ptr<line> const& on,
                                       typed::server_stream<Request, Part> const& of,
                                       Request request, call_terms terms) {
    called_stream::description what;
    what.method = label_of(of);
    what.down = part_form<Part>::shape;
    what.terms = std::move(terms);
    if constexpr (!std::is_empty_v<Request>) {
        what.request = bitcode::encode(std::move(request)).to_vector();
    }
    return stream_reader<Part>(begin_stream(on, std::move(what)));
}

template <class Part, class Response>
[[nodiscard]] upload<Part, Response> open(std::shared_ptr<line> const& on,
                                          typed::client_stream<Part, Response> const& of,
                                          call_terms terms) {
    called_stream::description what;
    what.method = label_of(of);
    what.up = part_form<Part>::shape;
    what.down = part_shape::whole;
    what.terms = std::move(terms);
    auto const made = begin_stream(on, std::move(what));
    return {stream_writer<Part>(made), pending_answer<Response>(made)};
}

template <class Up, class Down>
[[nodiscard]] conversation<Up, Down> open(std::shared_ptr<line> const& on,
                                          typed::two_way_stream<Up, Down> const& of,
                                          call_terms terms) {
    called_stream::description what;
    what.method = label_of(of);
    what.up = part_form<Up>::shape;
    what.down = part_form<Down>::shape;
    what.terms = std::move(terms);
    auto const made = begin_stream(on, std::move(what));
    return {stream_writer<Up>(made), stream_reader<Down>(made)};
}

}  // namespace peers
}  // namespace trunkline
