// A method that can be called by name with a request and answers with a response: described once,
// used by both sides.
//
//     inline constexpr typed::method<read_request, read_response> read{"read"};
#pragma once

#include <trunkline/rpc/method_id.hpp>

#include <cstdint>
#include <string_view>

namespace trunkline::typed {

/// `Request` and `Response` are described as bitcode/describe.hpp says. `Answer` is the form in
/// which a handler gives the response, when that is another one with the same bytes: one with
/// slices that take their pins along.
template <class Request, class Response, class Answer = Response>
struct method {
    using request = Request;    ///< what the caller sends
    using response = Response;  ///< what it is answered with
    using answer = Answer;      ///< the response as a handler gives it

    /// `of` is its name, on both sides the same.
    consteval explicit method(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;  ///< for people, and for logs
    std::uint64_t id;       ///< what the wire has: a hash of the name
};

/// A message that is sent and never answered.
template <class Message>
struct event {
    using message = Message;  ///< what is sent

    /// `of` is its name, on both sides the same.
    consteval explicit event(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;  ///< for people, and for logs
    std::uint64_t id;       ///< what the wire has: a hash of the name
};

/// A type of part for streams of plain bytes, as published programs write and read them: parts may
/// arrive cut or joined (FORMAT.md, "Raw streams").
struct raw {};

/// A call with one request and any number of parts for an answer.
template <class Request, class Part>
struct server_stream {
    using request = Request;  ///< what the caller sends
    using part = Part;        ///< what the called side writes

    /// `of` is its name, on both sides the same.
    consteval explicit server_stream(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;  ///< for people, and for logs
    std::uint64_t id;       ///< what the wire has: a hash of the name
};

/// A call with any number of parts and one response.
template <class Part, class Response>
struct client_stream {
    using part = Part;          ///< what the caller writes
    using response = Response;  ///< what it is answered with

    /// `of` is its name, on both sides the same.
    consteval explicit client_stream(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;  ///< for people, and for logs
    std::uint64_t id;       ///< what the wire has: a hash of the name
};

/// A call in which both sides write any number of parts, each when it wants to.
template <class Up, class Down>
struct two_way_stream {
    using up = Up;      ///< written by the caller
    using down = Down;  ///< written by the called side

    /// `of` is its name, on both sides the same.
    consteval explicit two_way_stream(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;  ///< for people, and for logs
    std::uint64_t id;       ///< what the wire has: a hash of the name
};

}  // namespace trunkline::typed
