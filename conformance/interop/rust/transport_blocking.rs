// The published blocking crates, over the two halves of a TCP connection: tcp://HOST:PORT.
use crate::serve_everything;
use muxio_sync_rpc_client::RpcSyncClient;
use muxio_sync_rpc_server::{RpcSyncServer, RpcSyncServerHandle};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use tokio::runtime::Handle;

fn address_in(url: &str) -> &str {
    url.strip_prefix("tcp://").expect("tcp://HOST:PORT")
}

pub async fn connect(url: &str) -> Arc<RpcSyncClient> {
    let stream = TcpStream::connect(address_in(url)).expect("a connection");
    RpcSyncClient::new(Box::new(stream.try_clone().unwrap()), Box::new(stream))
}

pub async fn serve(url: &str) -> String {
    let listener = TcpListener::bind(address_in(url)).expect("a free port");
    let at = listener.local_addr().unwrap();
    tokio::task::spawn_blocking(move || {
        for stream in listener.incoming() {
            serve_one(stream.expect("a connection"));
        }
    });
    format!("tcp://{at}")
}

// A server is one connection there, and there is none to call back with before it has started.
fn serve_one(stream: TcpStream) {
    let reader = Box::new(stream.try_clone().unwrap());
    let setup = RpcSyncServer::setup(reader, Box::new(stream));
    let started = Arc::new(Mutex::new(None));
    let caller = {
        let started = started.clone();
        move |()| started.lock().unwrap().clone().expect("a server")
    };
    Handle::current().block_on(serve_everything(&setup.endpoint(), caller));
    let mut started = started.lock().unwrap();
    *started = Some(RpcSyncServerHandle(setup.start()));
}
