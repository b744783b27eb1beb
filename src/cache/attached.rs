//! An exchange as drivers see it.

use std::borrow::BorrowMut;
use std::time::Instant;

use super::exchange::{Exchange, Sink};
use super::token::Token;
use crate::connection::{Bytes, ServerInfo, Traffic};
use crate::error::{Error, Result};
use crate::lane::Batch;

/// An exchange and who is told its outcomes, as a driver wants them.
#[derive(Debug)]
pub struct Attached<E, S> {
    exchange: E,
    sink: S,
}

impl<E: BorrowMut<Exchange>, S: Sink> Attached<E, S> {
    pub fn new(exchange: E, sink: S) -> Self {
        Attached { exchange, sink }
    }

    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    pub fn pending_bytes(&self) -> usize {
        self.exchange.borrow().pending_bytes()
    }

    pub fn append(&mut self, batch: &mut Batch<Token>, now: Instant) {
        self.exchange.borrow_mut().append(batch, now, &mut self.sink);
    }

    pub fn close(&mut self) {
        self.exchange.borrow_mut().close(&mut self.sink);
    }
}

impl<E: BorrowMut<Exchange>, S: Sink> Bytes for Attached<E, S> {
    fn unsent(&self) -> &[u8] {
        self.exchange.borrow().unsent()
    }

    fn sent(&mut self, count: usize) {
        self.exchange.borrow_mut().sent(count);
    }

    fn read_room(&mut self) -> &mut [u8] {
        self.exchange.borrow_mut().read_room()
    }

    fn read_nothing(&mut self) {
        self.exchange.borrow_mut().read_nothing();
    }

    fn received(&mut self, count: usize, now: Instant) -> Result<()> {
        self.exchange.borrow_mut().received(count, now, &mut self.sink)
    }
}

impl<E: BorrowMut<Exchange>, S: Sink> Traffic for Attached<E, S> {
    fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.exchange.borrow_mut().connected(server, now);
    }

    fn attempt_failed(&mut self, error: Error, attempt: u32, now: Instant) {
        self.exchange.borrow_mut().attempt_failed(error, attempt, now, &mut self.sink);
    }

    fn disconnected(&mut self, error: Error, now: Instant) {
        self.exchange.borrow_mut().disconnected(error, now, &mut self.sink);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.exchange.borrow().next_deadline()
    }

    fn expire(&mut self, now: Instant) -> Option<Error> {
        self.exchange.borrow_mut().expire(now, &mut self.sink)
    }
}
