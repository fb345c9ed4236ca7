// The load generator as a program (docs/load.md).
#include "generator.hpp"
#include "report.hpp"
#include "settings.hpp"

#include <cstdio>
#include <exception>

int main(int count, char** arguments) {
    using namespace trunkline::load;
    try {
        settings const asked = settings_of(count, arguments);
        figures const found = run(asked);
        std::puts(to_json(asked, found).c_str());
        return found.wrong.count == 0 && found.requests != 0 ? 0 : 1;
    } catch (std::exception const& fault) {
        std::fprintf(stderr, "trunkline_load: %s\n", fault.what());
        return 1;
    }
}
