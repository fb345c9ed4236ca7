// Drives a store server with the published Rust client. One source for every version of it.
//   exchange HOST PORT SEED        each method against a model, alone on a store; prints the calls
//   together HOST PORT SEED        many connections and calls at once, other clients may be there
//   stop HOST PORT SEED FILE       calls without end until a line on standard input tells that the
//                                  server has ended; FILE says which writes were acknowledged
//   after HOST PORT FILE           a store has exactly the acknowledged ones
// Ends with status 0, or panics with what differed.
use simd_r_drive_ws_client::{AsyncDataStoreReader, AsyncDataStoreWriter, WsClient};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{watch, Mutex};

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    // None of them zero; `kinds` different ones, so that the server's packing of bytes varies.
    fn bytes(&mut self, size: usize, kinds: u64) -> Vec<u8> {
        (0..size).map(|_| (1 + self.below(kinds)) as u8).collect()
    }
}

// The n-th key of a run: empty, text of several scripts, any bytes, or longer than one frame.
fn key_of(seed: u64, n: u64) -> Vec<u8> {
    let mut random = Random(seed ^ (n << 32));
    let mut key = format!("{seed}/{n}").into_bytes();
    match n % 6 {
        0 if n == 0 => key.clear(),
        1 => key.extend("/ключ/鍵/🗝".as_bytes()),
        2 => key.extend((0..256).map(|_| random.next() as u8)),
        3 => key.insert(0, 0),
        4 if n % 12 == 4 => key.resize(70_000, b'k'),
        _ => {}
    }
    key
}

type Model = BTreeMap<Vec<u8>, Vec<u8>>;

struct Exchange {
    client: WsClient,
    random: Random,
    seed: u64,
    model: Model,
    calls: u64,
}

impl Exchange {
    async fn write(&mut self, key: Vec<u8>, value: Vec<u8>) {
        let tail = self.client.write(&key, &value).await.unwrap();
        assert_eq!(
            tail,
            self.client.file_size().await.unwrap(),
            "tail after {} bytes",
            value.len()
        );
        self.calls += 2;
        self.model.insert(key, value);
    }

    async fn batch_write(&mut self, count: u64) {
        let entries: Vec<_> = (0..count)
            .map(|_| {
                let size = 1 + self.random.below(60) as usize;
                (
                    key_of(self.seed, self.random.below(40)),
                    self.random.bytes(size, 9),
                )
            })
            .collect();
        let borrowed: Vec<_> = entries.iter().map(|(k, v)| (&k[..], &v[..])).collect();
        let tail = self.client.batch_write(&borrowed).await.unwrap();
        assert_eq!(
            tail,
            self.client.file_size().await.unwrap(),
            "tail after a batch of {count}"
        );
        self.calls += 2;
        self.model.extend(entries);
    }

    async fn delete(&mut self, key: Vec<u8>) {
        let before = self.client.file_size().await.unwrap();
        let tail = self.client.delete(&key).await.unwrap();
        let grown = if self.model.remove(&key).is_some() {
            21
        } else {
            0
        };
        assert_eq!(tail, before + grown, "tail after a delete");
        assert!(!self.client.exists(&key).await.unwrap());
        self.calls += 3;
    }

    async fn batch_read(&mut self, keys: Vec<Vec<u8>>) {
        let borrowed: Vec<_> = keys.iter().map(|k| &k[..]).collect();
        let expected: Vec<_> = keys.iter().map(|k| self.model.get(k).cloned()).collect();
        assert!(
            self.client.batch_read(&borrowed).await.unwrap() == expected,
            "batch read"
        );
        self.calls += 1;
    }

    async fn look_at(&mut self, key: Vec<u8>) {
        let expected = self.model.get(&key).cloned();
        assert_eq!(self.client.exists(&key).await.unwrap(), expected.is_some());
        assert!(
            self.client.read(&key).await.unwrap() == expected,
            "value of {key:?}"
        );
        self.calls += 2;
    }

    async fn count(&mut self) {
        assert_eq!(self.client.len().await.unwrap(), self.model.len());
        assert_eq!(self.client.is_empty().await.unwrap(), self.model.is_empty());
        self.calls += 2;
    }

    async fn step(&mut self) {
        let n = self.random.below(50);
        let key = key_of(self.seed, n);
        match self.random.below(9) {
            0..=2 => {
                let size = 1 + self.random.below(400) as usize;
                let kinds = [2, 3, 6, 16, 255][self.random.below(5) as usize];
                let value = self.random.bytes(size, kinds);
                self.write(key, value).await;
            }
            3 => {
                let count = self.random.below(12);
                self.batch_write(count).await;
            }
            4 => self.delete(key).await,
            5 => {
                let count = self.random.below(30);
                let keys = (0..count)
                    .map(|_| key_of(self.seed, self.random.below(60)))
                    .collect();
                self.batch_read(keys).await;
            }
            6 => self.count().await,
            _ => self.look_at(key).await,
        }
    }

    async fn sizes(&mut self) {
        for size in [
            1,
            2,
            3,
            63,
            64,
            65,
            254,
            255,
            256,
            4096,
            65_505,
            65_519,
            65_520,
            65_521,
            65_535,
            65_536,
            65_537,
            131_072,
            1 << 20,
            3 << 20,
        ] {
            for kinds in [2, 255] {
                let key = format!("{} {size} {kinds}", self.seed).into_bytes();
                let value = self.random.bytes(size, kinds);
                self.write(key.clone(), value).await;
                self.look_at(key).await;
            }
        }
    }

    async fn refusals(&mut self) {
        for (value, text) in [
            (&b""[..], "Payload cannot be empty."),
            (&b"\0"[..], "NULL-byte payloads cannot be written directly."),
        ] {
            let single = self
                .client
                .write(b"refused", value)
                .await
                .unwrap_err()
                .to_string();
            assert!(single.contains(text), "{single}");
            let batch = [(&b"good"[..], &b"v"[..]), (&b"refused"[..], value)];
            let batch = self
                .client
                .batch_write(&batch)
                .await
                .unwrap_err()
                .to_string();
            assert!(batch.contains(text), "{batch}");
            self.calls += 2;
        }
        for key in ["good", "refused"] {
            self.look_at(key.into()).await;
        }
        self.write(b"zeros".to_vec(), vec![0, 0]).await;
        self.look_at(b"zeros".to_vec()).await;
    }

    async fn everything(&mut self) {
        let keys: Vec<_> = (0..60)
            .map(|n| key_of(self.seed, n))
            .chain(self.model.keys().cloned())
            .collect();
        for key in keys.clone() {
            self.look_at(key).await;
        }
        self.batch_read(keys).await;
        self.count().await;
    }
}

async fn connect(host: &str, port: u16) -> WsClient {
    WsClient::new(host, port).await.expect("a connection")
}

async fn exchange(host: &str, port: u16, seed: u64) {
    let client = connect(host, port).await;
    let mut all = Exchange {
        client,
        random: Random(seed),
        seed,
        model: Model::new(),
        calls: 0,
    };
    all.count().await;
    assert_eq!(
        all.client.file_size().await.unwrap(),
        0,
        "the store is fresh"
    );
    for _ in 0..600 {
        all.step().await;
    }
    all.sizes().await;
    all.refusals().await;
    all.batch_write(0).await;
    all.batch_read(Vec::new()).await;
    all.everything().await;
    println!("{} calls", all.calls);
}

async fn together(host: &str, port: u16, seed: u64) {
    let mut tasks = Vec::new();
    for connection in 0..4 {
        let client = Arc::new(connect(host, port).await);
        for n in 0..60u64 {
            let client = client.clone();
            tasks.push(tokio::spawn(async move {
                let key = format!("together {seed} {connection} {n}").into_bytes();
                let size = 1 + (n as usize * 997) % 50_000;
                for turn in 0..3 {
                    let value = Random(seed ^ n ^ turn).bytes(size, 255);
                    client.write(&key, &value).await.unwrap();
                    assert!(
                        client.read(&key).await.unwrap() == Some(value),
                        "{seed} {connection} {n}"
                    );
                }
                client.delete(&key).await.unwrap();
                assert_eq!(client.batch_read(&[&key]).await.unwrap(), [None]);
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
}

fn value_of(seed: u64, task: u64, n: u64) -> (Vec<u8>, Vec<u8>) {
    let key = format!("stop {seed} {task} {n}").into_bytes();
    let size = if task % 8 == 0 {
        200_000
    } else {
        1 + (n % 300) as usize
    };
    (key, Random(seed ^ (task << 40) ^ n).bytes(size, 255))
}

// Old clients never end a call whose connection is lost (wire 9), and newer ones
// may lose a call that begins at that very moment. So a call also ends when the server has ended
// and no answer has come for a while.
async fn ended(mut server_ended: watch::Receiver<bool>, answers: Arc<AtomicU64>) {
    while !*server_ended.borrow() {
        server_ended.changed().await.unwrap();
    }
    // In many short waits, so that a machine that stood still does not count as quiet.
    let (mut quiet, mut seen) = (0, 0);
    while quiet < 40 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = answers.load(Ordering::SeqCst);
        quiet = if now == seen { quiet + 1 } else { 0 };
        seen = now;
    }
}

async fn stop(host: &str, port: u16, seed: u64, file: &str) {
    let (tell, server_ended) = watch::channel(false);
    std::thread::spawn(move || {
        std::io::stdin().lock().lines().next();
        tell.send(true).ok();
    });
    let answers = Arc::new(AtomicU64::new(0));
    let log = Arc::new(Mutex::new(String::new()));
    let mut tasks = Vec::new();
    for connection in 0..2 {
        let client = Arc::new(connect(host, port).await);
        for task in (0..16).map(|n| connection * 16 + n) {
            let (client, log, answers) = (client.clone(), log.clone(), answers.clone());
            let server_ended = server_ended.clone();
            tasks.push(tokio::spawn(async move {
                for n in 0.. {
                    let (key, value) = value_of(seed, task, n);
                    let outcome = tokio::select! {
                        outcome = client.write(&key, &value) => outcome.is_ok(),
                        _ = ended(server_ended.clone(), answers.clone()) => false,
                    };
                    let word = if outcome { "acknowledged" } else { "lost" };
                    log.lock()
                        .await
                        .push_str(&format!("{word} {seed} {task} {n}\n"));
                    if !outcome {
                        break;
                    }
                    if answers.fetch_add(1, Ordering::SeqCst) == 200 {
                        println!("calling");
                        std::io::stdout().flush().unwrap();
                    }
                }
            }));
        }
    }
    for task in tasks {
        task.await.unwrap();
    }
    std::fs::write(file, &*log.lock().await).unwrap();
}

async fn after(host: &str, port: u16, file: &str) {
    let client = connect(host, port).await;
    let (mut acknowledged, mut lost) = (0, 0);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let words: Vec<_> = line.split(' ').collect();
        let number = |n: usize| words[n].parse::<u64>().unwrap();
        let (key, value) = value_of(number(1), number(2), number(3));
        let found = client.read(&key).await.unwrap();
        if words[0] == "acknowledged" {
            assert!(
                found == Some(value),
                "an acknowledged write is not there: {line}"
            );
            acknowledged += 1;
        } else {
            assert!(
                found.is_none(),
                "a write was carried out and never answered: {line}"
            );
            lost += 1;
        }
    }
    assert!(
        acknowledged >= 200 && lost == 32,
        "{acknowledged} acknowledged, {lost} lost"
    );
    assert_eq!(client.len().await.unwrap(), acknowledged);
}

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let port = |text: &str| text.parse::<u16>().expect("a port number");
    let seed = |text: &str| text.parse::<u64>().expect("a seed");
    match words[..] {
        ["exchange", host, at, from] => exchange(host, port(at), seed(from)).await,
        ["together", host, at, from] => together(host, port(at), seed(from)).await,
        ["stop", host, at, from, file] => stop(host, port(at), seed(from), file).await,
        ["after", host, at, file] => after(host, port(at), file).await,
        _ => panic!(
            "exchange|together HOST PORT SEED, stop HOST PORT SEED FILE or after HOST PORT FILE"
        ),
    }
}
