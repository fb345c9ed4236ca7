//! Echo on fastwebsockets: answers to messages that are there are buffered, then flushed together.
use base64::Engine;
use fastwebsockets::{after_handshake_split, Frame, OpCode, Role, WebSocketError};
use futures_util::FutureExt;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufWriter};
use tokio::net::TcpStream;

const BATCH_SIZE: usize = 128 << 10; // bytes of answers, as tokio-tungstenite keeps by itself

/// Reads the request of a client that sends nothing before it has the answer.
async fn upgrade(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let key = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("Sec-WebSocket-Key"))
        .map(|(_, value)| value.trim())
        .unwrap_or_default();
    let digest = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let accept = base64::engine::general_purpose::STANDARD.encode(digest);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await
}

async fn echo(mut stream: TcpStream) -> Result<(), WebSocketError> {
    upgrade(&mut stream).await?;
    let (read, write) = stream.into_split();
    let write = BufWriter::with_capacity(BATCH_SIZE, write);
    let (mut reader, mut writer) = after_handshake_split(read, write, Role::Server);
    reader.set_auto_close(false);
    reader.set_auto_pong(false);
    loop {
        // The same future goes on after the flush: a frame that is there in part stays with it.
        let mut never = |_: Frame<'_>| async { Ok::<(), WebSocketError>(()) };
        let mut reading = std::pin::pin!(reader.read_frame(&mut never));
        let frame = match reading.as_mut().now_or_never() {
            Some(ready) => ready?,
            None => {
                writer.flush().await?;
                reading.await?
            }
        };
        match frame.opcode {
            OpCode::Text | OpCode::Binary | OpCode::Continuation => {
                let back = Frame::new(frame.fin, frame.opcode, None, frame.payload);
                writer.write_frame(back).await?;
            }
            _ => return Ok(()),
        }
    }
}

fn main() -> std::io::Result<()> {
    echo_peers::serve(|stream| async {
        let _ = echo(stream).await;
    })
}
