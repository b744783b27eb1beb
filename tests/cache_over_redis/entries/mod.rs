//! Entries of caches: one suite for the embedded store, a server and a node of a cluster; and what only a server shows.

mod caller;
mod contract;
mod near;
mod outages;
mod server;

use super::client::Client;
use caller::{Embedded, Store};
use contract::PROMISES;

/// Checks every promise on a store of its own. Fails once, with the names of all that are not kept.
fn check_all(make: &dyn Fn(usize) -> Box<dyn Store>) {
    let mut broken = Vec::new();
    for (number, (name, check)) in PROMISES.iter().enumerate() {
        let mut store = make(number);
        let kept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&mut *store)));
        if kept.is_err() {
            broken.push(*name);
        }
    }
    assert!(broken.is_empty(), "not kept: {}", broken.join(", "));
}

#[test]
fn the_embedded_store_keeps_every_promise() {
    check_all(&|_| Box::new(Embedded::new()));
}

#[test]
fn a_server_keeps_every_promise() {
    check_all(&|number| Box::new(Client::connect(&format!("entries-{number}"))));
}

#[test]
fn a_node_of_a_cluster_keeps_every_promise() {
    let probe = Client::connect_to_cluster("entries");
    check_all(&|number| Box::new(probe.beside(&format!("entries-{number}"))));
}
