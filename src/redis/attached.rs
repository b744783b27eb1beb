//! A multiplexed connection as drivers see it.

use std::time::Instant;

use super::feature::Feature;
use super::multiplexed::MultiplexedConnection;
use super::outcome::RequestSink;
use super::pending::Pending;
use crate::connection::{Bytes, ConnectionHandler, ServerInfo};
use crate::error::{Error, Result};
use crate::lane::Batch;

/// A connection and who is told its outcomes, as a driver wants them.
pub struct Attached<'c, F: Feature, S> {
    connection: &'c mut MultiplexedConnection<F>,
    sink: S,
}

impl<'c, F: Feature, S: RequestSink<F::Ticket>> Attached<'c, F, S> {
    pub fn new(connection: &'c mut MultiplexedConnection<F>, sink: S) -> Self {
        Attached { connection, sink }
    }

    pub fn sink_mut(&mut self) -> &mut S {
        &mut self.sink
    }

    pub fn pending_bytes(&self) -> usize {
        self.connection.pending_bytes()
    }

    pub fn append(&mut self, batch: &mut Batch<Pending<F::Ticket>>, now: Instant) {
        self.connection.append(batch, now, &mut self.sink);
    }

    pub fn close(&mut self) {
        self.connection.close(&mut self.sink);
    }
}

impl<F: Feature, S: RequestSink<F::Ticket>> Bytes for Attached<'_, F, S> {
    fn unsent(&self) -> &[u8] {
        self.connection.unsent()
    }

    fn sent(&mut self, count: usize) {
        self.connection.sent(count);
    }

    fn read_room(&mut self) -> &mut [u8] {
        self.connection.read_room()
    }

    fn read_nothing(&mut self) {
        self.connection.read_nothing();
    }

    fn received(&mut self, count: usize, now: Instant) -> Result<()> {
        self.connection.received(count, now, &mut self.sink)
    }
}

impl<F: Feature, S: RequestSink<F::Ticket>> ConnectionHandler for Attached<'_, F, S> {
    fn connected(&mut self, server: &ServerInfo, now: Instant) {
        self.connection.connected(server, now);
    }

    fn attempt_failed(&mut self, error: Error, attempt: u32, now: Instant) {
        self.connection.attempt_failed(error, attempt, now, &mut self.sink);
    }

    fn disconnected(&mut self, error: Error, now: Instant) {
        self.connection.disconnected(error, now, &mut self.sink);
    }

    fn next_deadline(&self) -> Option<Instant> {
        self.connection.next_deadline()
    }

    fn expire(&mut self, now: Instant) -> Option<Error> {
        self.connection.expire(now, &mut self.sink)
    }
}
