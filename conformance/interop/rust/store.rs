// Plays histories (conformance/interop/history.hpp) on the published store crate, and reads what
// another program made of them. One source for every version of the crate.
//   play SCRIPT FOLDER FIRST LAST   the parts FIRST to LAST of each history, on FOLDER/N.0 and N.1;
//                                   adds a line per call to FOLDER/results
//   check SCRIPT FOLDER             opens each store and compares all of it with the script
// Ends with status 0, or panics with the history and what differed.
use simd_r_drive::traits::{DataStoreReader, DataStoreWriter};
use simd_r_drive::{compute_hash, DataStore};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

type Bytes = Vec<u8>;

struct Step {
    store: usize,
    verb: String,
    entries: Vec<(Bytes, Bytes)>,
}

struct History {
    number: String,
    parts: Vec<Vec<Step>>,
}

fn key_of(word: &str) -> Bytes {
    let digits = word.strip_prefix('k').expect("a key");
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn payload_of(word: &str) -> Bytes {
    let parts: Vec<_> = word.split(':').collect();
    let (size, kind) = (parts[1].parse::<usize>().unwrap(), parts[0]);
    let mut x = parts[2].parse::<u64>().unwrap();
    (0..size)
        .map(|at| {
            x = x
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            match kind {
                "any" => (x >> 56) as u8,
                "few" => (x >> 56) as u8 % 3,
                "late" if at >= size / 2 => (x >> 56) as u8 | 1,
                "late" | "zeros" => 0,
                _ => panic!("unknown kind of payload: {word}"),
            }
        })
        .collect()
}

fn step_of(line: &str) -> Step {
    let words: Vec<_> = line.split(' ').collect();
    let mut entries: Vec<(Bytes, Bytes)> = Vec::new();
    for word in &words[2..] {
        if word.starts_with('k') {
            entries.push((key_of(word), Bytes::new()));
        } else {
            entries.last_mut().unwrap().1 = payload_of(word);
        }
    }
    Step {
        store: words[0].parse().unwrap(),
        verb: words[1].to_string(),
        entries,
    }
}

fn histories_of(script: &str) -> Vec<History> {
    let mut histories: Vec<History> = Vec::new();
    for line in script.lines() {
        if let Some(number) = line.strip_prefix("history ") {
            histories.push(History {
                number: number.to_string(),
                parts: Vec::new(),
            });
        } else if line == "part" {
            histories.last_mut().unwrap().parts.push(Vec::new());
        } else {
            let parts = &mut histories.last_mut().unwrap().parts;
            parts.last_mut().unwrap().push(step_of(line));
        }
    }
    histories
}

// Gives its bytes in pieces of another size each time.
struct Pieces<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.step = self.step % 7000 + 991;
        let size = self.rest.len().min(into.len()).min(self.step);
        into[..size].copy_from_slice(&self.rest[..size]);
        self.rest = &self.rest[size..];
        Ok(size)
    }
}

fn play_step(stores: &mut [DataStore; 2], step: &Step) -> std::io::Result<u64> {
    let entries: Vec<_> = step.entries.iter().map(|(k, v)| (&k[..], &v[..])).collect();
    let keys: Vec<_> = entries.iter().map(|(k, _)| *k).collect();
    let (store, other) = (&stores[step.store], &stores[1 - step.store]);
    match &step.verb[..] {
        "write" => store.write(keys[0], entries[0].1),
        "batch" => store.batch_write(&entries),
        "hashed" => {
            let hashed = entries.iter().map(|(k, v)| (compute_hash(k), *v)).collect();
            store.batch_write_with_key_hashes(hashed, true)
        }
        "stream" => store.write_stream(
            keys[0],
            &mut Pieces {
                rest: entries[0].1,
                step: 0,
            },
        ),
        "delete" => store.delete(keys[0]),
        "batch_delete" => store.batch_delete(&keys),
        "rename" => store.rename(keys[0], keys[1]),
        "copy" => store.copy(keys[0], other),
        "transfer" => store.transfer(keys[0], other),
        // The store that is held keeps the old file, so the size is that of the path.
        "compact" => stores[step.store]
            .compact()
            .and_then(|()| stores[step.store].file_size()),
        verb => panic!("unknown call: {verb}"),
    }
}

fn path_of(folder: &Path, history: &History, store: usize) -> PathBuf {
    folder.join(format!("{}.{store}", history.number))
}

fn play(histories: &[History], folder: &Path, first: usize, last: usize) {
    let mut results = String::new();
    for history in histories {
        for (part, steps) in history.parts.iter().enumerate() {
            if part < first || part > last {
                continue;
            }
            let mut stores = [0, 1].map(|n| DataStore::open(&path_of(folder, history, n)).unwrap());
            for (n, step) in steps.iter().enumerate() {
                write!(results, "{} {part} {n} ", history.number).unwrap();
                match play_step(&mut stores, step) {
                    Ok(tail) => writeln!(results, "tail {tail}").unwrap(),
                    Err(error) => writeln!(results, "error {error}").unwrap(),
                }
            }
        }
    }
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("results"));
    file.unwrap().write_all(results.as_bytes()).unwrap();
}

// What a store should hold: values in the order of their age, and what was deleted.
#[derive(Default)]
struct Model {
    live: Vec<(Bytes, Bytes)>,
    deleted: BTreeSet<Bytes>,
}

impl Model {
    fn get(&self, key: &[u8]) -> Option<&Bytes> {
        self.live.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    fn put(&mut self, key: &[u8], value: &[u8]) {
        self.live.retain(|(k, _)| k != key);
        self.deleted.remove(key);
        self.live.push((key.to_vec(), value.to_vec()));
    }

    fn bury(&mut self, key: &[u8]) {
        self.live.retain(|(k, _)| k != key);
        self.deleted.insert(key.to_vec());
    }

    fn delete(&mut self, key: &[u8]) {
        if self.get(key).is_some() {
            self.bury(key);
        }
    }
}

fn follow(models: &mut [Model; 2], step: &Step) {
    let key = step.entries.first().map_or(&[][..], |(k, _)| k);
    let may_be_null = step.verb == "hashed";
    match &step.verb[..] {
        "write" | "batch" | "hashed" | "stream" => {
            if step
                .entries
                .iter()
                .any(|(_, v)| v.is_empty() || (v[..] == [0] && !may_be_null))
            {
                return;
            }
            for (k, v) in &step.entries {
                if v[..] == [0] {
                    models[step.store].bury(k);
                } else {
                    models[step.store].put(k, v);
                }
            }
        }
        "delete" | "batch_delete" => step
            .entries
            .iter()
            .for_each(|(k, _)| models[step.store].delete(k)),
        "rename" => {
            let new = &step.entries[1].0;
            if let Some(value) = models[step.store].get(key).cloned().filter(|_| new != key) {
                models[step.store].put(new, &value);
                models[step.store].delete(key);
            }
        }
        "copy" | "transfer" => {
            if let Some(value) = models[step.store].get(key).cloned() {
                models[1 - step.store].put(key, &value);
                if step.verb == "transfer" {
                    models[step.store].delete(key);
                }
            }
        }
        "compact" => {
            models[step.store].live.reverse();
            models[step.store].deleted.clear();
        }
        verb => panic!("unknown call: {verb}"),
    }
}

fn check_store(store: &DataStore, model: &Model, keys: &BTreeSet<&Bytes>) {
    let listed: Vec<_> = keys.iter().map(|k| &k[..]).collect();
    let together = store.batch_read(&listed).unwrap();
    for (key, batched) in listed.iter().zip(together) {
        let found = store.read(key).unwrap();
        let expected = model.get(key).map(|v| &v[..]);
        assert!(
            found.as_ref().map(|e| e.as_slice()) == expected,
            "value of {key:?}"
        );
        assert!(
            batched.as_ref().map(|e| e.as_slice()) == expected,
            "batched value of {key:?}"
        );
        assert!(
            found.is_none_or(|e| e.is_valid_checksum()),
            "checksum of {key:?}"
        );
        assert_eq!(store.exists(key).unwrap(), expected.is_some(), "{key:?}");
        assert_eq!(
            store.read_metadata(key).unwrap().is_some(),
            expected.is_some(),
            "{key:?}"
        );
    }
    let mut expected = model.live.iter().rev();
    for entry in store.iter_entries() {
        let (key, value) = expected.next().expect("fewer entries");
        assert!(
            entry.as_slice() == &value[..] && entry.key_hash() == compute_hash(key),
            "order"
        );
    }
    assert!(expected.next().is_none(), "more entries");
    // A published store counts deleted keys once it was opened again (file 21.8).
    assert_eq!(
        store.len().unwrap(),
        model.live.len() + model.deleted.len(),
        "number of keys"
    );
}

fn check(histories: &[History], folder: &Path) {
    for history in histories {
        let mut models = [Model::default(), Model::default()];
        let mut keys = BTreeSet::new();
        for step in history.parts.iter().flatten() {
            follow(&mut models, step);
            keys.extend(step.entries.iter().map(|(k, _)| k));
        }
        for (n, model) in models.iter().enumerate() {
            eprintln!("history {} store {n}", history.number);
            let path = path_of(folder, history, n);
            let size = std::fs::metadata(&path).unwrap().len();
            check_store(&DataStore::open_existing(&path).unwrap(), model, &keys);
            assert_eq!(
                std::fs::metadata(&path).unwrap().len(),
                size,
                "size after opening"
            );
        }
    }
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let script = |path| histories_of(&std::fs::read_to_string(path).expect("a script"));
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match words[..] {
        ["play", path, folder, first, last] => play(
            &script(path),
            Path::new(folder),
            number(first),
            number(last),
        ),
        ["check", path, folder] => check(&script(path), Path::new(folder)),
        _ => panic!("play SCRIPT FOLDER FIRST LAST or check SCRIPT FOLDER"),
    }
}
