#include <hostile/memory_watch.hpp>

#include <fstream>
#include <stdexcept>

namespace trunkline::hostile {

memory_watch::memory_watch(pid_t process) : folder_("/proc/" + std::to_string(process) + "/") {
    // Sets the peak back to what is resident now.
    std::ofstream(folder_ + "clear_refs") << "5";
    resident_before_ = field("status", "VmRSS:");
    files_before_ = field("status", "RssFile:");
}

std::size_t memory_watch::peak_growth() const {
    std::size_t const peak = field("status", "VmHWM:");
    std::size_t const files = field("status", "RssFile:");
    std::size_t const files_grown = files > files_before_ ? files - files_before_ : 0;
    std::size_t const before = resident_before_ + files_grown;
    return peak > before ? peak - before : 0;
}

std::size_t memory_watch::field(std::string const& file, std::string const& name) const {
    std::ifstream in(folder_ + file);
    for (std::string word; in >> word;) {
        std::size_t kib = 0;
        if (word == name && in >> kib) {
            return kib * 1024;
        }
    }
    throw std::runtime_error("no " + name + " in " + folder_ + file);
}

}  // namespace trunkline::hostile
