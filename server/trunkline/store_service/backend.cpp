#include <trunkline/store_service/backend.hpp>

namespace trunkline::store_service {

void tail_answer::operator()(result<std::uint64_t> const& tail) {
    if (tail) {
        to_({*tail});
    } else {
        to_.refuse(tail.error().message());
    }
}

void embedded_backend::write(std::span<store::key_value const> entries, tail_answer answer) {
    answer(entries.size() == 1 ? store_.write(entries[0].key, entries[0].payload)
                               : store_.batch_write(entries));
}

void embedded_backend::remove(bytes_view key, tail_answer answer) {
    answer(store_.remove(key));
}

std::optional<slice> embedded_backend::read(bytes_view key) {
    return store_.read(key);
}

found_values embedded_backend::batch_read(std::span<bytes_view const> keys) {
    found_values found{recycled_vector<std::optional<slice>>(keys.size()), {}};
    found.kept = store_.batch_read(keys, found.values, own_pin_size_min);
    return found;
}

store_backend::totals embedded_backend::count() {
    return {store_.size(), store_.file_size()};
}

}  // namespace trunkline::store_service
