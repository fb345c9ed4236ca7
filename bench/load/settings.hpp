// What one run of the load generator does.
#pragma once

#include <trunkline/frame/header.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace trunkline::load {

/// What each request asks for.
enum class operation : std::uint8_t { write, read, exists, batch_write, batch_read, echo };

/// As the command line sets it.
struct settings {
    std::string host = "127.0.0.1";    ///< address of the server
    std::uint16_t port = 8080;         ///< of the server
    std::string path;                  ///< of the WebSocket; empty: /echo for echo, /ws otherwise
    operation asks = operation::read;  ///< what each request asks for
    std::size_t connections = 1;       ///< all open before the first request
    std::size_t depth = 1;             ///< requests under way on each connection
    std::size_t size = 100;            ///< bytes of a value, or of an echoed message
    std::size_t batch = 1000;          ///< entries of a request, for the batch operations
    std::size_t keys = 1000;           ///< different ones, fewer where their values are large
    std::uint64_t seed = 1;            ///< the same seed makes the same requests
    bool packable = false;             ///< values of few different bytes instead of random ones
    frame::layout layout = frame::layout::b;  ///< of the headers of frames
    bool joined = false;         ///< a request is one WebSocket message, not one per frame
    double warm_up = 0.2;        ///< seconds before anything is counted
    double seconds = 1;          ///< for which answers are counted
    std::uint64_t requests = 0;  ///< ends earlier, after so many; 0: it does not
    int cpu = -1;                ///< to run on; -1: any
    int server_pid = 0;          ///< whose CPU time and memory is told; 0: nobody's
    bool smoke = false;          ///< so few requests that it takes a moment
};

/// Reads the command line. On a mistake, and for --help, ends the program.
[[nodiscard]] settings settings_of(int count, char** arguments);

}  // namespace trunkline::load
