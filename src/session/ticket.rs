//! What travels with a request of sessions.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::id::{Hash, Id, Ref, Tag};
use super::open::Open;
use crate::error::Result;
use crate::redis::PendingRequest;

/// A request of sessions that waits for its reply.
pub type SessionRequest = PendingRequest<SessionTicket>;

#[derive(Debug)]
pub struct SessionTicket(pub(super) Box<Asked>);

#[derive(Debug)]
pub(super) struct Asked {
    /// `None` for the time of a flight.
    pub open: Option<Arc<Open>>,
    pub purpose: Purpose,
}

#[derive(Debug)]
pub(super) enum Purpose {
    Time(FlightTime),
    Read(Box<Read>),
    /// One that cannot be is not in the request.
    Create(Box<[Result<Made>]>),
    Update,
    Rotate {
        from: Id,
        to: Id,
    },
    Touch,
    /// Nobody waits for it.
    Aside,
    /// What names no session is not in the request.
    Destroy(Box<[Option<Ref>]>),
    Revoke {
        tag: Tag,
        kept: Vec<Hash>,
    },
    List {
        tag: Tag,
    },
    Count,
    /// How many sessions of a user live, and how many have ended.
    CountTag,
    Page,
}

/// A session that Redis was asked to create. Its `Debug` shows nothing of a user.
pub(super) struct Made {
    pub id: Id,
    pub about: String,
    pub idle_ms: i64,
    pub life_ms: i64,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Made")
    }
}

/// A read of a session, at one of the aliases on the way or at its end.
#[derive(Debug)]
pub(super) struct Read {
    pub at: Id,
    pub hops: usize,
    pub time: FlightTime,
    /// Whether the time was asked for once more.
    pub asks_again: bool,
    pub fingerprint: Option<Box<[u8]>>,
    pub touches: bool,
}

/// The server's time when a flight of reads arrived, in ms. Its reply comes in front of theirs.
#[derive(Debug, Clone, Default)]
pub(super) struct FlightTime(Arc<AtomicI64>);

impl FlightTime {
    pub fn at(ms: i64) -> FlightTime {
        FlightTime(Arc::new(AtomicI64::new(ms)))
    }

    pub fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::Relaxed);
    }

    /// `None`: the server has not told it.
    pub fn ms(&self) -> Option<i64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|ms| *ms > 0)
    }
}
