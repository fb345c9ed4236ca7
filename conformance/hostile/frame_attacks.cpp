#include <hostile/attack.hpp>
#include <replay/published_names.hpp>
#include <trunkline/base/limits.hpp>

#include <algorithm>

namespace trunkline::hostile {
namespace {

namespace kind = replay::kind;
namespace method = replay::method;
namespace status = replay::status;
namespace close = replay::close;

using stage::byte_string;
using stage::rpc_peer;

constexpr session_limits limits{};

// Requests without end: as many as are allowed, and as many again.
constexpr std::uint32_t first = 100;
constexpr auto allowed = static_cast<std::uint32_t>(limits.unfinished_requests_max);

/// The connection goes on; these answers came, beside that to the first call.
ending goes_on(std::vector<seen_answer> answers = {}) {
    answers.push_back({first_call, status::success});
    std::ranges::sort(answers);
    return {std::nullopt, false, std::move(answers)};
}

/// As above, and the good call after the attack was answered as well.
ending unharmed(std::vector<seen_answer> answers = {}) {
    answers.push_back({last_call, status::success});
    return goes_on(std::move(answers));
}

ending closed(std::uint16_t code) {
    ending expected = goes_on();
    expected.close_code = code;
    expected.ended = true;
    return expected;
}

attack then_good_call(std::string name, std::function<void(rpc_peer&)> act,
                      std::vector<seen_answer> answers = {}) {
    return {std::move(name),
            [act = std::move(act)](rpc_peer& peer) {
                act(peer);
                send_good_call(peer);
            },
            unharmed(std::move(answers))};
}

void add_declared_lengths(std::vector<attack>& list) {
    auto const largest = static_cast<std::uint32_t>(limits.frame_payload_size_max);
    for (std::uint32_t const size :
         {1U, 14U, 15U, 16U, 65535U, 65536U, 65537U, largest - 1, largest}) {
        list.push_back({"declared length " + std::to_string(size) + ": waits",
                        [size](rpc_peer& peer) { send_header(peer, attacked_call, size); },
                        goes_on()});
    }
    for (std::uint32_t const size :
         {largest + 1, 0x7fffffffU, 0x80000000U, 0xfffffff0U, 0xffffffffU}) {
        list.push_back({"declared length " + std::to_string(size) + ": too big",
                        [size](rpc_peer& peer) {
                            send_header(peer, attacked_call, size);
                            send_good_call(peer);
                        },
                        closed(close::message_too_big)});
    }
}

void add_unknown_numbers(std::vector<attack>& list) {
    list.push_back(then_good_call("every unknown kind of frame", [](rpc_peer& peer) {
        for (unsigned kind = 6; kind < 256; ++kind) {
            send_frame(peer, static_cast<std::uint8_t>(kind), kind, 0, as_bytes("abc"));
        }
    }));
    list.push_back({"unknown kinds without end",
                    [](rpc_peer& peer) {
                        for (std::size_t i = 0; i <= limits.protocol_errors_max; ++i) {
                            send_frame(peer, 6, attacked_call, 0, {});
                        }
                        send_good_call(peer);
                    },
                    closed(close::policy_violation)});
    list.push_back(then_good_call("every unknown type of message", [](rpc_peer& peer) {
        for (unsigned type = 3; type < 256; ++type) {
            auto const bytes =
                encode({.type = static_cast<std::uint8_t>(type), .request_id = type});
            send_frame(peer, kind::open, type, 0, bytes);
            send_frame(peer, kind::end, type, 1, {});
        }
    }));
    list.push_back(then_good_call("every status for a call that we never made", [](rpc_peer& peer) {
        for (unsigned status = 0; status < 256; ++status) {
            auto const byte = static_cast<std::byte>(status);
            auto const bytes = encode({.type = 1, .request_id = status, .metadata = {&byte, 1}});
            send_frame(peer, kind::open, status, 0, bytes);
            send_frame(peer, kind::end, status, 1, {});
        }
    }));
    for (std::uint64_t const method : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
        list.push_back(then_good_call(
            "unknown method " + std::to_string(method),
            [method](rpc_peer& peer) { send_call(peer, attacked_call, method, as_bytes("abc")); },
            {{attacked_call, status::method_not_found}}));
    }
    list.push_back(then_good_call("an event gets no answer", [](rpc_peer& peer) {
        send_frame(peer, kind::open, 7, 0, encode({.type = 2, .method_id = method::len}));
        send_frame(peer, kind::end, 7, 1, {});
    }));
}

void add_sequences(std::vector<attack>& list) {
    list.push_back(then_good_call("a gap that never closes", [](rpc_peer& peer) {
        for (std::uint32_t i = 0; i < limits.out_of_order_frames_max + 2; ++i) {
            send_frame(peer, kind::data, attacked_call, 1 + i, as_bytes("x"));
        }
    }));
    list.push_back(then_good_call("a gap with large frames", [](rpc_peer& peer) {
        byte_string const piece(chunk_size);
        for (std::uint32_t i = 0; i < 18; ++i) {
            send_frame(peer, kind::data, attacked_call, 1 + i, piece);
        }
    }));
    list.push_back(then_good_call("the last sequence number first", [](rpc_peer& peer) {
        send_frame(peer, kind::end, attacked_call, 0xffffffffU, as_bytes("x"));
    }));
    list.push_back(then_good_call(
        "of two frames with one number the first counts",
        [](rpc_peer& peer) {
            send_frame(peer, kind::open, 7, 0, encode({.method_id = method::len}));
            send_frame(peer, kind::open, 7, 0, encode({.request_id = 8, .method_id = method::len}));
            send_frame(peer, kind::end, 7, 1, {});
            send_frame(peer, kind::end, 7, 1, {});
        },
        {{attacked_call, status::success}}));
    list.push_back(then_good_call("the end first, then its beginning",
                                  [](rpc_peer& peer) {
                                      send_frame(peer, kind::end, 7, 1, {});
                                      send_frame(peer, kind::open, 7, 0,
                                                 encode({.method_id = method::len}));
                                  },
                                  {{attacked_call, status::success}}));
    list.push_back(then_good_call("the argument in the End frame",
                                  [](rpc_peer& peer) {
                                      send_frame(peer, kind::open, 7, 0,
                                                 encode({.method_id = method::exists}));
                                      send_frame(peer, kind::end, 7, 1, replay::from_hex("0170"));
                                  },
                                  {{attacked_call, status::success}}));
    list.push_back(then_good_call("cancelled in the middle, then ended", [](rpc_peer& peer) {
        send_frame(peer, kind::open, 7, 0, encode({.method_id = method::len}));
        send_frame(peer, kind::cancel, 7, 1, {});
        send_frame(peer, kind::end, 7, 1, {});
    }));
    list.push_back(then_good_call("ended before its head is complete", [](rpc_peer& peer) {
        send_frame(peer, kind::open, 7, 0, bytes_view(encode({})).first(14));
        send_frame(peer, kind::end, 7, 1, {});
    }));
    for (std::uint16_t const size : {std::uint16_t{1}, std::uint16_t{4}, std::uint16_t{65535}}) {
        list.push_back(then_good_call(
            "of " + std::to_string(size) + " bytes of metadata the last never comes",
            [size](rpc_peer& peer) {
                byte_string const metadata(size - std::size_t{1});
                auto const head = encode({.metadata = metadata, .declared_metadata = size});
                send_frame(peer, kind::open, 7, 0, head);
                send_frame(peer, kind::end, 7, 1, {});
            }));
    }
    list.push_back(then_good_call("the longest metadata",
                                  [](rpc_peer& peer) {
                                      byte_string const metadata(65535);
                                      send_frame(
                                          peer, kind::open, 7, 0,
                                          encode({.method_id = method::len, .metadata = metadata}));
                                      send_frame(peer, kind::end, 7, 1, {});
                                  },
                                  {{attacked_call, status::success}}));
}

/// More unfinished requests than are allowed: those above are refused, the others wait.
void add_numbers(std::vector<attack>& list) {
    std::vector<seen_answer> refused;
    for (std::uint32_t id = first + allowed; id < first + 2 * allowed; ++id) {
        refused.push_back({id, status::system_error});
    }
    refused.push_back({last_call, status::system_error});
    list.push_back({"requests without end",
                    [](rpc_peer& peer) {
                        for (std::uint32_t id = first; id < first + 2 * allowed; ++id) {
                            send_frame(peer, kind::open, id, 0,
                                       encode({.request_id = id, .method_id = method::len}));
                        }
                        send_good_call(peer);
                    },
                    goes_on(refused)});
    list.push_back(then_good_call("streams without a word", [](rpc_peer& peer) {
        for (std::uint32_t id = 100; id < 100 + limits.open_streams_max - 10; ++id) {
            send_frame(peer, kind::open, id, 0, {});
        }
    }));
    list.push_back({"a million Opens without a word",
                    [](rpc_peer& peer) {
                        byte_string bytes;
                        for (std::uint32_t id = 0; id < 1'000'000; ++id) {
                            byte_string const next = stage::binary_message(
                                stage::encode({id, 0, kind::open, {}}, peer.layout()));
                            bytes.insert(bytes.end(), next.begin(), next.end());
                        }
                        peer.link().send(bytes);
                        send_good_call(peer, 2'000'000);
                    },
                    goes_on({{2'000'000, status::system_error}})});
    list.push_back(
        then_good_call("the same stream opened, cancelled, opened ...", [](rpc_peer& peer) {
            for (int i = 0; i < 5000; ++i) {
                send_frame(peer, kind::open, 7, 0, encode({.method_id = method::len}));
                send_frame(peer, kind::cancel, 7, 1, {});
            }
        }));
}

void add_sizes(std::vector<attack>& list) {
    list.push_back(then_good_call(
        "a message over the limit",
        [](rpc_peer& peer) {
            byte_string const piece(chunk_size);
            send_frame(peer, kind::open, 7, 0, encode({.method_id = method::len}));
            std::uint32_t sequence = 1;
            for (std::size_t sent = 0; sent <= limits.message_size_max; sent += piece.size()) {
                send_frame(peer, kind::data, 7, sequence++, piece);
            }
            send_frame(peer, kind::end, 7, sequence, {});
        },
        {{attacked_call, status::system_error}}));
    list.push_back({"more held than a connection may hold",
                    [](rpc_peer& peer) {
                        byte_string const piece(chunk_size);
                        for (std::uint32_t id = 100; id < 103; ++id) {
                            send_frame(peer, kind::open, id, 0,
                                       encode({.request_id = id, .method_id = method::len}));
                            for (std::uint32_t i = 1; i <= 9 * mib / chunk_size; ++i) {
                                send_frame(peer, kind::data, id, i, piece);
                            }
                        }
                        send_good_call(peer);
                    },
                    closed(close::message_too_big)});
}

}  // namespace

std::vector<attack> frame_attacks() {
    std::vector<attack> list;
    add_declared_lengths(list);
    add_unknown_numbers(list);
    add_sequences(list);
    add_numbers(list);
    add_sizes(list);
    return list;
}

}  // namespace trunkline::hostile
