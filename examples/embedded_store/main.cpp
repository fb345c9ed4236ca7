// A store inside the own program, without a server: writes values, reads them where they lie, goes
// through all of them, and has the file checked.
#include <trunkline/store/check.hpp>
#include <trunkline/store/store.hpp>

#include <array>
#include <filesystem>
#include <iostream>
#include <optional>

using namespace trunkline;

static result<void> keep_capitals(std::filesystem::path const& file) {
    auto opened = store::store::open(file);
    if (!opened) {
        return opened.error();
    }
    std::unique_ptr<store::store> capitals = std::move(*opened);

    // Every call gives a result: the new size of the file, or what went wrong.
    if (auto const done = capitals->write(as_bytes("Norway"), as_bytes("Kristiania")); !done) {
        return done.error();
    }
    std::array const more{
        store::key_value{as_bytes("Chile"), as_bytes("Santiago")},
        store::key_value{as_bytes("Kenya"), as_bytes("Nairobi")},
    };
    if (auto const done = capitals->batch_write(more); !done) {
        return done.error();
    }

    // A value is a view into the mapped file and holds what it points into.
    std::optional<store::value> const before = capitals->read(as_bytes("Norway"));
    if (auto const done = capitals->write(as_bytes("Norway"), as_bytes("Oslo")); !done) {
        return done.error();
    }
    std::optional<store::value> const after = capitals->read(as_bytes("Norway"));
    if (!before || !after || capitals->exists(as_bytes("Atlantis"))) {
        return make_error_code(store::store_error::damaged);
    }
    std::cout << as_text(before->bytes) << " is now " << as_text(after->bytes) << '\n';

    std::cout << "newest first:";
    auto entries = capitals->entries();
    while (auto const entry = entries.next()) {
        std::cout << ' ' << as_text(entry->bytes());
    }
    std::cout << '\n';

    capitals.reset();
    std::cout << "still readable: " << as_text(before->bytes) << '\n';
    return {};
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: embedded_store FILE\n";
        return 2;
    }
    if (auto const kept = keep_capitals(argv[1]); !kept) {
        std::cerr << argv[1] << ": " << kept.error().message() << '\n';
        return 1;
    }
    auto const report = store::check_file(argv[1]);
    if (!report || !report->sound()) {
        std::cerr << argv[1] << ": not sound\n";
        return 1;
    }
    std::cout << report->entries << " entries, " << report->live_keys << " keys, sound\n";
}
