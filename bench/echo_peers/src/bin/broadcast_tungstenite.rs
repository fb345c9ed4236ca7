//! A chat without rules on tokio-tungstenite: each binary message goes to all, unchanged. Its bytes
//! are shared by all receivers; messages that are there are fed, then flushed together.
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::broadcast::{self, error::TryRecvError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

const WAITING_MAX: usize = 1 << 14; // messages of which a member is behind
const READ_BUFFER_SIZE: usize = 4 << 10; // bytes for each member; by default it were 128 KiB

async fn member(stream: TcpStream, all: broadcast::Sender<Bytes>) -> Result<(), Error> {
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_SIZE);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await?;
    let mut said = all.subscribe();
    loop {
        tokio::select! {
            one = said.recv() => {
                let Ok(bytes) = one else { return Ok(()) }; // too slow
                socket.feed(Message::Binary(bytes)).await?;
                loop {
                    match said.try_recv() {
                        Ok(bytes) => socket.feed(Message::Binary(bytes)).await?,
                        Err(TryRecvError::Empty) => break,
                        Err(_) => return Ok(()),
                    }
                }
                socket.flush().await?;
            }
            next = socket.next() => match next {
                Some(Ok(Message::Binary(bytes))) => {
                    let _ = all.send(bytes);
                }
                Some(Ok(_)) => (),
                Some(Err(fault)) => return Err(fault),
                None => return Ok(()),
            },
        }
    }
}

fn main() -> std::io::Result<()> {
    let (all, _) = broadcast::channel(WAITING_MAX);
    echo_peers::serve(move |stream| {
        let all = all.clone();
        async move {
            let _ = member(stream, all).await;
        }
    })
}
