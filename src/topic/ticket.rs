//! What travels with a request of topics.

use std::time::Duration;

use crate::redis::PendingRequest;

/// A request of topics that waits for its reply.
pub type TopicRequest = PendingRequest<TopicTicket>;

#[derive(Debug)]
pub struct TopicTicket(pub(super) Purpose);

#[derive(Debug)]
pub(super) enum Purpose {
    /// A message that nobody keeps.
    Tell,
    Publish {
        /// What goes to the journal where Redis does not take it.
        kept: Option<Box<Kept>>,
    },
    Read,
}

/// A message as the journal keeps it.
#[derive(Debug)]
pub(super) struct Kept {
    pub name: Vec<u8>,
    pub request: Vec<u8>,
    pub life: Duration,
}
