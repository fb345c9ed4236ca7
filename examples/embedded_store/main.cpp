// A store inside the own program, without a server: writes a value and reads it back.
#include <trunkline/store/store.hpp>

#include <iostream>

int main(int argc, char** argv) {
    using namespace trunkline;

    if (argc != 2) {
        std::cerr << "usage: embedded_store FILE\n";
        return 2;
    }
    auto opened = store::store::open(argv[1]);
    if (!opened) {
        std::cerr << argv[1] << ": " << opened.error().message() << '\n';
        return 1;
    }
    auto& greetings = **opened;
    auto const written = greetings.write(as_bytes("greeting"), as_bytes("hello"));
    if (!written) {
        std::cerr << "write: " << written.error().message() << '\n';
        return 1;
    }
    auto const value = greetings.read(as_bytes("greeting"));
    if (!value || as_text(value->bytes) != "hello") {
        std::cerr << "the value is not what was written\n";
        return 1;
    }
    std::cout << as_text(value->bytes) << ", " << *written << " bytes in the file\n";
}
