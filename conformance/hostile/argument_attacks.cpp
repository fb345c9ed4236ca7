#include <hostile/attack.hpp>
#include <replay/published_names.hpp>
#include <replay/values.hpp>

#include <string>

namespace trunkline::hostile {
namespace {

namespace status = replay::status;

struct method {
    std::string_view name;
    std::uint64_t id;
};

constexpr method methods_with_arguments[] = {
    {"write", 0x3ec2ad5c308c53daU},  {"batch_write", 0xb0207c59d9b60457U},
    {"read", 0x2c2622a151f2cdf2U},   {"batch_read", 0x01030b148b7284c2U},
    {"delete", 0x42dbbac7f7e9defdU}, {"exists", 0xcb471c821989c086U},
};

constexpr method methods_without[] = {
    {"len", 0xa41dbb760e96e3e3U},
    {"is_empty", 0x34e05a9b282d0770U},
    {"file_size", 0x720ea1f40d3468c2U},
};

/// Bytes that no method's arguments can be: counts far above what follows, packings that do not
/// exist, nothing at all.
constexpr std::string_view impossible[] = {
    "",
    "ff",
    "fe",
    "ffff",
    "ff00ffffffffffffffff",
    "ff00ffffffffffffff7f",
    "ff0000000000000080000000",
    "ff02ffffffff",
    "ff0400ff",
    "ff06",
    "ff07ff",
    "ff01ffffffffffffffffffffffff",
    "ff02000010000bff",
    "ff02000010000900",
    "03ffffff",
    "050b616c706861",
};

ending answered(std::uint8_t status) {
    return {std::nullopt,
            false,
            {{first_call, status::success}, {attacked_call, status}, {last_call, status::success}}};
}

attack with_arguments(method const& called, std::string_view hex, std::uint8_t status) {
    return {std::string(called.name) + " with \"" + std::string(hex) + "\"",
            [id = called.id, bytes = replay::from_hex(hex)](stage::rpc_peer& peer) {
                send_call(peer, attacked_call, id, bytes);
                send_good_call(peer);
            },
            answered(status)};
}

}  // namespace

std::vector<attack> argument_attacks() {
    std::vector<attack> list;
    for (std::string_view const bytes : impossible) {
        for (method const& each : methods_with_arguments) {
            list.push_back(with_arguments(each, bytes, status::system_error));
        }
        for (method const& each : methods_without) {
            list.push_back(with_arguments(each, bytes, status::success));
        }
    }
    return list;
}

}  // namespace trunkline::hostile
