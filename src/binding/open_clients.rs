//! The open clients of one environment, by the numbers that JavaScript knows them by.
//!
//! All clients share one set of native functions, which take the number first. A client with functions of its own would
//! leave V8 a dozen objects with finalizers: those survive the collections of young objects, which makes V8 grow the
//! space for them with each connection that comes and goes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::client_handle::ClientHandle;

/// The clients that nobody has closed. What is not among them was closed.
#[derive(Default)]
pub struct OpenClients {
    by_number: RefCell<BTreeMap<i64, Rc<ClientHandle>>>,
    last_number: Cell<i64>,
}

impl OpenClients {
    /// Takes a client in. No number is ever used again, so a caller who is late reaches nobody else's client.
    pub fn add(&self, handle: Rc<ClientHandle>) -> i64 {
        let number = self.last_number.get() + 1;
        self.last_number.set(number);
        self.by_number.borrow_mut().insert(number, handle);
        number
    }

    pub fn find(&self, number: i64) -> Option<Rc<ClientHandle>> {
        self.by_number.borrow().get(&number).cloned()
    }

    /// Forgets a client that was closed.
    pub fn remove(&self, number: i64) {
        let removed = self.by_number.borrow_mut().remove(&number);
        // Its end may lead back here, so it comes after the borrow's.
        drop(removed);
    }
}
