//! How a whole cluster is, of which each node has a state of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::health::{Event, Health, State};

/// The nodes' healths, and the one that callers look at.
pub struct ClusterHealth {
    front: Arc<Health>,
    // Held while states are read, on whichever thread a node's changes.
    nodes: Mutex<Vec<Option<Arc<Health>>>>,
}

impl ClusterHealth {
    pub fn new(front: Arc<Health>) -> ClusterHealth {
        ClusterHealth { front, nodes: Mutex::default() }
    }

    /// Listens to a node.
    pub fn add(self: &Arc<Self>, position: usize, node: &Arc<Health>) {
        let mut nodes = self.nodes();
        if nodes.len() <= position {
            nodes.resize(position + 1, None);
        }
        nodes[position] = Some(node.clone());
        drop(nodes);
        let cluster_health = Arc::downgrade(self);
        node.listen(move |event, detail| {
            let Some(cluster_health) = cluster_health.upgrade() else { return };
            match event {
                Event::Error => {
                    if let Some(code) = detail["code"].as_str() {
                        cluster_health.front.remember(code);
                    }
                    cluster_health.front.tell(event, detail);
                }
                Event::Replay => cluster_health.front.tell(event, detail),
                // The states of the nodes are no events of the cluster's.
                _ => cluster_health.review(),
            }
        });
    }

    pub fn remove(&self, position: usize) {
        if let Some(node) = self.nodes().get_mut(position) {
            *node = None;
        }
        self.review();
    }

    /// The nodes are about to close, which is no outage.
    pub fn close(&self) {
        self.nodes().clear();
    }

    /// Whether a node is away, so that the map of slots may be about to change.
    pub fn is_unwell(&self) -> bool {
        self.nodes().iter().flatten().any(|node| node.state() == State::Degraded)
    }

    /// What is true of any node that matters is true of the whole.
    fn review(&self) {
        let states: Vec<State> = self.nodes().iter().flatten().map(|node| node.state()).collect();
        let has = |state| states.contains(&state);
        let cluster_health = if has(State::Degraded) {
            State::Degraded
        } else if has(State::Recovering) {
            State::Recovering
        } else if has(State::Ready) {
            State::Ready
        } else {
            return;
        };
        self.front.enter(cluster_health);
    }

    fn nodes(&self) -> MutexGuard<'_, Vec<Option<Arc<Health>>>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
