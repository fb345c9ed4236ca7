#include <trunkline/store/entry_handle.hpp>

#include <trunkline/store/digest.hpp>

namespace trunkline::store {

result<entry_handle> entry_handle::copy_of(bytes_view payload, std::uint64_t key_hash) {
    auto copied = mapping::copy_of(payload);
    if (!copied) {
        return copied.error();
    }
    return entry_handle(generation::make(std::move(*copied)), {0, payload.size()},
                        {key_hash, 0, checksum_of(payload)});
}

std::array<std::byte, 4> entry_handle::raw_checksum() const noexcept {
    std::array<std::byte, 4> stored;
    store_le(stored.data(), metadata_.checksum);
    return stored;
}

bool entry_handle::has_right_checksum() const noexcept {
    return checksum_of(bytes()) == metadata_.checksum;
}

std::size_t entry_reader::read(mutable_bytes into) noexcept {
    auto const rest = entry_.bytes().subspan(done_);
    auto const size = std::min(into.size(), rest.size());
    std::ranges::copy(rest.first(size), into.begin());
    done_ += size;
    return size;
}

}  // namespace trunkline::store
