// Connections that are wrong.
#include <trunkline/conformance/wrong/changed.hpp>

#include <boost/asio/error.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trunkline::conformance {
namespace {

namespace net_error = boost::asio::error;
using transport::capabilities;
using transport::close_code;
using transport::connection;
using transport::in_piece;
using transport::io_result;
using transport::io_status;
using transport::read_result;
using transport::readiness_sink;

using bytes = std::vector<std::byte>;

void add_damaged_bytes(std::vector<wrong_transport>& all) {
    all.push_back({"loses a byte",
                   with_edit(at_byte(50, [](bytes& in, auto at) { in.erase(in.begin() + at); }))});
    all.push_back({"repeats a byte", with_edit(at_byte(50, [](bytes& in, auto at) {
                       in.insert(in.begin() + at, in[static_cast<std::size_t>(at)]);
                   }))});
    all.push_back({"flips a bit", with_edit(at_byte(60, [](bytes& in, auto at) {
                       in[static_cast<std::size_t>(at)] ^= std::byte{1};
                   }))});
    all.push_back(
        {"flips a bit behind the first 64 KiB", with_edit(at_byte(70'000, [](bytes& in, auto at) {
             in[static_cast<std::size_t>(at)] ^= std::byte{1};
         }))});
    all.push_back({"exchanges two halves of a large write", with_edit([](bytes& in, std::uint64_t) {
                       if (in.size() > 4 * kib) {
                           std::ranges::rotate(in, in.begin() + static_cast<long>(in.size() / 2));
                       }
                   })});
    all.push_back(
        {"writes nothing but zeros in large writes", with_edit([](bytes& in, std::uint64_t) {
             if (in.size() > 1 * kib) {
                 std::fill(in.begin() + 200, in.end(), std::byte{0});
             }
         })});
    all.push_back({"takes the byte 0xff for nothing",
                   with_edit([](bytes& in, std::uint64_t) { std::erase(in, std::byte{0xff}); })});
}

void add_wrong_reads(std::vector<wrong_transport>& all) {
    for (stack const over : {stack::plain, stack::websocket}) {
        all.push_back({"never tells that the peer has ended", with_reads(over, [] {
                           return [](read_result& got, std::span<in_piece>) {
                               if (got.status == io_status::end) {
                                   got.status = io_status::would_block;
                               }
                           };
                       })});
        all.push_back({"tells an end where the link has broken", with_reads(over, [] {
                           return [](read_result& got, std::span<in_piece>) {
                               if (got.status == io_status::error) {
                                   got.status = io_status::end;
                                   got.error = {};
                               }
                           };
                       })});
        all.push_back({"tells a broken link where the peer has ended", with_reads(over, [] {
                           return [](read_result& got, std::span<in_piece>) {
                               if (got.status == io_status::end) {
                                   got.status = io_status::error;
                                   got.error = net_error::connection_reset;
                               }
                           };
                       })});
        all.push_back({"drops a read without a word", with_reads(over, [] {
                           return [reads = 0](read_result& got, std::span<in_piece>) mutable {
                               if (got.pieces > 0 && ++reads == 3) {
                                   got.pieces = 0;
                               }
                           };
                       })});
        all.push_back({"ends after 10,000 bytes", with_reads(over, [] {
                           return [read = std::size_t{0}](read_result& got,
                                                          std::span<in_piece>) mutable {
                               read += got.wire_bytes;
                               if (read > 10'000 && got.status == io_status::ok) {
                                   got.status = io_status::end;
                               }
                           };
                       })});
        all.push_back({"loses the last byte of a piece", with_reads(over, [] {
                           return [](read_result& got, std::span<in_piece> out) {
                               if (got.pieces > 0 && out[got.pieces - 1].bytes.size() > 100) {
                                   auto& last = out[got.pieces - 1].bytes;
                                   last = last.first(last.size() - 1);
                               }
                           };
                       })});
    }
}

void add_wrong_writes(std::vector<wrong_transport>& all) {
    for (stack const over : {stack::plain, stack::websocket}) {
        all.push_back(
            {"says that all was taken", with_deeds(over, [] {
                 // Behind a message that was cut nothing can follow: the rest is lost, too.
                 return deeds{.write = [lost = false](connection& on,
                                                      std::span<out_segment const> what) mutable {
                     std::size_t size = 0;
                     for (auto const& each : what) {
                         size += each.bytes.size();
                     }
                     if (lost && size != 0) {
                         return io_result{io_status::ok, size, {}};
                     }
                     auto const done = on.write(what);
                     lost = lost || (done.status == io_status::ok && done.size < size);
                     return done.status == io_status::ok ? io_result{io_status::ok, size, {}}
                                                         : done;
                 }};
             })});
        all.push_back({"never tells that it can be written to again", with_deeds(over, [] {
                           return deeds{.watch = [](connection& on, readiness_sink* sink,
                                                    bool reads,
                                                    bool) { on.watch(sink, reads, false); }};
                       })});
        all.push_back({"tells of input once", with_deeds(over, [] {
                           return deeds{.watch = [watched = 0](connection& on, readiness_sink* sink,
                                                               bool reads, bool writes) mutable {
                               on.watch(sink, reads && ++watched < 2, writes);
                           }};
                       })});
        all.push_back(
            {"is stuck after 20,000 bytes", with_deeds(over, [] {
                 auto const sent = std::make_shared<std::size_t>(0);
                 return deeds{
                     .write =
                         [sent](connection& on, std::span<out_segment const> what) {
                             if (*sent > 20'000 && !what.empty()) {
                                 return io_result{io_status::would_block, 0, {}};
                             }
                             auto const done = on.write(what);
                             *sent += done.size;
                             return done;
                         },
                     // What is ready and not taken would be told for ever.
                     .watch =
                         [sent](connection& on, readiness_sink* sink, bool reads, bool writes) {
                             on.watch(sink, reads, writes && *sent <= 20'000);
                         }};
             })});
        all.push_back({"can be written to for ever, and takes nothing", with_deeds(over, [] {
                           return deeds{
                               .write = [writes = 0](connection& on,
                                                     std::span<out_segment const> what) mutable {
                                   return ++writes > 10 ? io_result{io_status::would_block, 0, {}}
                                                        : on.write(what);
                               }};
                       })});
        all.push_back(
            {"fails the hundredth write", with_deeds(over, [] {
                 return deeds{.write = [writes = 0](connection& on,
                                                    std::span<out_segment const> what) mutable {
                     return ++writes == 100 ? io_result{io_status::error, 0, net_error::broken_pipe}
                                            : on.write(what);
                 }};
             })});
    }
}

void add_wrong_ends(std::vector<wrong_transport>& all) {
    for (stack const over : {stack::plain, stack::websocket}) {
        all.push_back({"does not close", with_deeds(over, [] {
                           return deeds{.close = [](connection&, close_code, std::string_view) {}};
                       })});
        all.push_back({"breaks the link where it is to close it", with_deeds(over, [] {
                           return deeds{.close = [](connection& on, close_code, std::string_view) {
                               on.abort();
                           }};
                       })});
        all.push_back({"does not abort",
                       with_deeds(over, [] { return deeds{.abort = [](connection&) {}}; })});
    }
    all.push_back({"closes both directions where one is to end", with_deeds(stack::plain, [] {
                       return deeds{.shutdown_write = [](connection& on) {
                           on.close(close_code::normal, {});
                       }};
                   })});
    all.push_back({"closes with another code", with_deeds(stack::websocket, [] {
                       return deeds{.close = [](connection& on, close_code, std::string_view why) {
                           on.close(close_code::internal_error, why);
                       }};
                   })});
    all.push_back({"does not probe", with_deeds(stack::websocket, [] {
                       return deeds{.probe = [](connection&) {}};
                   })});
    all.push_back({"forgets its own control traffic", with_deeds(stack::websocket, [] {
                       return deeds{.wants_write = [](connection const&) { return false; }};
                   })});
    all.push_back({"claims borders that it does not keep", with_deeds(stack::plain, [] {
                       return deeds{.abilities = [](connection& on) {
                           auto has = on.abilities();
                           has.message_borders = true;
                           return has;
                       }};
                   })});
    all.push_back({"denies that it can half-close", with_deeds(stack::plain, [] {
                       return deeds{.abilities = [](connection& on) {
                           auto has = on.abilities();
                           has.half_close = false;
                           return has;
                       }};
                   })});
}

// Keeps so much of memory, in bytes, until it goes.
class hoard {
public:
    void keep(std::size_t size) { kept_.emplace_back(size); }

private:
    std::vector<std::vector<std::byte>> kept_;
};

class nameless final : public transport::passing_connection {
public:
    using passing_connection::passing_connection;
    [[nodiscard]] std::string peer() const override { return {}; }
    [[nodiscard]] std::optional<transport::peer_certificate> certificate() const override {
        return std::nullopt;
    }
};

void add_wrong_care(std::vector<wrong_transport>& all) {
    all.push_back({"tells another error where the link was reset",
                   with_reads(stack::plain,
                              [] {
                                  return [](read_result& got, std::span<in_piece>) {
                                      if (got.error == net_error::connection_reset) {
                                          got.error = net_error::timed_out;
                                      }
                                  };
                              }),
                   "FLT-08"});
    all.push_back({"inflates to something else",
                   with_reads(stack::websocket_deflate,
                              [] {
                                  return [](read_result& got, std::span<in_piece> out) {
                                      for (in_piece& each : out.first(got.pieces)) {
                                          each.bytes = each.bytes.size() > 8 * kib
                                                           ? each.bytes.first(each.bytes.size() - 1)
                                                           : each.bytes;
                                      }
                                  };
                              }),
                   "INT-13"});
    auto const kept = std::make_shared<hoard>();
    all.push_back({"keeps memory of each connection",
                   with_links(stack::plain,
                              [kept](link inner, bool) {
                                  kept->keep(2 * kib);
                                  return inner;
                              }),
                   "RES-02"});
    all.push_back({"keeps memory of each write",
                   with_deeds(stack::plain,
                              [kept] {
                                  return deeds{.write = [kept](connection& on,
                                                               std::span<out_segment const> what) {
                                      kept->keep(1 * kib);
                                      return on.write(what);
                                  }};
                              }),
                   "RES-03"});
    all.push_back({"takes 64 KiB for each connection",
                   with_deeds(stack::plain,
                              [] {
                                  auto const own = std::make_shared<hoard>();
                                  own->keep(64 * kib);
                                  return deeds{.probe = [own](connection& on) { on.probe(); }};
                              }),
                   "OBS-04"});
    for (stack const over : {stack::plain, stack::tls}) {
        all.push_back(
            {"does not say who the peer is",
             with_links(over, [](link inner,
                                 bool) { return std::make_unique<nameless>(std::move(inner)); }),
             "OBS-02"});
    }
}

}  // namespace

subject right_transport(bool messages) {
    return with_deeds(messages ? stack::websocket : stack::plain, [] { return deeds{}; });
}

void add_wrong_links(std::vector<wrong_transport>& to) {
    add_damaged_bytes(to);
    add_wrong_reads(to);
    add_wrong_writes(to);
    add_wrong_ends(to);
    add_wrong_care(to);
}

}  // namespace trunkline::conformance
