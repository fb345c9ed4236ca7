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
    using request = Request;
    using response = Response;
    using answer = Answer;

    consteval explicit method(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;
    std::uint64_t id;
};

/// A message that is sent and never answered.
template <class Message>
struct event {
    using message = Message;

    consteval explicit event(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;
    std::uint64_t id;
};

/// A type of part for streams of plain bytes, as published programs write and read them: parts may
/// arrive cut or joined (FORMAT.md, "Raw streams").
struct raw {};

/// A call with one request and any number of parts for an answer.
template <class Request, class Part>
struct server_stream {
    using request = Request;
    using part = Part;

    consteval explicit server_stream(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;
    std::uint64_t id;
};

/// A call with any number of parts and one response.
template <class Part, class Response>
struct client_stream {
    using part = Part;
    using response = Response;

    consteval explicit client_stream(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;
    std::uint64_t id;
};

/// A call in which both sides write any number of parts, each when it wants to.
template <class Up, class Down>
struct two_way_stream {
    using up = Up;      ///< written by the caller
    using down = Down;  ///< written by the called side

    consteval explicit two_way_stream(std::string_view of) : name(of), id(rpc::method_id(of)) {}

    std::string_view name;
    std::uint64_t id;
};

}  // namespace trunkline::typed
