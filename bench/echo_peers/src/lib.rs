//! What the echo servers share: listening on a free port of this machine, and accepting.
use std::future::Future;
use tokio::net::{TcpListener, TcpStream};

/// Accepts for ever, each connection on a task of its own, all on this thread; sends at once.
pub fn serve<Serve, Served>(serve: Serve) -> std::io::Result<()>
where
    Serve: Fn(TcpStream) -> Served,
    Served: Future<Output = ()> + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("Server running on {}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::task::spawn_local(serve(stream));
        }
    })
}
