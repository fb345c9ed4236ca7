// Runs every file of the given folders through one fuzz target, as a plain test. The first folder
// is the corpus and must not be empty; the others (regressions) may be, or be missing.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

char current_file[4096];

// A failed property aborts; as a test result that is a plain failure, with the name of the input.
extern "C" void report_abort(int) {
    auto const say = [](char const* text) {
        std::size_t size = 0;
        while (text[size] != '\0') {
            ++size;
        }
        [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text, size);
    };
    say("failed on ");
    say(current_file);
    say("\n");
    ::_exit(1);
}

// In a block of exactly its size, so that a sanitizer sees every byte read past the end.
void run_file(std::filesystem::path const& file) {
    std::snprintf(current_file, sizeof current_file, "%s", file.c_str());
    std::ifstream from(file, std::ios::binary);
    std::vector<char> const read(std::istreambuf_iterator<char>(from), {});
    auto const bytes = std::make_unique<std::uint8_t[]>(read.size());
    std::copy(read.begin(), read.end(), bytes.get());
    LLVMFuzzerTestOneInput(bytes.get(), read.size());
}

std::size_t run_folder(std::filesystem::path const& folder) {
    if (!std::filesystem::is_directory(folder)) {
        return 0;
    }
    std::size_t count = 0;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file() && entry.path().filename() != ".gitkeep") {
            run_file(entry.path());
            ++count;
        }
    }
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGABRT, report_abort);
    if (argc < 2) {
        std::fprintf(stderr, "usage: %s CORPUS [REGRESSIONS...]\n", argv[0]);
        return 2;
    }
    std::size_t const seeds = run_folder(argv[1]);
    std::size_t regressions = 0;
    for (int i = 2; i < argc; ++i) {
        regressions += run_folder(argv[i]);
    }
    std::printf("%zu seeds, %zu regressions\n", seeds, regressions);
    if (seeds == 0) {
        std::fprintf(stderr, "the corpus %s is empty\n", argv[1]);
        return 1;
    }
    return 0;
}
