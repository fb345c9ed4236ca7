//! Runs one operation of the published store and prints what it cost, as ../ours.cpp does for ours.
//!
//!     store-operations OPERATION FILE VALUE_SIZE ENTRIES
use simd_r_drive::{
    DataStore,
    traits::{DataStoreReader, DataStoreWriter},
};
use std::path::Path;

const BATCH: usize = 1024;
const KEY_SIZE: usize = 16;

fn cpu_ns() -> u64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    assert_eq!(unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) }, 0);
    let of = |t: libc::timeval| t.tv_sec as u64 * 1_000_000_000 + t.tv_usec as u64 * 1000;
    of(usage.ru_utime) + of(usage.ru_stime)
}

/// splitmix64: the same numbers on both sides.
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The keys of `numbers`, one behind the other.
fn keys_of(numbers: impl Iterator<Item = u64>) -> Vec<u8> {
    numbers.flat_map(|n| format!("key {n:012}").into_bytes()).collect()
}

fn stamp(value: &mut [u8], number: u64) {
    value[..8].copy_from_slice(&number.to_le_bytes());
}

fn stamp_of(value: &[u8]) -> u64 {
    u64::from_le_bytes(value[..8].try_into().unwrap())
}

struct Run {
    path: String,
    value_size: usize,
    entries: u64,
}

struct Cost {
    cpu_ns: u64,
    check: u64,
}

impl Run {
    fn open(&self) -> DataStore {
        DataStore::open(Path::new(&self.path)).unwrap()
    }

    fn write(&self) -> Cost {
        let store = self.open();
        let keys = keys_of(0..self.entries);
        let mut value = vec![0x5a; self.value_size];
        let mut check = 0;
        let begin = cpu_ns();
        for (number, key) in (0..).zip(keys.chunks_exact(KEY_SIZE)) {
            stamp(&mut value, number);
            check = store.write(key, &value).unwrap();
        }
        Cost { cpu_ns: cpu_ns() - begin, check }
    }

    fn batch_write(&self) -> Cost {
        let store = self.open();
        let keys = keys_of(0..self.entries);
        let mut values = vec![0x5a; self.value_size * BATCH];
        let mut check = 0;
        let begin = cpu_ns();
        for (batch, keys) in keys.chunks(KEY_SIZE * BATCH).enumerate() {
            for (number, value) in (batch * BATCH..).zip(values.chunks_exact_mut(self.value_size)) {
                stamp(value, number as u64);
            }
            let entries: Vec<(&[u8], &[u8])> =
                keys.chunks_exact(KEY_SIZE).zip(values.chunks_exact(self.value_size)).collect();
            check = store.batch_write(&entries).unwrap();
        }
        Cost { cpu_ns: cpu_ns() - begin, check }
    }

    fn random_keys(&self) -> Vec<u8> {
        keys_of((0..self.entries).map(|n| mix(n) % self.entries))
    }

    fn read(&self) -> Cost {
        let store = self.open();
        let keys = self.random_keys();
        measured_twice(|| {
            let mut check = 0u64;
            for key in keys.chunks_exact(KEY_SIZE) {
                let value = store.read(key).unwrap().unwrap();
                check = check.wrapping_add(stamp_of(value.as_slice()));
            }
            check
        })
    }

    fn batch_read(&self) -> Cost {
        let store = self.open();
        let keys = self.random_keys();
        measured_twice(|| {
            let mut check = 0u64;
            for keys in keys.chunks(KEY_SIZE * BATCH) {
                let keys: Vec<&[u8]> = keys.chunks_exact(KEY_SIZE).collect();
                for value in store.batch_read(&keys).unwrap() {
                    check = check.wrapping_add(stamp_of(value.unwrap().as_slice()));
                }
            }
            check
        })
    }

    fn iterate(&self) -> Cost {
        let store = self.open();
        measured_twice(|| {
            let mut check = 0u64;
            for value in store.iter_entries() {
                check = check.wrapping_add(stamp_of(value.as_slice()));
            }
            check
        })
    }

    fn reopen(&self) -> Cost {
        let begin = cpu_ns();
        let store = self.open();
        let cpu_ns = cpu_ns() - begin;
        Cost { cpu_ns, check: store.len().unwrap() as u64 }
    }
}

/// What the second of two passes costs: the first one may find things cold.
fn measured_twice(pass: impl Fn() -> u64) -> Cost {
    pass();
    let begin = cpu_ns();
    let check = pass();
    Cost { cpu_ns: cpu_ns() - begin, check }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, operation, path, value_size, entries] = &arguments[..] else {
        eprintln!("store-operations OPERATION FILE VALUE_SIZE ENTRIES");
        std::process::exit(2);
    };
    let run = Run {
        path: path.clone(),
        value_size: value_size.parse().unwrap(),
        entries: entries.parse().unwrap(),
    };
    let cost = match operation.as_str() {
        "write" => run.write(),
        "batch_write" => run.batch_write(),
        "read" => run.read(),
        "batch_read" => run.batch_read(),
        "iterate" => run.iterate(),
        "open" => run.reopen(),
        _ => panic!("no operation {operation}"),
    };
    println!(
        "{{\"entries\": {}, \"cpu_ns\": {}, \"check\": {}}}",
        run.entries, cost.cpu_ns, cost.check
    );
}
