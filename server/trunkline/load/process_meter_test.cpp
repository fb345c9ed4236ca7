#include <trunkline/load/process_meter.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace trunkline::load {
namespace {

TEST(process_meter, sets_mapped_files_apart) {
    memory const found = read_smaps(
        "55d0-55e0 r-xp 00000000 fe:00 12 /bin/server\n"
        "Rss:                 40 kB\n"
        "Private_Clean:        8 kB\n"
        "Private_Dirty:        4 kB\n"
        "VmFlags: rd ex mr mw me\n"
        "7f00-7f10 r--s 00000000 fe:00 13 /var/lib/store.bin\n"
        "Rss:                300 kB\n"
        "Private_Clean:      100 kB\n"
        "Private_Dirty:      200 kB\n"
        "7f20-7f30 rw-p 00000000 00:00 0\n"
        "Rss:                 16 kB\n"
        "Private_Clean:        0 kB\n"
        "Private_Dirty:       16 kB\n");
    EXPECT_EQ(found.own, 28U * 1024);
    EXPECT_EQ(found.mapped, 300U * 1024);
    EXPECT_EQ(found.resident, 356U * 1024);
}

TEST(process_meter, sees_this_process_work_and_grow) {
    process_meter const here(::getpid());
    auto const cpu_before = here.cpu_time();
    memory const before = here.memory_now();
    std::vector<char> const grown(32U << 20, 'x');
    EXPECT_GE(here.memory_now().own, before.own + (31U << 20));
    EXPECT_GT(here.cpu_time(), cpu_before);
    EXPECT_GE(own_cpu_time(), here.cpu_time() - std::chrono::milliseconds(1));
}

TEST(process_meter, of_nobody_tells_nothing) {
    process_meter const nobody(0);
    EXPECT_EQ(nobody.cpu_time().count(), 0);
    EXPECT_EQ(nobody.memory_now().own, 0U);
}

TEST(process_meter, refuses_what_is_not_there) {
    EXPECT_THROW(process_meter(1 << 24), std::runtime_error);
    EXPECT_THROW(pin_to(-1), std::runtime_error);
    EXPECT_THROW(pin_to(1023), std::runtime_error);
}

}  // namespace
}  // namespace trunkline::load
