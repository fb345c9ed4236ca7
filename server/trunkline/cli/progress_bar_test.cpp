#include <trunkline/cli/progress_bar.hpp>

#include <gtest/gtest.h>

namespace trunkline::cli {
namespace {

TEST(progress_line, tells_share_and_bytes) {
    struct row {
        std::uint64_t done;
        std::uint64_t total;
        std::size_t columns;
        std::string_view line;
    };
    for (auto const& [done, total, columns, line] :
         {row{0, 10 * mib, 79, "sending [------------------------------]   0%  0.0 of 10.0 MiB"},
          {4 * mib, 10 * mib, 79, "sending [############------------------]  40%  4.0 of 10.0 MiB"},
          {10 * mib - 1, 10 * mib, 79,
           "sending [#############################-]  99%  9.9 of 10.0 MiB"},
          {10 * mib, 10 * mib, 79,
           "sending [##############################] 100%  10.0 of 10.0 MiB"},
          {11 * mib, 10 * mib, 79,
           "sending [##############################] 100%  10.0 of 10.0 MiB"},
          {4 * mib, 10 * mib, 20, "sending [###########"},
          {0, 0, 79, "sending 0.0 MiB"},
          {3 * mib / 2, 0, 79, "sending 1.5 MiB"},
          {3 * mib / 2, 0, 7, "sending"},
          {std::uint64_t{1} << 62, 0, 79, "sending 4398046511104.0 MiB"}}) {
        EXPECT_EQ(progress_line("sending", done, total, columns), line);
    }
}

}  // namespace
}  // namespace trunkline::cli
