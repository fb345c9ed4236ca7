// Operations on a disk that fails, told by the input: what was acknowledged is there whatever
// happens to the process, what was synced whatever happens to the machine, and nothing partial is.
#include "check.hpp"

#include <trunkline/store/check.hpp>
#include <trunkline/store/entry.hpp>
#include <trunkline/store/faulty_disk.hpp>
#include <trunkline/store/plain_model.hpp>
#include <trunkline/store/store.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

using namespace trunkline;
using contents = std::map<std::string, std::string>;

constexpr auto path = "store.bin";

class input {
public:
    input(std::uint8_t const* data, std::size_t size) : data_(data), left_(size) {}
    [[nodiscard]] bool empty() const { return left_ == 0; }
    std::size_t number(std::size_t below) {
        auto const read = left_ == 0 ? std::uint8_t{0} : *data_;
        if (left_ != 0) {
            ++data_;
            --left_;
        }
        return read % below;
    }
    std::string key() { return std::string(number(5), 'k'); }
    std::string payload() {
        auto const size = 2 + number(256) * (1 + number(20));
        return std::string(size, static_cast<char>('a' + number(26)));
    }

private:
    std::uint8_t const* data_;
    std::size_t left_;
};

class run {
public:
    explicit run(input& from)
        : input_(from), alignment_(store::alignments[from.number(store::alignments.size())]) {
        begin_anew();
    }

    void step() {
        switch (input_.number(12)) {
            case 0:
                return faults();
            case 1:
                return sync();
            case 2:
                return store_.reset(), open();
            case 3:
                return die(disk_->after_kill());
            case 4:
                return lose_power();
            case 5:
                return compact();
            case 6:
                return change({{input_.key(), std::nullopt}});
            case 7:
                return stream();
            case 8:
                return batch();
            case 9:
                return batch_remove();
            case 10:
                return rename();
            default:
                return change({{input_.key(), input_.payload()}});
        }
    }

private:
    using changes = std::vector<std::pair<std::string, std::optional<std::string>>>;

    // With one entry that is never touched: the very first write of a file is not protected.
    void begin_anew() {
        store::plain_image file(alignment_);
        file.write("base", "here");
        store_.reset();
        disk_ = std::make_unique<store::faulty_disk>();
        disk_->put(path, file.bytes);
        possible_ = {{{"base", "here"}}};
        synced_ = possible_.front();
        changed_.clear();
        open();
    }

    void open() {
        disk_->follow({});
        auto opened = store::store::open(path, {.alignment = alignment_, .on = disk_.get()});
        TRUNKLINE_FUZZ_CHECK(opened.has_value());
        store_ = std::move(*opened);
        TRUNKLINE_FUZZ_CHECK(is_among(possible_));
        possible_ = {read_all()};
    }

    [[nodiscard]] contents read_all() const {
        contents found;
        auto entries = store_->entries();
        std::size_t count = 0;
        while (auto const entry = entries.next()) {
            TRUNKLINE_FUZZ_CHECK(entry->has_right_checksum());
            ++count;
        }
        for (std::string const key : {"", "k", "kk", "kkk", "kkkk", "base"}) {
            if (auto const value = store_->read(as_bytes(key))) {
                found[key] = as_text(value->bytes);
            }
        }
        TRUNKLINE_FUZZ_CHECK(found.size() == count && store_->size() == count);
        return found;
    }
    [[nodiscard]] bool is_among(std::vector<contents> const& states) const {
        return std::ranges::find(states, read_all()) != states.end();
    }

    // After `done` the state is the one after all of `what`; else the one before, and after a crash
    // one of the two, but at the level none that after the first few of them, too.
    void settle(changes const& what, bool done, store::durability level) {
        auto now = possible_.front();
        std::vector<contents> states{now};
        for (auto const& [key, payload] : what) {
            changed_.insert(key);
            payload ? static_cast<void>(now[key] = *payload) : static_cast<void>(now.erase(key));
            if (level == store::durability::none) {
                states.push_back(now);
            }
        }
        states.push_back(now);
        if (done && store::waits_for_disk(level) && now != possible_.front()) {
            synced_ = now;
            changed_.clear();
        }
        if (done) {
            possible_ = {now};
        }
        TRUNKLINE_FUZZ_CHECK(is_among({possible_.front()}));
        if (!done) {
            // Nobody may write any more, so nothing more happens to this store.
            possible_ = disk_->crashed() ? states : possible_;
            store_.reset();
            disk_ = disk_->after_kill();
            open();
        }
    }

    [[nodiscard]] store::durability level() {
        return static_cast<store::durability>(input_.number(store::durability_names.size()));
    }
    void change(changes const& what) {
        auto const& [key, payload] = what.front();
        auto const at = level();
        settle(what,
               payload ? store_->write(as_bytes(key), as_bytes(*payload), at).has_value()
                       : store_->remove(as_bytes(key), at).has_value(),
               at);
    }
    void batch() {
        changes const what{{input_.key(), input_.payload()}, {input_.key(), input_.payload()}};
        std::vector<store::key_value> entries;
        for (auto const& [key, payload] : what) {
            entries.push_back({as_bytes(key), as_bytes(*payload)});
        }
        auto const at = level();
        settle(what, store_->batch_write(entries, at).has_value(), at);
    }
    void batch_remove() {
        changes const what{{input_.key(), std::nullopt}, {input_.key(), std::nullopt}};
        std::vector<bytes_view> keys;
        for (auto const& [key, unused] : what) {
            keys.push_back(as_bytes(key));
        }
        auto const at = level();
        settle(what, store_->batch_remove(keys, at).has_value(), at);
    }
    void rename() {
        auto const from = input_.key();
        auto const to = input_.key();
        auto const at = level();
        auto const found = possible_.front().find(from);
        auto const what = found == possible_.front().end()
                              ? changes{}
                              : changes{{to, found->second}, {from, std::nullopt}};
        settle(what, store_->rename(as_bytes(from), as_bytes(to), at).has_value(), at);
    }
    void stream() {
        auto const key = input_.key();
        auto const payload = input_.payload();
        auto rest = std::string_view(payload);
        auto const source = [&](mutable_bytes into) -> result<std::size_t> {
            auto const size = rest.copy(reinterpret_cast<char*>(into.data()), 1000);
            rest.remove_prefix(size);
            return size;
        };
        auto const at = level();
        settle({{key, payload}}, store_->write_stream(as_bytes(key), source, at).has_value(), at);
    }
    void compact() { settle({}, store_->compact().has_value(), store::durability::os); }
    void sync() {
        bool const done = store_->sync().has_value();
        if (done) {
            synced_ = possible_.front();
            changed_.clear();
        }
        settle({}, done, store::durability::os);
    }

    void faults() {
        store::faulty_disk::plan plan;
        auto const call = input_.number(8);
        switch (input_.number(4)) {
            case 0:
                plan.crash_at = call;
                break;
            case 1:
                plan.fail_at = call;
                break;
            case 2:
                plan.room = disk_->content(path).size() + call * 100;
                break;
            default:
                plan.short_writes_seed = call + 1;
                break;
        }
        disk_->follow(plan);
    }

    void die(std::unique_ptr<store::faulty_disk> left) {
        store_.reset();
        disk_ = std::move(left);
        open();
    }

    // Keys that were not written since the last sync are as they were.
    void lose_power() {
        store_.reset();
        disk_ = disk_->after_power_loss(input_.number(256));
        auto opened = store::store::open(path, {.alignment = alignment_, .on = disk_.get()});
        TRUNKLINE_FUZZ_CHECK(opened.has_value());
        store_ = std::move(*opened);
        for (auto const& [key, payload] : synced_) {
            auto const found = store_->read(as_bytes(key));
            TRUNKLINE_FUZZ_CHECK(changed_.contains(key) ||
                                 (found && as_text(found->bytes) == payload));
        }
        // What was not synced may have come back damaged: begin anew.
        begin_anew();
    }

    input& input_;
    std::uint32_t alignment_;
    std::unique_ptr<store::faulty_disk> disk_;
    std::unique_ptr<store::store> store_;
    std::vector<contents> possible_;  // of which the store shows one
    contents synced_;
    std::set<std::string> changed_;  // keys written since
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    input from(data, std::min<std::size_t>(size, 400));
    run all(from);
    while (!from.empty()) {
        all.step();
    }
    return 0;
}
