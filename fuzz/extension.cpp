// Any bytes from a peer that has agreed to the extension: as for a session without it, and the
// fields of a header that can be read are read the same when they are written again.
#include "conversation.hpp"

#include <trunkline/extension/call_fields.hpp>

#include <vector>

namespace {

using namespace trunkline;

rpc::session_options extended(rpc::session_options options) {
    options.extended = true;
    return options;
}

void check_fields(bytes_view input) {
    extension::call_fields read;
    if (extension::decode_fields(input, read) != extension::fields_fault::none) {
        return;
    }
    std::vector<std::byte> written;
    TRUNKLINE_FUZZ_CHECK(extension::encode_fields(read, written) == extension::fields_fault::none);
    TRUNKLINE_FUZZ_CHECK(written.size() <= input.size());
    extension::call_fields again;
    TRUNKLINE_FUZZ_CHECK(extension::decode_fields(written, again) == extension::fields_fault::none);
    TRUNKLINE_FUZZ_CHECK(again.metadata.size() == read.metadata.size());
    TRUNKLINE_FUZZ_CHECK(again.timeout_us == read.timeout_us);
    TRUNKLINE_FUZZ_CHECK(again.trace == read.trace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    bytes_view const input = std::as_bytes(std::span(data + 2, size - 2));
    check_fields(input);
    fuzz::check_every_cut(extended(fuzz::options_from(data[0], 24 * mib)),
                          extended(fuzz::options_from(data[0], 12'000)), input, 1u + data[1]);
    return 0;
}
