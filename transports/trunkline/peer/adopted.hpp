// What a program hands over with a socket of its own: the descriptor, and the bytes that it has
// read of it. Knows Asio's sockets and Beast's requests by their functions, so it includes neither.
#pragma once

#include <trunkline/base/bytes.hpp>
#include <trunkline/base/result.hpp>
#include <trunkline/transport/file_descriptor.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <string>
#include <utility>

namespace trunkline::peers {

/// A socket of Asio, or a stream of Beast over one.
template <class Socket>
concept releasable = requires(Socket& socket, error_code& failed) { socket.release(failed); } ||
                     requires(Socket& socket) { socket.release_socket(); };

/// Takes the descriptor out of the socket, which is closed then; what was asked of it is cancelled.
template <releasable Socket>
[[nodiscard]] result<transport::file_descriptor> take_descriptor(Socket& socket) {
    if constexpr (requires { socket.release_socket(); }) {
        auto inner = socket.release_socket();
        return take_descriptor(inner);
    } else {
        if (!socket.is_open()) {
            return error_code(boost::asio::error::bad_descriptor);
        }
        error_code failed;
        auto const descriptor = socket.release(failed);
        if (failed) {
            return failed;
        }
        return transport::file_descriptor(descriptor);
    }
}

/// The head of a request as it was on the wire, in the spelling of `request`.
template <class Request>
[[nodiscard]] std::string head_of(Request const& request) {
    auto const text = [](auto const& view) { return std::string(view.data(), view.size()); };
    std::string head = text(request.method_string()) + ' ' + text(request.target()) + " HTTP/" +
                       std::to_string(request.version() / 10) + '.' +
                       std::to_string(request.version() % 10) + "\r\n";
    for (auto const& field : request) {
        head += text(field.name_string()) + ": " + text(field.value()) + "\r\n";
    }
    return head + "\r\n";
}

/// Appends the bytes of a sequence of Asio's buffers.
template <class Buffers>
void append(std::string& to, Buffers const& from) {
    for (auto at = boost::asio::buffer_sequence_begin(from);
         at != boost::asio::buffer_sequence_end(from); ++at) {
        boost::asio::const_buffer const piece = *at;
        to.append(static_cast<char const*>(piece.data()), piece.size());
    }
}

}  // namespace trunkline::peers
