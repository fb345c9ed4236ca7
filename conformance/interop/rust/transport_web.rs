// The published WebSocket crates: ws://HOST:PORT/ws.
use crate::serve_everything;
use muxio_tokio_rpc_client::RpcClient;
use muxio_tokio_rpc_server::{ConnectionContextHandle, RpcServer};
use std::sync::Arc;

fn host_and_port(url: &str) -> (&str, u16) {
    let bare = url.strip_prefix("ws://").expect("ws://HOST:PORT/ws");
    let address = bare.strip_suffix("/ws").expect("ws://HOST:PORT/ws");
    let (host, port) = address.rsplit_once(':').expect("a host and a port");
    (host, port.parse().expect("a port number"))
}

pub async fn connect(url: &str) -> Arc<RpcClient> {
    let (host, port) = host_and_port(url);
    RpcClient::new(host, port).await.expect("a connection")
}

pub async fn serve(url: &str) -> String {
    let server = RpcServer::new(None);
    serve_everything(&server.endpoint(), ConnectionContextHandle).await;
    let listener = tokio::net::TcpListener::bind(host_and_port(url));
    let listener = listener.await.expect("a free port");
    let at = listener.local_addr().unwrap();
    tokio::spawn(Arc::new(server).serve_with_listener(listener));
    format!("ws://{at}/ws")
}
