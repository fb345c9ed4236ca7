//! Echo on tokio-tungstenite: messages that are there are fed, then flushed together.
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;

async fn echo(stream: TcpStream) -> Result<(), Error> {
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let mut next = socket.next().await;
    while let Some(message) = next {
        let message = message?;
        if message.is_binary() || message.is_text() {
            socket.feed(message).await?;
        }
        next = match socket.next().now_or_never() {
            Some(ready) => ready,
            None => {
                socket.flush().await?;
                socket.next().await
            }
        };
    }
    Ok(())
}

fn main() -> std::io::Result<()> {
    echo_peers::serve(|stream| async {
        let _ = echo(stream).await;
    })
}
