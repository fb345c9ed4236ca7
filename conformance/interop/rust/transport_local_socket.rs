// The published local-socket crates: unix:@NAME, where they take the bare name.
use crate::serve_everything;
use interprocess::local_socket::{GenericNamespaced, ListenerOptions, ToNsName};
use muxio_tokio_rpc_ipc_client::RpcIpcClient;
use muxio_tokio_rpc_ipc_server::{RpcIpcConnectionContextHandle, RpcIpcServer};
use std::sync::Arc;

fn name_in(url: &str) -> &str {
    url.strip_prefix("unix:@").expect("unix:@NAME")
}

pub async fn connect(url: &str) -> Arc<RpcIpcClient> {
    let client = RpcIpcClient::new(name_in(url)).await;
    client.expect("a connection")
}

// As their own serve() does, which does not tell when it listens.
pub async fn serve(url: &str) -> String {
    let server = RpcIpcServer::new(None);
    serve_everything(&server.endpoint(), RpcIpcConnectionContextHandle).await;
    let name = name_in(url).to_ns_name::<GenericNamespaced>().unwrap();
    let listener = ListenerOptions::new().name(name).create_tokio();
    let listener = listener.expect("a free name");
    tokio::spawn(async move {
        let ended = Arc::new(server).serve_with_listener(listener).await;
        ended.expect("connections taken");
    });
    url.to_string()
}
