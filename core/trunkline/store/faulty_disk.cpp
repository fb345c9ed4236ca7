#include <trunkline/store/faulty_disk.hpp>

#include <trunkline/base/assert.hpp>
#include <trunkline/base/noise.hpp>
#include <trunkline/store/error.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::store {
namespace {

namespace errc = boost::system::errc;

inline constexpr std::uint64_t sector_size = 512;

std::uint64_t next_chance(std::uint64_t& state) {
    return next_noise(state) >> 33;
}

// Such bytes are written as a whole or not at all.
bool lies_in_one_sector(std::uint64_t offset, std::size_t size) {
    return (offset + size - 1) / sector_size == offset / sector_size;
}

// One change of a file's bytes that was not synced yet.
struct change {
    bool resizes = false;
    std::uint64_t at = 0;  // the new size, when it resizes
    std::string bytes;
    bool forgotten = false;  // a sync of it failed; the system takes it for done
};

void redo(std::string& content, change const& done) {
    if (done.resizes) {
        content.resize(done.at);
        return;
    }
    content.resize(std::max<std::size_t>(content.size(), done.at + done.bytes.size()));
    content.replace(done.at, done.bytes.size(), done.bytes);
}

// Gives a write the bytes that a later change left where it wrote. It stays one write, whose parts
// in a sector get lost together.
void lay_over(change& write, change const& later) {
    auto const end = write.at + write.bytes.size();
    if (later.resizes) {
        write.bytes.resize(std::clamp(later.at, write.at, end) - write.at);
        return;
    }
    auto const from = std::max(write.at, later.at);
    auto const to = std::min<std::uint64_t>(end, later.at + later.bytes.size());
    if (from < to) {
        write.bytes.replace(from - write.at, to - from, later.bytes, from - later.at, to - from);
    }
}

}  // namespace

// A file's bytes. They live in a file of the system, so that they can be mapped.
class faulty_disk::node {
public:
    explicit node(std::string_view content)
        : durable(content), memory(make_memory_file(as_bytes(content)).value()) {}

    [[nodiscard]] std::string content() const {
        auto const bytes = memory->map(size()).value();
        return std::string(as_text(bytes_view(bytes.data(), size())));
    }
    [[nodiscard]] std::uint64_t size() const { return memory->size().value(); }

    // Any of the changes, or some sectors of them, in any order. A sector goes out as the system
    // has it: what was written to it later takes along what was written to it before.
    [[nodiscard]] std::string leftover(std::uint64_t& chance) const {
        std::vector<bool> kept(unsynced.size());
        std::map<std::uint64_t, std::size_t> newest;  // by sector, the last change that reached it
        for (std::size_t i = 0; i < unsynced.size(); ++i) {
            auto const fate = next_chance(chance) % 4;  // lost, in part, or done
            kept[i] = fate != 0;
            each_sector(unsynced[i], [&](std::uint64_t sector, auto const&) {
                if (fate > 1 || (fate == 1 && next_chance(chance) % 2 == 0)) {
                    newest[sector] = i;
                }
            });
        }
        auto left = durable;
        for (std::size_t i = 0; i < unsynced.size(); ++i) {
            if (unsynced[i].resizes && kept[i]) {
                redo(left, unsynced[i]);
            }
            each_sector(unsynced[i], [&](std::uint64_t sector, change const& part) {
                if (auto const found = newest.find(sector);
                    found != newest.end() && i <= found->second) {
                    redo(left, part);
                }
            });
        }
        return left;
    }

    // What was forgotten may get lost yet, but for cuts, which go with the size of the file; and it
    // does not come back over what was written there later.
    void sync() {
        std::vector<change> left;
        for (auto& each : std::exchange(unsynced, {})) {
            if (each.forgotten && !each.resizes) {
                left.push_back(std::move(each));
                continue;
            }
            redo(durable, each);
            for (auto& older : left) {
                lay_over(older, each);
            }
        }
        unsynced = std::move(left);
    }

    std::string durable;
    std::vector<change> unsynced;
    std::unique_ptr<file> memory;
    int readers = 0;
    int writers = 0;

private:
    // Calls `visit(sector, part)` for what a write puts into each sector.
    template <class Visit>
    static void each_sector(change const& of, Visit const& visit) {
        for (std::size_t i = 0; i < of.bytes.size();) {
            auto const sector = (of.at + i) / sector_size;
            auto const end =
                std::min<std::size_t>(of.bytes.size(), (sector + 1) * sector_size - of.at);
            visit(sector, change{false, of.at + i, of.bytes.substr(i, end - i)});
            i = end;
        }
    }
};

class faulty_disk::handle final : public file {
public:
    handle(faulty_disk& where, std::shared_ptr<node> of, bool reads) noexcept
        : disk_(where), node_(std::move(of)), reads_(reads) {
        (reads_ ? node_->readers : node_->writers) += 1;
    }
    handle(handle const&) = delete;
    handle& operator=(handle const&) = delete;
    ~handle() override { (reads_ ? node_->readers : node_->writers) -= 1; }

    result<std::uint64_t> size() override {
        if (auto const fault = disk_.begin_call()) {
            return fault;
        }
        return node_->memory->size();
    }

    result<std::uint64_t> write_some(std::uint64_t offset,
                                     std::span<bytes_view const> pieces) override {
        TRUNKLINE_ASSERT(!reads_);
        std::string bytes;
        for (auto const piece : pieces) {
            bytes += as_text(piece);
        }
        if (auto const fault = disk_.begin_call()) {
            if (disk_.crashing()) {
                auto const part = disk_.chance(bytes.size() + 1);
                put(offset, bytes.substr(0, lies_in_one_sector(offset, bytes.size())
                                                ? part % 2 * bytes.size()
                                                : part));
            }
            return fault;
        }
        if (bytes.empty()) {
            return std::uint64_t{0};
        }
        if (disk_.plan_.short_writes_seed != 0) {
            if (disk_.chance(3) == 0) {
                return errc::make_error_code(errc::interrupted);
            }
            auto const part = 1 + disk_.chance(bytes.size());
            bytes.resize(lies_in_one_sector(offset, bytes.size()) ? bytes.size() : part);
        }
        auto const grows = offset + bytes.size() > node_->size()
                               ? offset + bytes.size() - node_->size()
                               : std::uint64_t{0};
        auto const left = disk_.plan_.room - std::min(disk_.plan_.room, disk_.used());
        if (grows > left) {
            if (grows - left >= bytes.size()) {
                return errc::make_error_code(errc::no_space_on_device);
            }
            bytes.resize(bytes.size() - (grows - left));
        }
        put(offset, bytes);
        return std::uint64_t{bytes.size()};
    }

    result<void> resize(std::uint64_t size) override {
        if (auto const fault = disk_.begin_call()) {
            return fault;
        }
        if (disk_.plan_.cuts_fail && disk_.calls_ > disk_.plan_.fail_at) {
            return errc::make_error_code(disk_.plan_.error);
        }
        node_->unsynced.push_back({true, size, {}});
        return node_->memory->resize(size);
    }

    result<void> sync() override {
        if (auto const fault = disk_.begin_call()) {
            // A system that could not write a page may take it for clean all the same.
            for (auto& each : node_->unsynced) {
                each.forgotten = true;
            }
            return fault;
        }
        node_->sync();
        return {};
    }

    result<mapping> map(std::uint64_t needed) override {
        if (auto const fault = disk_.begin_call()) {
            return fault;
        }
        return node_->memory->map(needed);
    }

private:
    void put(std::uint64_t offset, std::string const& bytes) {
        if (!bytes.empty()) {
            node_->unsynced.push_back({false, offset, bytes});
            auto const view = as_bytes(bytes);
            TRUNKLINE_ASSERT(write_all(*node_->memory, offset, std::span(&view, 1)));
        }
    }

    faulty_disk& disk_;
    std::shared_ptr<node> node_;
    bool reads_;
};

faulty_disk::~faulty_disk() = default;

void faulty_disk::follow(plan const& faults) {
    plan_ = faults;
    calls_ = 0;
    chance_ = faults.short_writes_seed + faults.crash_at * 77 + 1;
}

void faulty_disk::put(std::filesystem::path const& path, std::string_view content) {
    current_[path] = durable_[path] = std::make_shared<node>(content);
}

std::string faulty_disk::content(std::filesystem::path const& path) const {
    auto const found = current_.find(path);
    return found != current_.end() ? found->second->content() : std::string();
}

std::vector<std::filesystem::path> faulty_disk::names() const {
    std::vector<std::filesystem::path> found;
    for (auto const& [name, unused] : current_) {
        found.push_back(name);
    }
    return found;
}

std::unique_ptr<faulty_disk> faulty_disk::after_kill() const {
    auto left = std::make_unique<faulty_disk>();
    for (auto const& [name, of] : current_) {
        left->put(name, of->content());
    }
    return left;
}

std::unique_ptr<faulty_disk> faulty_disk::after_power_loss(std::uint64_t seed) const {
    auto left = std::make_unique<faulty_disk>();
    auto state = seed * 2 + 1;
    // A folder that was not synced shows its old names or its new ones.
    auto const& names = next_chance(state) % 2 == 0 ? durable_ : current_;
    for (auto const& [name, of] : names) {
        left->put(name, of->leftover(state));
    }
    return left;
}

result<std::unique_ptr<file>> faulty_disk::open(std::filesystem::path const& path, open_mode mode) {
    if (auto const fault = begin_call()) {
        return fault;
    }
    auto const found = current_.find(path);
    if (mode == open_mode::create_new || mode == open_mode::create_side) {
        if (found != current_.end()) {
            return errc::make_error_code(errc::file_exists);
        }
        auto const made = std::make_shared<node>("");
        current_[path] = made;
        return std::make_unique<handle>(*this, made, false);
    }
    if (found == current_.end()) {
        return errc::make_error_code(errc::no_such_file_or_directory);
    }
    auto const& of = found->second;
    bool const reads = mode == open_mode::inspect;
    if (of->writers != 0 || (!reads && of->readers != 0)) {
        return store_error::locked;
    }
    return std::make_unique<handle>(*this, of, reads);
}

result<void> faulty_disk::sync_folder_of(std::filesystem::path const&) {
    if (auto const fault = begin_call()) {
        return fault;
    }
    durable_ = current_;
    return {};
}

result<void> faulty_disk::replace(std::filesystem::path const& from,
                                  std::filesystem::path const& to) {
    if (auto const fault = begin_call()) {
        return fault;
    }
    auto const found = current_.find(from);
    if (found == current_.end()) {
        return errc::make_error_code(errc::no_such_file_or_directory);
    }
    auto const moved = found->second;
    current_.erase(found);
    current_[to] = moved;
    return {};
}

result<void> faulty_disk::remove(std::filesystem::path const& path) {
    if (auto const fault = begin_call()) {
        return fault;
    }
    if (current_.erase(path) == 0) {
        return errc::make_error_code(errc::no_such_file_or_directory);
    }
    return {};
}

error_code faulty_disk::begin_call() {
    auto const call = calls_++;
    if (call >= plan_.crash_at) {
        return errc::make_error_code(errc::io_error);
    }
    return call == plan_.fail_at ? errc::make_error_code(plan_.error) : error_code();
}

std::uint64_t faulty_disk::chance(std::uint64_t below) {
    return next_chance(chance_) % below;
}

std::uint64_t faulty_disk::used() const {
    std::uint64_t bytes = 0;
    for (auto const& [name, of] : current_) {
        bytes += of->size();
    }
    return bytes;
}

}  // namespace trunkline::store
