//! Watches the topology of a cluster: which node serves which slots.
//!
//! The watcher asks the nodes in turn until one answers with a view at least as new as the last known one. A
//! node that was cut off has an older view, or none. See
//! <https://redis.io/docs/latest/commands/cluster-slots/> and
//! <https://redis.io/docs/latest/commands/cluster-info/>.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::dial::open;
use super::handshake::{Line, shake_hands};
use crate::config::{Config, Endpoint, Topology};
use crate::error::{Error, ErrorCode, Result};
use crate::lane::Node;
use crate::runtime::IoThread;

/// The interval between looks while no connection reports trouble...
const ASK_EVERY: Duration = Duration::from_secs(5);
/// ... and the shortest interval while one does: a failover is seen within it.
const ASK_AGAIN: Duration = Duration::from_millis(200);
/// The time that a node has to answer before the next node is asked.
const ANSWER_WITHIN: Duration = Duration::from_millis(500);

/// A cluster's shards as one node reported them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterView {
    epoch: u64,
    pub shards: Vec<Shard>,
}

/// A primary, its replicas and their slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    pub primary: Endpoint,
    pub replicas: Vec<Endpoint>,
    /// The first and last slot of each range.
    pub slots: Vec<(u16, u16)>,
}

/// Watches a cluster from the I/O thread. Dropping the watcher ends the watch.
#[derive(Debug)]
pub struct TopologyWatcher {
    requests: mpsc::UnboundedSender<WatcherRequest>,
}

#[derive(Debug)]
enum WatcherRequest {
    Look,
    WakeAt(Instant),
}

/// What the watcher reports.
#[derive(Debug)]
pub enum TopologyEvent {
    /// The slots have changed since the last report.
    View(ClusterView),
    /// No node could report the slots.
    Failed(Error),
    /// The time given to `wake_at` has come.
    Due,
}

impl TopologyWatcher {
    /// Starts the watch at once. The I/O thread calls `tell`.
    pub fn start(
        io: &IoThread,
        config: Config,
        tell: impl FnMut(TopologyEvent) + Send + 'static,
    ) -> TopologyWatcher {
        let (requests, wanted) = mpsc::unbounded_channel();
        io.spawn(look_out(config, wanted, tell));
        TopologyWatcher { requests }
    }

    /// Asks for a look within 200 ms, because a node was not where it was expected.
    pub fn look_again(&self) {
        // Fails only when the I/O thread has ended, and then nothing watches any more.
        let _ = self.requests.send(WatcherRequest::Look);
    }

    /// Asks for `TopologyEvent::Due` at this time. An earlier pending time stays.
    pub fn wake_at(&self, at: std::time::Instant) {
        // Fails only when the I/O thread has ended.
        let _ = self.requests.send(WatcherRequest::WakeAt(at.into()));
    }
}

async fn look_out(
    config: Config,
    mut wanted: mpsc::UnboundedReceiver<WatcherRequest>,
    mut tell: impl FnMut(TopologyEvent),
) {
    let mut known: Option<ClusterView> = None;
    let (mut next_look, mut wake_at) = (Instant::now(), None::<Instant>);
    loop {
        tokio::select! {
            () = sleep_until(next_look) => {
                let asked = Instant::now();
                match look(&config, known.as_ref()).await {
                    Ok(view) if known.as_ref() == Some(&view) => {}
                    Ok(view) => {
                        known = Some(view.clone());
                        tell(TopologyEvent::View(view));
                    }
                    Err(error) => tell(TopologyEvent::Failed(error)),
                }
                next_look = asked + if known.is_some() { ASK_EVERY } else { ASK_AGAIN };
            }
            () = sleep_until(wake_at.unwrap_or(next_look)), if wake_at.is_some() => {
                wake_at = None;
                tell(TopologyEvent::Due);
            }
            request = wanted.recv() => match request {
                None => return,
                Some(WatcherRequest::Look) => next_look = next_look.min(Instant::now() + ASK_AGAIN),
                Some(WatcherRequest::WakeAt(at)) => wake_at = Some(wake_at.map_or(at, |known| known.min(at))),
            },
        }
    }
}

async fn look(config: &Config, known: Option<&ClusterView>) -> Result<ClusterView> {
    let Topology::Cluster { seeds } = config.topology() else {
        return Err(Error::new(ErrorCode::Config, "no cluster is configured"));
    };
    let nodes = known.iter().flat_map(|view| view.nodes()).chain(seeds);
    let (mut failure, mut older): (Option<Error>, Option<ClusterView>) = (None, None);
    for node in nodes {
        let asked = timeout(ANSWER_WITHIN, ask(config, node)).await;
        match asked.unwrap_or_else(|_| Err(silent(node))) {
            Ok(view) if known.is_none_or(|known| view.epoch >= known.epoch) => return Ok(view),
            Ok(view) => {
                let newest = older.take().filter(|older| older.epoch >= view.epoch);
                older = Some(newest.unwrap_or(view));
            }
            // A server's refusal says more than a failed connection to another server.
            Err(error) if failure.as_ref().is_none_or(|known| known.redis_code().is_none()) => {
                failure = Some(error);
            }
            Err(_) => {}
        }
    }
    older.ok_or_else(|| failure.unwrap_or_else(|| Error::new(ErrorCode::Connect, "no node is named")))
}

async fn ask(config: &Config, node: &Endpoint) -> Result<ClusterView> {
    let mut stream = open(config, node, ANSWER_WITHIN).await?;
    shake_hands(&mut stream, config, config.database, ANSWER_WITHIN).await?;
    let mut line = Line::new(&mut stream, ANSWER_WITHIN);
    let info = line.ask(&[b"CLUSTER", b"INFO"], text).await.map_err(|error| no_cluster(node, error))?;
    let field =
        |name: &str| info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim));
    let epoch = field("cluster_current_epoch").and_then(|epoch| epoch.parse().ok()).unwrap_or(0);
    let shards = line.ask(&[b"CLUSTER", b"SLOTS"], |slots| shards(slots, node)).await?;
    if shards.is_empty() {
        return Err(Error::new(
            ErrorCode::Connect,
            format!("{node} knows of no slots: it is in no cluster yet"),
        ));
    }
    Ok(ClusterView { epoch, shards })
}

impl ClusterView {
    fn nodes(&self) -> impl Iterator<Item = &Endpoint> {
        self.shards.iter().flat_map(|shard| std::iter::once(&shard.primary).chain(&shard.replicas))
    }
}

fn text(node: Node<'_>) -> String {
    match node {
        Node::Bulk(text) | Node::Status(text) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    }
}

/// Reads the reply of CLUSTER SLOTS: first slot, last slot, primary and replicas of each range.
fn shards(node: Node<'_>, asked: &Endpoint) -> Vec<Shard> {
    let mut shards: Vec<Shard> = Vec::new();
    let Node::Array(ranges) = node else { return shards };
    for range in ranges {
        let Node::Array(mut parts) = range else { continue };
        let (Some(Node::Integer(first)), Some(Node::Integer(last))) = (parts.next(), parts.next()) else {
            continue;
        };
        let (Ok(first), Ok(last)) = (u16::try_from(first), u16::try_from(last)) else { continue };
        let mut nodes = parts.filter_map(|node| endpoint(node, asked));
        let Some(primary) = nodes.next() else { continue };
        let replicas: Vec<Endpoint> = nodes.collect();
        match shards.iter_mut().find(|shard| shard.primary == primary) {
            Some(shard) => shard.slots.push((first, last)),
            None => shards.push(Shard { primary, replicas, slots: vec![(first, last)] }),
        }
    }
    shards
}

/// Reads a node's address and port. A node that does not know its own address gets the address that was
/// asked.
fn endpoint(node: Node<'_>, asked: &Endpoint) -> Option<Endpoint> {
    let Node::Array(mut parts) = node else { return None };
    let host = match parts.next()? {
        Node::Bulk(host) if !host.is_empty() && host != b"?" => String::from_utf8_lossy(host).into_owned(),
        _ => match asked {
            Endpoint::Tcp { host, .. } => host.clone(),
            Endpoint::Unix { .. } => return None,
        },
    };
    match parts.next()? {
        Node::Integer(port) => Some(Endpoint::Tcp { host, port: u16::try_from(port).ok()? }),
        _ => None,
    }
}

fn no_cluster(node: &Endpoint, error: Error) -> Error {
    match error.redis_code() {
        Some("ERR") => Error::reply(&format!("ERR {node} is no node of a cluster: {}", error.message())),
        _ => error,
    }
}

fn silent(node: &Endpoint) -> Error {
    let what = format!("{node} did not say within {} ms who has which slots", ANSWER_WITHIN.as_millis());
    Error::new(ErrorCode::Connect, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lane::Frame;

    #[test]
    fn ranges_of_one_primary_are_one_shard_and_an_unknown_address_is_the_one_asked() {
        let reply = b"*3\r\n\
            *4\r\n:0\r\n:99\r\n*3\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n*3\r\n$1\r\nb\r\n:2\r\n$2\r\nid\r\n\
            *3\r\n:100\r\n:199\r\n*3\r\n$-1\r\n:3\r\n$2\r\nid\r\n\
            *3\r\n:300\r\n:16383\r\n*3\r\n$1\r\na\r\n:1\r\n$2\r\nid\r\n";
        let at = |host: &str, port| Endpoint::Tcp { host: host.to_owned(), port };
        let found = shards(Frame::new(reply).node(), &at("seed", 9));
        assert_eq!(
            found,
            [
                Shard {
                    primary: at("a", 1),
                    replicas: vec![at("b", 2)],
                    slots: vec![(0, 99), (300, 16_383)]
                },
                Shard { primary: at("seed", 3), replicas: vec![], slots: vec![(100, 199)] },
            ]
        );
    }
}
