// STO-08: files that were made to be hard to read are read as the plain model reads them, however
// many ways their checksums are found in.
#include <trunkline/store/hostile_files.hpp>

#include <trunkline/store/entry.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/recovery.hpp>

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <string>

namespace trunkline::store {
namespace {

hostile_shape some_shape() {
    auto const shapes = hostile_shapes();
    return shapes[*rc::gen::inRange<std::size_t>(0, shapes.size())];
}

// Gives one of the places that look like entries the checksum that it needs.
void make_one_right(std::string& file, std::uint32_t alignment) {
    auto const from = *rc::gen::inRange<std::size_t>(entry_size_min, file.size());
    plain_recovery const model(file, alignment);
    for (auto end = from; end <= file.size(); ++end) {
        if (auto const entry = model.entry_at(end)) {
            store_le(reinterpret_cast<std::byte*>(file.data()) + entry->end + 16,
                     checksum_of(as_bytes(model.payload(*entry))));
            return;
        }
    }
}

RC_GTEST_PROP(hostile_files, sto_08_are_read_as_the_model_reads_them, ()) {
    auto const written = *rc::gen::elementOf(alignments);
    auto file = valid_file(*rc::gen::inRange<std::size_t>(60, 800), 10, written);
    auto const from = file.size();
    file.resize(from + *rc::gen::inRange<std::size_t>(200, 4000));
    some_shape().fill(file, from);
    for (auto right = *rc::gen::inRange(0, 4); right > 0; --right) {
        make_one_right(file, *rc::gen::elementOf(alignments));
    }
    for (auto const alignment : alignments) {
        auto const found = recover(as_bytes(file), alignment);
        RC_ASSERT(found.has_value());
        RC_ASSERT(found->tail == plain_recovery(file, alignment).tail());
    }
}

}  // namespace
}  // namespace trunkline::store
