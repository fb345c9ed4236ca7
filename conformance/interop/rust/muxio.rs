// A published muxio peer for generic methods, whole and in parts. One source for every version and
// every transport, which is the feature of that name.
//   connect URL      a client: calls our server, then has it call back, then both at once
//   lose URL         a client with a stream under way when the server goes
//   serve URL        a server; prints where it listens and ends with its standard input
// Either side serves the same methods and, told to take its turn, calls the other one through all
// of them and reports what it did. `connect` prints both reports, a line for each kind of exchange;
// it panics with what differed.
use bitcode::{Decode, Encode};
use futures::{Stream, StreamExt};
use muxio::rpc::rpc_internals::{rpc_trait::RpcEmit, RpcStreamEncoder};
use muxio::rpc::RpcRequest;
use muxio_rpc_service::error::{RpcServiceError, RpcServiceErrorCode, RpcServiceErrorPayload};
use muxio_rpc_service::prebuffered::RpcMethodPrebuffered;
use muxio_rpc_service::rpc_method_id;
use muxio_rpc_service_caller::{prebuffered::RpcCallPrebuffered, RpcServiceCallerInterface};
use muxio_rpc_service_endpoint::error::RpcServiceEndpointHandlerError;
use muxio_rpc_service_endpoint::{RpcServiceEndpoint, RpcServiceEndpointInterface};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

#[cfg_attr(feature = "web", path = "transport_web.rs")]
#[cfg_attr(feature = "local_socket", path = "transport_local_socket.rs")]
#[cfg_attr(feature = "blocking", path = "transport_blocking.rs")]
mod transport;

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Blob {
    body: Vec<u8>,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Words {
    words: String,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Number {
    value: u64,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Terms {
    terms: Vec<u64>,
}

// What a turn did.
#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Report {
    lines: Vec<String>,
}

// One part of a stream.
#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Part {
    number: u64,
    body: Vec<u8>,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Tally {
    parts: u64,
    bytes: u64,
    hash: u64,
}

macro_rules! methods {
    ($($name:ident $wire:literal $input:ty => $output:ty;)*) => { $(
        struct $name;
        impl RpcMethodPrebuffered for $name {
            const METHOD_ID: u64 = rpc_method_id!($wire);
            type Input = $input;
            type Output = $output;
            fn encode_request(input: $input) -> Result<Vec<u8>, std::io::Error> {
                Ok(bitcode::encode(&input))
            }
            fn decode_request(bytes: &[u8]) -> Result<$input, std::io::Error> {
                bitcode::decode(bytes).map_err(std::io::Error::other)
            }
            fn encode_response(output: $output) -> Result<Vec<u8>, std::io::Error> {
                Ok(bitcode::encode(&output))
            }
            fn decode_response(bytes: &[u8]) -> Result<$output, std::io::Error> {
                bitcode::decode(bytes).map_err(std::io::Error::other)
            }
        }
    )* }
}

methods! {
    Echo "interop.echo" Blob => Blob;
    Sum "interop.sum" Terms => Number;
    Refuse "interop.refuse" Words => Words;      // answers status 1
    Break "interop.break" Words => Words;        // status 2
    Hide "interop.hide" Words => Words;          // status 3
    Missing "interop.missing" Words => Words;    // has no handler anywhere
    Abilities "interop.abilities" Number => Number;
    Cancelled "interop.cancelled" Number => Number;
    TakeTurn "interop.turn" Number => Number;
    Done "interop.report" Report => Number;
    News "interop.news" Words => Number;         // nobody awaits its answer
    Heard "interop.heard" Number => Number;      // how many news came
}

// What the other side may do with this one, each a bit. On a byte stream the crates drop what they
// have read together with a cancel.
const STREAMS: u64 = 1;
const CANCELS: u64 = 2;
const ABILITIES: u64 = if cfg!(feature = "streams") { STREAMS } else { 0 }
    | if cfg!(feature = "web") { CANCELS } else { 0 };

static NEWS: AtomicU64 = AtomicU64::new(0);

// In parts, both ways.
const COUNT: u64 = rpc_method_id!("interop.count"); // as many parts as its metadata says
const COLLECT: u64 = rpc_method_id!("interop.collect"); // one part at the end: what came
const MIRROR: u64 = rpc_method_id!("interop.mirror"); // each part, backwards
const RUN_ON: u64 = rpc_method_id!("interop.run_on"); // more parts than anybody waits for
const FLOW: u64 = rpc_method_id!("interop.flow"); // the same bytes, however they are cut
const RECORDS: u64 = rpc_method_id!("interop.records"); // messages with borders, each backwards

const CALLS_AT_ONCE: u64 = 32;
const PARTS: u64 = 300;
const FLOW_SIZE: usize = 3_000_000;
const RECORDS_SENT: u64 = 200;
const CANCELLED: u64 = 5;
#[cfg(feature = "streams")]
const RUN_ON_PARTS: u64 = 400;

fn any(size: usize, seed: u64) -> Vec<u8> {
    let mut x = seed;
    let next = || {
        x = x
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (x >> 56) as u8
    };
    std::iter::repeat_with(next).take(size).collect()
}

// Below the size of a frame: then each part comes as the frame that it was sent as.
fn part_of(number: u64, seed: u64) -> Part {
    let size = match number % 10 {
        0 => 0,
        7 if number % 30 == 7 => 60_000,
        _ => 1 + (number as usize * 37) % 900,
    };
    Part {
        number,
        body: any(size, seed ^ number),
    }
}

// Our typed streams mark the borders of their messages so (core/trunkline/typed/FORMAT.md).
const END_RECORD: [u8; 4] = [0xff; 4];

fn record_of(blob: &Blob) -> Vec<u8> {
    let body = bitcode::encode(blob);
    [&(body.len() as u32).to_le_bytes()[..], &body].concat()
}

// Those that are whole, taken from what has come; whether the end came behind them.
fn take_records(held: &mut Vec<u8>) -> (Vec<Blob>, bool) {
    let mut blobs = Vec::new();
    while held.len() >= 4 && held[..4] != END_RECORD {
        let size = 4 + u32::from_le_bytes(held[..4].try_into().unwrap()) as usize;
        if held.len() < size {
            return (blobs, false);
        }
        blobs.push(bitcode::decode(&held[4..size]).expect("a message in a record"));
        held.drain(..size);
    }
    (blobs, held.len() >= 4)
}

fn backwards(mut blob: Blob) -> Blob {
    blob.body.reverse();
    blob
}

fn mirrored(mut part: Part) -> Part {
    part.body.reverse();
    part.number += 1;
    part
}

impl Tally {
    fn new() -> Self {
        Tally {
            parts: 0,
            bytes: 0,
            hash: 0,
        }
    }

    fn add(&mut self, part: &Part) {
        self.parts += 1;
        self.bytes += part.body.len() as u64;
        for byte in &part.body {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

// ---------------------------------------------------------------------------------------------
// Calling

type Encoder = RpcStreamEncoder<Box<dyn RpcEmit + Send + Sync>>;
type Parts = Pin<Box<dyn Stream<Item = Result<Vec<u8>, String>> + Send>>;

async fn open<C: RpcServiceCallerInterface>(
    peer: &C,
    method: u64,
    metadata: Vec<u8>,
) -> (Encoder, Parts) {
    let request = RpcRequest {
        rpc_method_id: method,
        rpc_param_bytes: Some(metadata),
        rpc_prebuffered_payload_bytes: None,
        is_finalized: false,
    };
    let (mut encoder, parts) = begin(peer, request).await;
    encoder.flush().unwrap();
    (encoder, parts)
}

#[cfg(feature = "streams")]
async fn begin<C: RpcServiceCallerInterface>(peer: &C, request: RpcRequest) -> (Encoder, Parts) {
    use muxio_rpc_service_caller::DynamicChannelType::Unbounded;
    let (encoder, parts) = peer.call_rpc_streaming(request, Unbounded).await.unwrap();
    let parts = parts.map(|part| part.map_err(|error| error.to_string()));
    (encoder, Box::pin(parts))
}

// There call_rpc_streaming gives nothing before the answer has begun, so it cannot be used for a
// request in parts: one layer below it can.
#[cfg(not(feature = "streams"))]
async fn begin<C: RpcServiceCallerInterface>(peer: &C, request: RpcRequest) -> (Encoder, Parts) {
    use muxio::rpc::rpc_internals::RpcStreamEvent as Event;
    let (heard, parts) = futures::channel::mpsc::unbounded();
    let mut heard = Some(heard);
    let emit = peer.get_emit_fn();
    let emit: Box<dyn RpcEmit + Send + Sync> = Box::new(move |frame: &[u8]| emit(frame.to_vec()));
    let on_event = move |event: Event| match (event, &heard) {
        (Event::PayloadChunk { bytes, .. }, Some(to)) => drop(to.unbounded_send(Ok(bytes))),
        (Event::End { .. }, _) => heard = None,
        (Event::Error { .. }, Some(to)) => drop(to.unbounded_send(Err("lost".into()))),
        _ => {}
    };
    let dispatcher = peer.get_dispatcher();
    let mut dispatcher = dispatcher.lock().await;
    let encoder = dispatcher.call(request, 1 << 16, emit, Some(on_event), false);
    (encoder.unwrap(), Box::pin(parts))
}

fn say(encoder: &mut Encoder, part: &Part) {
    encoder.write_bytes(&bitcode::encode(part)).unwrap();
    encoder.flush().unwrap();
}

async fn hear<T: bitcode::DecodeOwned>(parts: &mut Parts) -> T {
    let bytes = parts.next().await.expect("another part").unwrap();
    bitcode::decode(&bytes).expect("one part in one frame")
}

struct Turn<'a, C> {
    peer: &'a C,
    seed: u64,
    peer_streams: bool,
    lines: Vec<String>,
}

impl<C: RpcServiceCallerInterface + Send + Sync> Turn<'_, C> {
    fn note(&mut self, kind: &str, count: u64, unit: &str) {
        self.lines.push(format!("{kind}|{count} {unit}"));
    }

    async fn whole_calls(&mut self) {
        let mut calls = 0;
        for size in [
            0, 1, 2, 65, 1000, 65_504, 65_505, 65_519, 65_520, 65_535, 65_536, 65_537, 131_072,
            300_000,
        ] {
            let body = any(size, self.seed + size as u64);
            let answer = Echo::call(self.peer, Blob { body: body.clone() }).await;
            assert!(answer.unwrap().body == body, "echo of {size} bytes");
            calls += 1;
        }
        for count in [0, 1, 7, 20_000] {
            let terms: Vec<_> = (0..count).map(|n| n * self.seed + 1).collect();
            let sum: u64 = terms.iter().sum();
            let answer = Sum::call(self.peer, Terms { terms }).await.unwrap();
            assert_eq!(answer.value, sum);
            calls += 1;
        }
        self.note("whole calls", calls, "calls");
    }

    async fn at_once(&mut self) {
        let calls = (0..CALLS_AT_ONCE).map(|n| {
            let body = any((n * 997) as usize, self.seed + n);
            let answer = Echo::call(self.peer, Blob { body: body.clone() });
            async move { assert!(answer.await.unwrap().body == body, "call {n} of many") }
        });
        futures::future::join_all(calls).await;
        self.note("calls at the same time", CALLS_AT_ONCE, "calls");
    }

    // What a published caller is shown: nothing with status 1, else the bytes as they are.
    async fn failures(&mut self) {
        let shown = |outcome: Result<Words, RpcServiceError>| match outcome {
            Err(RpcServiceError::Rpc(RpcServiceErrorPayload { code, message })) => (code, message),
            other => panic!("not a failure: {other:?}"),
        };
        let words = || Words {
            words: "because".into(),
        };
        let refused = shown(Refuse::call(self.peer, words()).await);
        assert_eq!(refused, (RpcServiceErrorCode::Fail, String::new()));
        let broken = shown(Break::call(self.peer, words()).await);
        assert_eq!(broken, (RpcServiceErrorCode::System, "because".into()));
        let hidden = shown(Hide::call(self.peer, words()).await);
        assert_eq!(hidden.0, RpcServiceErrorCode::NotFound);
        assert!(hidden.1.ends_with("because"), "{}", hidden.1);
        let missing = shown(Missing::call(self.peer, words()).await);
        assert_eq!(missing.0, RpcServiceErrorCode::NotFound);
        self.note(
            "failures with status 1, 2, 3 and an unknown method",
            4,
            "calls",
        );
    }

    async fn answer_in_parts(&mut self) {
        let metadata = bitcode::encode(&Number { value: PARTS });
        let (mut encoder, mut parts) = open(self.peer, COUNT, metadata).await;
        encoder.end_stream().unwrap();
        for n in 0..PARTS {
            assert_eq!(hear::<Part>(&mut parts).await, part_of(n, PARTS));
        }
        assert!(parts.next().await.is_none());
        self.note("answer in parts", PARTS, "parts");
    }

    async fn request_in_parts(&mut self) {
        let (mut encoder, mut parts) = open(self.peer, COLLECT, Vec::new()).await;
        let mut tally = Tally::new();
        for n in 0..PARTS {
            let part = part_of(n, self.seed);
            tally.add(&part);
            say(&mut encoder, &part);
        }
        encoder.end_stream().unwrap();
        assert_eq!(hear::<Tally>(&mut parts).await, tally);
        assert!(parts.next().await.is_none());
        self.note("request in parts", PARTS, "parts");
    }

    async fn parts_both_ways(&mut self) {
        let (mut encoder, mut parts) = open(self.peer, MIRROR, Vec::new()).await;
        for n in 0..PARTS {
            // Some in turns, some many at a time.
            say(&mut encoder, &part_of(n, self.seed));
            if n % 50 < 25 {
                assert_eq!(
                    hear::<Part>(&mut parts).await,
                    mirrored(part_of(n, self.seed))
                );
            } else if n % 50 == 49 {
                for late in n - 24..=n {
                    assert_eq!(
                        hear::<Part>(&mut parts).await,
                        mirrored(part_of(late, self.seed))
                    );
                }
            }
        }
        encoder.end_stream().unwrap();
        assert!(parts.next().await.is_none());
        self.note("parts both ways", 2 * PARTS, "parts");
    }

    async fn bytes_both_ways(&mut self) {
        let sent = any(FLOW_SIZE, self.seed);
        let (mut encoder, mut parts) = open(self.peer, FLOW, Vec::new()).await;
        for piece in sent.chunks(50_000) {
            encoder.write_bytes(piece).unwrap();
            encoder.flush().unwrap();
        }
        encoder.end_stream().unwrap();
        let mut came = Vec::new();
        while let Some(piece) = parts.next().await {
            came.extend(piece.unwrap());
        }
        assert!(came == sent, "bytes both ways");
        self.note("bytes both ways, typed::raw", 2 * FLOW_SIZE as u64, "bytes");
    }

    async fn records_both_ways(&mut self) {
        let blob = |n: u64| Blob {
            body: any((n * 331 % 90_000) as usize, self.seed + n),
        };
        let (mut encoder, mut parts) = open(self.peer, RECORDS, Vec::new()).await;
        for n in 0..RECORDS_SENT {
            encoder.write_bytes(&record_of(&blob(n))).unwrap();
            encoder.flush().unwrap();
        }
        encoder.write_bytes(&END_RECORD).unwrap();
        encoder.flush().unwrap();
        let (mut held, mut heard) = (Vec::new(), 0);
        while let Some(piece) = parts.next().await {
            held.extend(piece.unwrap());
            for came in take_records(&mut held).0 {
                assert!(came == backwards(blob(heard)), "a record");
                heard += 1;
            }
        }
        assert_eq!((heard, held.len()), (RECORDS_SENT, 0));
        encoder.end_stream().unwrap();
        self.note("messages both ways, records", 2 * RECORDS_SENT, "messages");
    }

    // Of a peer without handlers of streams: a method of whole calls does not see the parts.
    async fn whole_call_in_parts(&mut self) {
        let body = any(200_000, self.seed);
        let (mut encoder, mut parts) = open(self.peer, Echo::METHOD_ID, Vec::new()).await;
        for piece in bitcode::encode(&Blob { body: body.clone() }).chunks(777) {
            encoder.write_bytes(piece).unwrap();
            encoder.flush().unwrap();
        }
        encoder.end_stream().unwrap();
        let mut answer = Vec::new();
        while let Some(piece) = parts.next().await {
            answer.extend(piece.unwrap());
        }
        assert!(bitcode::decode::<Blob>(&answer).unwrap().body == body);
        self.note("whole call, sent and answered in pieces", 1, "call");
    }

    async fn request_cancelled(&mut self) {
        for n in 0..CANCELLED {
            let (mut encoder, _parts) = open(self.peer, Echo::METHOD_ID, Vec::new()).await;
            encoder.write_bytes(&any(n as usize * 100, n)).unwrap();
            encoder.flush().unwrap();
            encoder.cancel_stream().unwrap();
            let body = any(50, n);
            let answer = Echo::call(self.peer, Blob { body: body.clone() }).await;
            assert!(answer.unwrap().body == body, "a call after a cancelled one");
        }
        self.note(
            "request cancelled before its end, next call answered",
            CANCELLED,
            "calls",
        );
    }

    // Each leaves the connection as usable as before; our handlers are told.
    async fn cancelled(&mut self) {
        let before = Cancelled::call(self.peer, Number { value: 0 }).await;
        for n in 0..CANCELLED {
            let (mut encoder, mut parts) = open(self.peer, MIRROR, Vec::new()).await;
            for number in 0..n + 1 {
                say(&mut encoder, &part_of(number, self.seed));
                hear::<Part>(&mut parts).await;
            }
            encoder.cancel_stream().unwrap();
            assert!(parts.next().await.is_none(), "the answer has no end");
        }
        let (mut encoder, mut parts) = open(self.peer, RUN_ON, Vec::new()).await;
        hear::<Part>(&mut parts).await;
        encoder.cancel_stream().unwrap();
        while parts.next().await.is_some() {}
        let after = Cancelled::call(self.peer, Number { value: 0 }).await;
        assert_eq!(
            after.unwrap().value - before.unwrap().value,
            CANCELLED + 1,
            "handlers were told"
        );
        self.note(
            "cancelled in the middle: handler told, answer ended",
            CANCELLED + 1,
            "calls",
        );
    }

    async fn all(mut self) -> Vec<String> {
        self.whole_calls().await;
        self.at_once().await;
        self.failures().await;
        self.whole_call_in_parts().await;
        self.request_cancelled().await;
        if self.peer_streams {
            self.answer_in_parts().await;
            self.request_in_parts().await;
            self.parts_both_ways().await;
            self.bytes_both_ways().await;
            self.records_both_ways().await;
            self.cancelled().await;
        }
        self.lines
    }
}

async fn turn<C: RpcServiceCallerInterface + Send + Sync>(
    peer: &C,
    seed: u64,
    peer_streams: bool,
) -> Vec<String> {
    let turn = Turn {
        peer,
        seed,
        peer_streams,
        lines: Vec::new(),
    };
    let patience = Duration::from_secs(120);
    tokio::time::timeout(patience, turn.all())
        .await
        .expect("a turn without an end")
}

// ---------------------------------------------------------------------------------------------
// Serving

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn failure(code: RpcServiceErrorCode, words: &[u8]) -> Failure {
    let message = bitcode::decode::<Words>(words).unwrap().words;
    Box::new(RpcServiceEndpointHandlerError(RpcServiceErrorPayload {
        code,
        message,
    }))
}

async fn serve_whole_calls<X: Send + Sync + Clone + 'static>(endpoint: &RpcServiceEndpoint<X>) {
    async fn add<X: Send + Sync + Clone + 'static>(
        endpoint: &RpcServiceEndpoint<X>,
        method: u64,
        handler: fn(Vec<u8>) -> Result<Vec<u8>, Failure>,
    ) {
        let handler = move |bytes: Vec<u8>, _: X| std::future::ready(handler(bytes));
        endpoint
            .register_prebuffered(method, handler)
            .await
            .unwrap();
    }
    add(endpoint, Echo::METHOD_ID, |bytes| {
        let blob = Echo::decode_request(&bytes)?;
        Ok(Echo::encode_response(blob)?)
    })
    .await;
    add(endpoint, Sum::METHOD_ID, |bytes| {
        let value = Sum::decode_request(&bytes)?.terms.iter().sum();
        Ok(Sum::encode_response(Number { value })?)
    })
    .await;
    add(endpoint, Refuse::METHOD_ID, |bytes| {
        Err(failure(RpcServiceErrorCode::Fail, &bytes))
    })
    .await;
    add(endpoint, Break::METHOD_ID, |bytes| {
        Err(Break::decode_request(&bytes)?.words.into())
    })
    .await;
    add(endpoint, Hide::METHOD_ID, |bytes| {
        Err(failure(RpcServiceErrorCode::NotFound, &bytes))
    })
    .await;
    add(endpoint, Abilities::METHOD_ID, |_| {
        Ok(Abilities::encode_response(Number { value: ABILITIES })?)
    })
    .await;
    add(endpoint, News::METHOD_ID, |bytes| {
        let words = News::decode_request(&bytes)?.words;
        assert!(words.starts_with("news "), "{words}");
        let value = NEWS.fetch_add(1, Ordering::SeqCst);
        Ok(News::encode_response(Number { value })?)
    })
    .await;
    add(endpoint, Heard::METHOD_ID, |_| {
        let value = NEWS.load(Ordering::SeqCst);
        Ok(Heard::encode_response(Number { value })?)
    })
    .await;
}

// Takes its turn beside whatever is served meanwhile, and reports.
async fn serve_turns<X, C, F>(endpoint: &RpcServiceEndpoint<X>, caller: F)
where
    X: Send + Sync + Clone + 'static,
    C: RpcServiceCallerInterface + Send + Sync + 'static,
    F: Fn(X) -> C + Send + Sync + 'static,
{
    let runtime = Handle::current(); // handlers of blocking crates run on threads outside of it
    let handler = move |bytes: Vec<u8>, context: X| {
        let peer = caller(context);
        let runtime = runtime.clone();
        async move {
            let asked = TakeTurn::decode_request(&bytes)?;
            runtime.spawn(async move {
                // Our programs take calls in parts.
                let lines = turn(&peer, asked.value, true).await;
                Done::call(&peer, Report { lines }).await.unwrap();
            });
            Ok(TakeTurn::encode_response(Number { value: ABILITIES })?)
        }
    };
    endpoint
        .register_prebuffered(TakeTurn::METHOD_ID, handler)
        .await
        .unwrap();
}

#[cfg(not(feature = "streams"))]
async fn serve_streams<X: Send + Sync + Clone + 'static>(_: &RpcServiceEndpoint<X>) {}

#[cfg(feature = "streams")]
async fn serve_streams<X: Send + Sync + Clone + 'static>(endpoint: &RpcServiceEndpoint<X>) {
    use muxio::rpc::rpc_internals::RpcStreamEvent as Event;
    use muxio_rpc_service_endpoint::StreamResponder;
    use std::{collections::HashMap, sync::Mutex};

    let count = |event, answer: StreamResponder, _: X| {
        if let Event::Header { rpc_header, .. } = event {
            let count: Number = bitcode::decode(&rpc_header.rpc_metadata_bytes).unwrap();
            for n in 0..count.value {
                answer.respond(bitcode::encode(&part_of(n, count.value)), false);
            }
            answer.respond(Vec::new(), true);
        }
    };
    let tallies = Mutex::new(HashMap::new()); // one connection at a time: request ids are enough
    let collect = move |event, answer: StreamResponder, _: X| match event {
        Event::PayloadChunk {
            rpc_request_id,
            bytes,
            ..
        } => tallies
            .lock()
            .unwrap()
            .entry(rpc_request_id)
            .or_insert_with(Tally::new)
            .add(&bitcode::decode(&bytes).expect("one part in one frame")),
        Event::End { rpc_request_id, .. } => {
            let tally = tallies.lock().unwrap().remove(&rpc_request_id);
            answer.respond(bitcode::encode(&tally.unwrap()), true);
        }
        _ => {}
    };
    let mirror = |event, answer: StreamResponder, _: X| match event {
        Event::PayloadChunk { bytes, .. } => {
            let part = bitcode::decode(&bytes).expect("one part in one frame");
            answer.respond(bitcode::encode(&mirrored(part)), false);
        }
        Event::End { .. } => answer.respond(Vec::new(), true),
        _ => {}
    };
    let flow = |event, answer: StreamResponder, _: X| match event {
        Event::PayloadChunk { bytes, .. } => answer.respond(bytes, false),
        Event::End { .. } => answer.respond(Vec::new(), true),
        _ => {}
    };
    let held = Mutex::new(HashMap::new());
    let records = move |event, answer: StreamResponder, _: X| {
        if let Event::PayloadChunk {
            rpc_request_id,
            bytes,
            ..
        } = event
        {
            let mut all_held = held.lock().unwrap();
            let held: &mut Vec<u8> = all_held.entry(rpc_request_id).or_default();
            held.extend(bytes);
            let (blobs, ended) = take_records(held);
            for blob in blobs {
                answer.respond(record_of(&backwards(blob)), false);
            }
            if ended {
                all_held.remove(&rpc_request_id); // the next connection has the same ids
                answer.respond(Vec::new(), true);
            }
        }
    };
    // Nothing tells it of a cancel.
    let runtime = Handle::current();
    let run_on = move |event, answer: StreamResponder, _: X| {
        if let Event::Header { .. } = event {
            runtime.spawn(async move {
                for n in 0..RUN_ON_PARTS {
                    answer.respond(bitcode::encode(&part_of(n, 0)), false);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                answer.respond(Vec::new(), true);
            });
        }
    };
    endpoint
        .register_stream_handler(COUNT, count)
        .await
        .unwrap();
    endpoint
        .register_stream_handler(COLLECT, collect)
        .await
        .unwrap();
    endpoint
        .register_stream_handler(MIRROR, mirror)
        .await
        .unwrap();
    endpoint.register_stream_handler(FLOW, flow).await.unwrap();
    endpoint
        .register_stream_handler(RECORDS, records)
        .await
        .unwrap();
    endpoint
        .register_stream_handler(RUN_ON, run_on)
        .await
        .unwrap();
}

pub async fn serve_everything<X, C, F>(endpoint: &RpcServiceEndpoint<X>, caller: F)
where
    X: Send + Sync + Clone + 'static,
    C: RpcServiceCallerInterface + Send + Sync + 'static,
    F: Fn(X) -> C + Send + Sync + 'static,
{
    serve_whole_calls(endpoint).await;
    serve_streams(endpoint).await;
    serve_turns(endpoint, caller).await;
}

// ---------------------------------------------------------------------------------------------

async fn connect(url: &str) {
    let client = transport::connect(url).await;
    let endpoint = client.get_endpoint();
    serve_whole_calls(&endpoint).await;
    serve_streams(&endpoint).await;
    let (reported, mut reports) = mpsc::unbounded_channel();
    let report = move |bytes: Vec<u8>, _| {
        let sent = reported.send(Done::decode_request(&bytes).unwrap().lines);
        std::future::ready(
            sent.map_err(Failure::from)
                .map(|()| Done::encode_response(Number { value: 0 }).unwrap()),
        )
    };
    endpoint
        .register_prebuffered(Done::METHOD_ID, report)
        .await
        .unwrap();

    let theirs = Abilities::call(&*client, Number { value: ABILITIES }).await;
    let peer_streams = theirs.unwrap().value & STREAMS != 0;
    let print = |who: &str, lines: &[String]| {
        lines.iter().for_each(|line| println!("{who}|{line}"));
    };
    let ask = |seed| TakeTurn::call(&*client, Number { value: seed });
    print("the client", &turn(&*client, 1, peer_streams).await);
    ask(2).await.unwrap();
    print("the server", &reports.recv().await.unwrap());
    ask(3).await.unwrap();
    let ours = turn(&*client, 4, peer_streams).await;
    let theirs = reports.recv().await.unwrap();
    let kinds = ours.len() + theirs.len();
    println!("both at once|all of that at the same time|{kinds} kinds");
}

async fn lose(url: &str) {
    let client = transport::connect(url).await;
    let (mut encoder, mut parts) = open(&*client, MIRROR, Vec::new()).await;
    say(&mut encoder, &part_of(1, 1));
    hear::<Part>(&mut parts).await;
    println!("calling");
    let failure = parts
        .next()
        .await
        .expect("a stream that ends as if it were whole");
    failure.unwrap_err();
    assert!(parts.next().await.is_none());
    while client.is_connected() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Sum::call(&*client, Terms { terms: Vec::new() })
        .await
        .unwrap_err();
}

async fn serve(url: &str) {
    println!("listening on {}", transport::serve(url).await);
    let end = || std::io::read_to_string(std::io::stdin());
    tokio::task::spawn_blocking(end).await.unwrap().unwrap();
    std::process::exit(0); // connections have no orderly end there
}

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["connect", url] => connect(url).await,
        ["lose", url] => lose(url).await,
        ["serve", url] => serve(url).await,
        _ => panic!("connect|lose|serve URL"),
    }
}
