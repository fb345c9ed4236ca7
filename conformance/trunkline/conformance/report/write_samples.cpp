// Writes the sample report in every format into the folder of its argument, for readers of these
// formats (reports_check.py).
#include <trunkline/conformance/report/reporters.hpp>
#include <trunkline/conformance/report/sample.hpp>

#include <fstream>
#include <string>

int main(int count, char** arguments) {
    using namespace trunkline::conformance;
    if (count != 2) {
        return 2;
    }
    for (auto const format :
         {report_format::text, report_format::json, report_format::junit, report_format::html}) {
        std::ofstream to(std::string(arguments[1]) + "/" + name_of(format), std::ios::binary);
        write_report(format, sample_report(), to);
        if (!to.flush()) {
            return 1;
        }
    }
    return 0;
}
