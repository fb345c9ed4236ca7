// Any bytes from a peer that has agreed to the extension: as for a session without it, and the
// fields of a header that can be read are read the same when they are written again. Checked frames
// in the same way, as they come and with one bit changed.
#include "conversation.hpp"

#include <trunkline/extension/call_fields.hpp>
#include <trunkline/frame/checksum.hpp>
#include <trunkline/frame/header.hpp>

#include <array>
#include <string>
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

// The frames of `input`, each with its checks; of a last one that is not complete nothing.
std::vector<std::byte> checked_frames(bytes_view input) {
    std::vector<std::byte> made;
    auto const add = [&made](bytes_view bytes) {
        made.insert(made.end(), bytes.begin(), bytes.end());
    };
    auto const add_check = [&add](std::uint32_t sum) {
        std::array<std::byte, frame::check_size> bytes;
        store_le(bytes.data(), sum);
        add(bytes);
    };
    while (input.size() >= frame::header_size_b) {
        bytes_view const head = input.first(frame::header_size_b);
        std::size_t const size = frame::decode_header(head, frame::layout::b).payload_size;
        if (size > input.size() - head.size()) {
            break;
        }
        bytes_view const payload = input.subspan(head.size(), size);
        std::uint32_t const sum = frame::checksum(0, head);
        add(head);
        add_check(sum);
        if (!payload.empty()) {
            add(payload);
            add_check(frame::checksum(sum, payload));
        }
        input = input.subspan(head.size() + size);
    }
    return made;
}

rpc::session_options checked(rpc::session_options options) {
    options.resumed = rpc::folded_session{
        .next_request_id = 1, .layout = frame::layout::b, .extended = true, .checked = true};
    return options;
}

// Whatever is changed, and wherever: the session ends, and has said nothing but what it would have
// said.
void check_change(rpc::session_options const& options, std::vector<std::byte> bytes,
                  std::size_t bit) {
    rpc::testing::session_log right(options);
    rpc::testing::session_log wrong(options);
    right.feed(bytes);
    bytes[bit / 8] ^= std::byte{1} << bit % 8;
    wrong.feed(bytes);
    TRUNKLINE_FUZZ_CHECK(wrong.failed());
    std::string const before = wrong.text().substr(0, wrong.text().rfind("failed: "));
    TRUNKLINE_FUZZ_CHECK(right.text().starts_with(before));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    bytes_view const input = std::as_bytes(std::span(data + 2, size - 2));
    check_fields(input);
    if ((data[0] & 8) != 0) {
        auto const roomy = checked(fuzz::options_from(data[0], 24 * mib));
        auto const tight = checked(fuzz::options_from(data[0], 12'000));
        std::vector<std::byte> const bytes = checked_frames(input);
        fuzz::check_every_cut(roomy, tight, bytes, 1u + data[1]);
        fuzz::check_every_cut(roomy, tight, input, 1u + data[1]);
        if (!bytes.empty()) {
            check_change(roomy, bytes, (size * 131 + data[1]) % (8 * bytes.size()));
        }
        return 0;
    }
    fuzz::check_every_cut(extended(fuzz::options_from(data[0], 24 * mib)),
                          extended(fuzz::options_from(data[0], 12'000)), input, 1u + data[1]);
    return 0;
}
