#include <trunkline/sim/expected_values.hpp>

#include <algorithm>
#include <utility>

namespace trunkline::sim {

void expected_values::begin(std::string const& key, std::string const& value) {
    state& of = keys_[key];
    of.under_way = value;
    for (auto& each : batches_) {
        each.only.erase(key);
    }
    std::erase_if(batches_, [](auto const& each) { return each.only.empty(); });
    std::erase_if(of.readers, [](auto const& each) { return each.expired(); });
    for (auto const& each : of.readers) {
        each.lock()->push_back(value);
    }
}

void expected_values::begin_all(std::vector<std::string> const& keys, std::string const& value) {
    batch made{value, keys, {}};
    for (auto const& key : keys) {
        if (keys_[key].perhaps.empty()) {
            made.only.insert(key);
        }
        begin(key, value);
    }
    batches_.push_back(std::move(made));
}

void expected_values::acknowledge(std::string const& key, bool twice) {
    state& of = keys_[key];
    of.sure = *std::exchange(of.under_way, std::nullopt);
    if (twice) {
        of.perhaps.push_back(of.sure);
    }
}

void expected_values::fail(std::string const& key, failed how) {
    state& of = keys_[key];
    auto const value = *std::exchange(of.under_way, std::nullopt);
    if (how == failed::perhaps) {
        of.perhaps.push_back(value);
    }
}

expected_values::answers expected_values::reading(std::string const& key) {
    state& of = keys_[key];
    auto const allowed = std::make_shared<std::vector<std::string>>(of.perhaps);
    allowed->push_back(of.sure);
    if (of.under_way) {
        allowed->push_back(*of.under_way);
    }
    of.readers.push_back(allowed);
    return allowed;
}

bool expected_values::allows(answers const& of, std::string_view value) {
    return std::ranges::find(*of, value) != of->end();
}

bool expected_values::settle(std::string const& key, std::string const& value) {
    bool const may = allows(reading(key), value);
    state& of = keys_[key];
    of.sure = value;
    of.perhaps.clear();
    return may;
}

bool expected_values::begin_life(std::map<std::string, std::string> const& found) {
    bool whole = true;
    for (auto const& one : batches_) {
        auto const has_it = [&](auto const& key) { return found.at(key) == one.value; };
        whole = whole &&
                (std::ranges::none_of(one.keys, has_it) || std::ranges::all_of(one.only, has_it));
    }
    std::erase_if(batches_, [this](auto const& one) { return !is_under_way(one); });
    tail_ = 0;
    ++life_;
    return whole;
}

// So that it may be carried out yet.
bool expected_values::is_under_way(batch const& one) const {
    return std::ranges::any_of(
        one.keys, [&](auto const& key) { return keys_.at(key).under_way == one.value; });
}

bool expected_values::is_being_written(std::string const& key) const {
    auto const found = keys_.find(key);
    return found != keys_.end() && found->second.under_way;
}

std::vector<std::string> expected_values::keys() const {
    std::vector<std::string> names;
    for (auto const& [key, unused] : keys_) {
        names.push_back(key);
    }
    return names;
}

}  // namespace trunkline::sim
