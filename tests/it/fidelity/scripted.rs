//! The upstream of the generated exchanges: it finds each exchange's plan by its number, keeps the
//! request as it came, and answers as planned.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::{JoinSet, yield_now};

use crate::support::raw::{Connection, Listener, Request};

use super::exchange::Exchange;
use super::rng::Rng;

/// Plans that were announced, and requests that came, by number.
#[derive(Debug, Default)]
struct Desk {
    plans: HashMap<u64, Arc<Exchange>>,
    seen: HashMap<u64, Request>,
}

/// A running upstream; it ends when dropped.
pub(super) struct Scripted {
    /// Where it listens.
    pub(super) addr: SocketAddr,
    desk: Arc<Mutex<Desk>>,
    _tasks: JoinSet<()>,
}

impl Scripted {
    pub(super) async fn start() -> Self {
        let listener = Listener::bind().await;
        let addr = listener.addr;
        let desk = Arc::<Mutex<Desk>>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&desk)));
        Self { addr, desk, _tasks: tasks }
    }

    /// Makes a plan known before its request is sent.
    pub(super) fn announce(&self, plan: &Arc<Exchange>) {
        locked(&self.desk).plans.insert(plan.id, Arc::clone(plan));
    }

    /// The request that came for a plan, which is then forgotten.
    pub(super) fn take(&self, id: u64) -> Option<Request> {
        let mut desk = locked(&self.desk);
        desk.plans.remove(&id);
        desk.seen.remove(&id)
    }
}

async fn accept(listener: Listener, desk: Arc<Mutex<Desk>>) {
    let mut connections = JoinSet::new();
    loop {
        let socket = listener.accept_when_called().await;
        connections.spawn(serve(socket, Arc::clone(&desk)));
        while connections.try_join_next().is_some() {}
    }
}

/// Answers until the other side leaves, or something comes that is no planned exchange.
async fn serve(mut connection: Connection, desk: Arc<Mutex<Desk>>) {
    while let Ok(request) = connection.request_when_sent().await {
        let id = request.head.value("x-exchange").and_then(|id| id.parse().ok());
        let plan = id.and_then(|id: u64| locked(&desk).plans.get(&id).cloned());
        let Some(plan) = plan else { return };
        locked(&desk).seen.insert(plan.id, request);
        let written = send_in_segments(&mut connection, &plan.response_bytes(), plan.id).await;
        if written.is_err() || plan.closes() {
            return;
        }
    }
}

/// Writes in up to five segments, cut anywhere.
pub(super) async fn send_in_segments(
    connection: &mut Connection,
    bytes: &[u8],
    id: u64,
) -> std::io::Result<()> {
    let mut rest = bytes;
    for length in Rng::of(id, bytes.len() as u64).parts(bytes.len(), 5) {
        let (segment, after) = rest.split_at(length);
        connection.try_send(segment).await?;
        yield_now().await;
        rest = after;
    }
    Ok(())
}

fn locked(desk: &Mutex<Desk>) -> std::sync::MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
