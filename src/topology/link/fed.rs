//! A Link whose bytes JavaScript moves: over a stream of Node.

use std::time::Instant;

use super::{Caller, Told};
use crate::connection::Bytes;
use crate::error::Result;
use crate::redis::{Addresses, Failure, Link, Listener, Meter, Moving, Outcome, RawCall, Sink};
use crate::topology::driver::LinkDriver;

/// The driver of one such Link.
#[derive(Default)]
pub struct LinkFed {
    link: Link<Caller>,
}

impl LinkFed {
    pub fn meter(&self) -> &Meter {
        self.link.meter()
    }

    /// The stream stands.
    pub fn connected(&mut self, sink: &mut dyn Sink) {
        self.link.connected(&Addresses::default(), &mut Told(sink));
    }

    /// Takes in what the stream has read.
    ///
    /// # Errors
    /// The stream is of no use any more.
    pub fn received(&mut self, mut bytes: &[u8], now: Instant, sink: &mut dyn Sink) -> Result<()> {
        let mut told = Told(sink);
        let mut moving = Moving { link: &mut self.link, listener: &mut told };
        while !bytes.is_empty() {
            let room = moving.read_room();
            let count = room.len().min(bytes.len());
            let (now_read, rest) = bytes.split_at(count);
            room[..count].copy_from_slice(now_read);
            moving.received(count, now)?;
            bytes = rest;
        }
        Ok(())
    }

    /// Gives what the stream is to write, which counts as sent.
    pub fn take_unsent<R>(&mut self, sink: &mut dyn Sink, take: impl FnOnce(&[u8]) -> R) -> R {
        let mut told = Told(sink);
        let mut moving = Moving { link: &mut self.link, listener: &mut told };
        let unsent = moving.unsent();
        let (count, taken) = (unsent.len(), take(unsent));
        if count > 0 {
            moving.sent(count);
        }
        taken
    }

    /// The stream is closed.
    pub fn lose(&mut self, failure: Option<&Failure>, sink: &mut dyn Sink) {
        let mut told = Told(sink);
        if self.link.close(failure, &mut told) {
            told.closed();
        }
    }
}

impl LinkDriver for LinkFed {
    fn name(&self) -> &'static str {
        "stream"
    }

    fn call(&mut self, call: &RawCall<'_>, call_id: u32, now: Instant, sink: &mut dyn Sink) {
        match Caller::of(call, call_id) {
            Ok((caller, words)) => self.link.request(caller, words, now, &mut Told(sink)),
            Err(error) => sink.settle(call_id, Outcome::Failed(error)),
        }
    }

    /// JavaScript takes what is to be written.
    fn flush(&mut self, _now: Instant, _sink: &mut dyn Sink) {}

    fn awake(&mut self, _now: Instant, _sink: &mut dyn Sink) {}

    fn has_died(&self) -> bool {
        false
    }

    fn close(mut self, sink: &mut dyn Sink) {
        self.lose(None, sink);
    }
}
