//! What travels with a request of this room.

use std::sync::Arc;

use super::caches::Cache;
use super::call::Phase;
use super::clearing::Clearing;
use super::near::Involvement;
use super::options::EarlyRefresh;
use super::request::Sent;
use crate::health::Seat;
use crate::outage::pending_fill::PendingFill;
use crate::outage::replay::Replay;

/// A request of this room. The room above makes its own ticket of it.
#[derive(Debug)]
pub struct Ticket {
    /// The order of the client's calls.
    pub sequence: u64,
    pub(super) cache: Arc<Cache>,
    pub(super) early: EarlyRefresh,
    pub(super) purpose: Purpose,
    /// Dropped when the outcome is known.
    pub(super) near: Involvement,
    /// Where the call is counted.
    pub seat: Seat,
}

#[derive(Debug)]
pub(super) enum Purpose {
    /// GET alone.
    Get {
        is_bare: bool,
        /// With these known tags the lease is taken next, if nothing fresh is there.
        takes: Option<Box<[Vec<u8>]>>,
    },
    /// With lifetime and tags.
    Look {
        is_bare: bool,
    },
    Pull,
    Take {
        attempt: u32,
        /// Nobody has looked before.
        is_first: bool,
    },
    Fill,
    /// The lease is given up, because there is nothing to keep.
    FillNothing,
    Renew,
    Fail,
    Set,
    Drop,
    Tags {
        is_soft: bool,
    },
    Clear(Box<Clearing>),
    Keys,
    Guard {
        phase: Phase,
    },
    /// The server is told a script.
    Load,
}

/// The ticket of the room above.
pub trait Carries: From<Box<Ticket>> + From<Box<Replay>> + From<Box<PendingFill>> {}

impl<T: From<Box<Ticket>> + From<Box<Replay>> + From<Box<PendingFill>>> Carries for T {}

impl Ticket {
    /// Whether a caller waits for it, so that journal and memory have to do with it.
    pub fn is_for_caller(&self) -> bool {
        match &self.purpose {
            Purpose::Clear(clearing) => !clearing.is_replayed(),
            Purpose::Load => false,
            _ => true,
        }
    }

    /// The entries that a request is about, and the records of tags.
    pub(super) fn keys_of<'r>(&self, sent: &Sent<'r>) -> (Vec<&'r [u8]>, Vec<&'r [u8]>) {
        let from = |position: usize| sent.keys.iter().copied().skip(position).collect();
        match &self.purpose {
            Purpose::Get { .. } | Purpose::Look { .. } | Purpose::Pull | Purpose::Drop => {
                (vec![sent.key(0)], Vec::new())
            }
            Purpose::Take { .. } => (vec![sent.key(0)], from(3)),
            Purpose::Fill | Purpose::Set => (vec![sent.key(0)], from(5)),
            Purpose::Tags { .. } => (Vec::new(), sent.keys.clone()),
            Purpose::Guard { .. } => {
                let tags = sent.number(2).max(0) as usize;
                let rest: Vec<_> = from(1);
                let (records, entries) = rest.split_at_checked(tags).unwrap_or_default();
                (entries.iter().copied().step_by(2).collect(), records.to_vec())
            }
            Purpose::FillNothing
            | Purpose::Renew
            | Purpose::Fail
            | Purpose::Clear(_)
            | Purpose::Keys
            | Purpose::Load => (Vec::new(), Vec::new()),
        }
    }

    /// Whether the answer is a value that was read.
    pub fn reads_value(&self) -> bool {
        matches!(
            self.purpose,
            Purpose::Get { .. } | Purpose::Look { .. } | Purpose::Pull | Purpose::Take { is_first: true, .. }
        )
    }

    pub(super) fn is_read(&self) -> bool {
        matches!(
            self.purpose,
            Purpose::Get { .. } | Purpose::Look { .. } | Purpose::Take { .. } | Purpose::Keys
        )
    }
}
