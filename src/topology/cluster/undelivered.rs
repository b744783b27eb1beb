//! Outcomes of members that go to no caller as they are: parts of a call, and redirections.

use super::fan_out::FanOut;
use crate::features::RoomTicket;
use crate::redis::{Outcome, RequestSink, Sink};
use crate::topology::driver::{NodeSink, Redirected};

#[derive(Default)]
pub(super) struct Undelivered {
    pub fan_out: FanOut,
    pub redirected: Vec<Redirected>,
}

/// Keeps back what is not for the caller.
pub(super) struct Sorting<'s> {
    pub undelivered: &'s mut Undelivered,
    pub sink: &'s mut dyn NodeSink,
}

impl Sink for Sorting<'_> {
    fn settle(&mut self, call_id: u32, outcome: Outcome<'_>) {
        self.undelivered.fan_out.settle(call_id, outcome, self.sink);
    }
}

impl RequestSink<RoomTicket> for Sorting<'_> {
    fn redirect(&mut self, redirected: Redirected) {
        self.undelivered.redirected.push(redirected);
    }
}
