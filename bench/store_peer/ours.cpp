// Runs one operation of the store and prints what it cost, as published/src/main.rs does for the
// published one:
//     store_operations OPERATION FILE VALUE_SIZE ENTRIES
#include <trunkline/store/store.hpp>

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace trunkline;

constexpr std::size_t batch_size = 1024;
constexpr std::size_t key_size = 16;

std::uint64_t cpu_ns() {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) {
        std::abort();
    }
    auto const of = [](timeval const& time) {
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
               static_cast<std::uint64_t>(time.tv_usec) * 1000;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

// splitmix64: the same numbers on both sides.
std::uint64_t mix(std::uint64_t number) {
    auto z = (number + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// Keys of equal size, one behind the other.
class key_list {
public:
    void add(std::uint64_t number) {
        auto const digits = std::to_string(number);
        text_ += "key " + std::string(12 - digits.size(), '0') + digits;
    }
    [[nodiscard]] std::size_t size() const { return text_.size() / key_size; }
    [[nodiscard]] bytes_view operator[](std::size_t at) const {
        return as_bytes(text_).subspan(at * key_size, key_size);
    }

private:
    std::string text_;
};

struct run {
    std::string path;
    std::size_t value_size;
    std::uint64_t entries;
};

struct cost {
    std::uint64_t cpu_ns;
    std::uint64_t check;
};

std::unique_ptr<store::store> open(run const& of) {
    return store::store::open(of.path).value();
}

key_list keys_in_order(run const& of) {
    key_list keys;
    for (std::uint64_t number = 0; number < of.entries; ++number) {
        keys.add(number);
    }
    return keys;
}

key_list random_keys(run const& of) {
    key_list keys;
    for (std::uint64_t number = 0; number < of.entries; ++number) {
        keys.add(mix(number) % of.entries);
    }
    return keys;
}

std::uint64_t stamp_of(bytes_view value) {
    return load_le<std::uint64_t>(value.data());
}

// What the second of two passes costs: the first one may find things cold.
template <class Pass>
cost measured_twice(Pass pass) {
    static_cast<void>(pass());
    auto const begin = cpu_ns();
    auto const check = pass();
    return {cpu_ns() - begin, check};
}

cost write(run const& of) {
    auto const store = open(of);
    auto const keys = keys_in_order(of);
    std::vector value(of.value_size, std::byte{0x5a});
    std::uint64_t check = 0;
    auto const begin = cpu_ns();
    for (std::size_t number = 0; number < keys.size(); ++number) {
        store_le<std::uint64_t>(value.data(), number);
        check = store->write(keys[number], value).value();
    }
    return {cpu_ns() - begin, check};
}

cost batch_write(run const& of) {
    auto const store = open(of);
    auto const keys = keys_in_order(of);
    std::vector values(of.value_size * batch_size, std::byte{0x5a});
    std::vector<store::key_value> batch;
    std::uint64_t check = 0;
    auto const begin = cpu_ns();
    for (std::size_t number = 0; number < keys.size();) {
        batch.clear();
        for (; batch.size() < batch_size && number < keys.size(); ++number) {
            auto const value =
                std::span(values).subspan(batch.size() * of.value_size, of.value_size);
            store_le<std::uint64_t>(value.data(), number);
            batch.push_back({keys[number], value});
        }
        check = store->batch_write(batch).value();
    }
    return {cpu_ns() - begin, check};
}

cost read(run const& of) {
    auto const store = open(of);
    auto const keys = random_keys(of);
    return measured_twice([&] {
        std::uint64_t check = 0;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            auto const value = store->read(keys[i]);
            check += stamp_of(value->bytes);
        }
        return check;
    });
}

cost batch_read(run const& of) {
    auto const store = open(of);
    auto const keys = random_keys(of);
    return measured_twice([&] {
        std::uint64_t check = 0;
        std::vector<bytes_view> batch;
        for (std::size_t i = 0; i < keys.size();) {
            batch.clear();
            for (; batch.size() < batch_size && i < keys.size(); ++i) {
                batch.push_back(keys[i]);
            }
            for (auto const& value : store->batch_read(batch)) {
                check += stamp_of(value->bytes);
            }
        }
        return check;
    });
}

cost iterate(run const& of) {
    auto const store = open(of);
    return measured_twice([&] {
        std::uint64_t check = 0;
        auto entries = store->entries();
        while (auto const entry = entries.next()) {
            check += stamp_of(entry->bytes());
        }
        return check;
    });
}

cost reopen(run const& of) {
    auto const begin = cpu_ns();
    auto const store = open(of);
    auto const spent = cpu_ns() - begin;
    return {spent, store->size()};
}

constexpr struct {
    std::string_view name;
    cost (*measure)(run const&);
} operations[] = {{"write", write},           {"batch_write", batch_write}, {"read", read},
                  {"batch_read", batch_read}, {"iterate", iterate},         {"open", reopen}};

}  // namespace

int main(int count, char** arguments) {
    for (auto const& [name, measure] : operations) {
        if (count == 5 && name == arguments[1]) {
            auto const entries = std::strtoull(arguments[4], nullptr, 10);
            auto const found =
                measure({arguments[2], std::strtoull(arguments[3], nullptr, 10), entries});
            std::printf("{\"entries\": %llu, \"cpu_ns\": %llu, \"check\": %llu}\n", entries,
                        static_cast<unsigned long long>(found.cpu_ns),
                        static_cast<unsigned long long>(found.check));
            return 0;
        }
    }
    std::fputs("store_operations OPERATION FILE VALUE_SIZE ENTRIES\n", stderr);
    return 2;
}
