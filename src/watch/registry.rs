//! The watch connections of the process: one for each store and primary.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::handle::Watch;
use crate::connection::Dialer;
use crate::near::{NearStore, NodeId};

/// Behind the client's name, so that `CLIENT LIST` shows which connection this is.
const NAME_SUFFIX: &str = "-near";

struct Row {
    store: Weak<NearStore>,
    node: NodeId,
    /// The address of a cluster's node; nothing where the configuration alone says where the server is.
    address: Option<String>,
    watch: Weak<Watch>,
}

static WATCHES: Mutex<Vec<Row>> = Mutex::new(Vec::new());

fn watches() -> MutexGuard<'static, Vec<Row>> {
    // Rows are complete when they are put in.
    WATCHES.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    /// The watch connection of this store to the server that `dialer` connects to now. It is dialled with the first
    /// wish.
    pub fn of(store: &Arc<NearStore>, dialer: &Dialer) -> Arc<Watch> {
        let address = dialer.member_address();
        let mut rows = watches();
        rows.retain(|row| row.watch.strong_count() > 0);
        let of_store = || rows.iter().filter(|row| std::ptr::eq(row.store.as_ptr(), Arc::as_ptr(store)));
        let known = of_store().find(|row| row.address == address).and_then(|row| row.watch.upgrade());
        if let Some(watch) = known {
            return watch;
        }
        let node = (0..NodeId::MAX).find(|node| of_store().all(|row| row.node != *node)).unwrap_or_default();
        let watch = Arc::new(Watch::new(store.clone(), node, dialer.with_resp3(NAME_SUFFIX)));
        rows.push(Row { store: Arc::downgrade(store), node, address, watch: Arc::downgrade(&watch) });
        watch
    }
}

/// The watch connections of a store, each with the address of its node in a cluster.
pub fn watches_of(store: &Arc<NearStore>) -> Vec<(Option<String>, Arc<Watch>)> {
    let rows = watches();
    let of_store = rows.iter().filter(|row| std::ptr::eq(row.store.as_ptr(), Arc::as_ptr(store)));
    of_store.filter_map(|row| Some((row.address.clone(), row.watch.upgrade()?))).collect()
}

/// Ends the sessions of a store: none of its copies answers any more.
pub fn restart_sessions(store: &Arc<NearStore>) {
    watches_of(store).iter().for_each(|(_, watch)| watch.restart_session());
}
