//! The clients of this process by the data that they use: each has memory and a journal of its own.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use super::keeper::Keeper;

type Clients = HashMap<Arc<str>, Vec<Weak<dyn Keeper>>>;

static CLIENTS: LazyLock<Mutex<Clients>> = LazyLock::new(Mutex::default);

/// Parts of a client of this data are open. Those of closed clients are let go of.
pub fn joined(data: &Arc<str>, keepers: impl IntoIterator<Item = Arc<dyn Keeper>>) {
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    clients.retain(|_, keepers| {
        keepers.retain(|keeper| keeper.strong_count() > 0);
        !keepers.is_empty()
    });
    let known = clients.entry(data.clone()).or_default();
    known.extend(keepers.into_iter().map(|keeper| Arc::downgrade(&keeper)));
}

/// All parts of clients that use this data.
pub fn keepers_of(data: &str) -> Vec<Arc<dyn Keeper>> {
    let clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    clients.get(data).into_iter().flatten().filter_map(Weak::upgrade).collect()
}
