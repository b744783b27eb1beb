//! What a cluster's node says of requests that are not for it, and where they go next.
//!
//! See <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding>.

use std::time::{Duration, Instant};

use super::node::Node;
use super::pending::{Pending, Ticket};
use super::raw::{patience, replies_of};
use super::slots::slot_of_request;
use crate::command::only_reads;
use crate::error::Error;
use crate::lane::{Arguments, Requests, append_command};

/// A request that moves with its slot settles sooner or later; one that moves more often goes round in circles.
const MAX_REDIRECTIONS: u8 = 16;
/// How long a request waits before it is sent once more to where it was refused.
pub const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// As long as ioredis goes on: `maxRedirections` (16) times `retryDelayOnClusterDown` (100 ms). An election takes less.
const CLUSTER_BACK_WITHIN: Duration = Duration::from_millis(1600);
const MAX_DOWN: u8 = (CLUSTER_BACK_WITHIN.as_millis() / AGAIN_AFTER.as_millis()) as u8;
const SLOT_IS_MOVING: &str =
    "TRYAGAIN the keys were on two nodes until the call's time was up: their slot is moving";
/// How a node that serves its own slots says that one is nobody's.
const SLOT_OF_NOBODY: &str = "CLUSTERDOWN Hash slot not served";

/// Where a request is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirection {
    /// The slot is there for good.
    Moved { slot: u16, host: String, port: u16 },
    /// This one key is there already.
    Ask { host: String, port: u16 },
    /// Some of its keys are here and some there: later.
    TryAgain,
    /// The node serves nothing, or nobody has the slot, in its own words: it was not run.
    Down { said: String },
    /// Nothing was sent: to whom the slot belongs.
    Owner,
}

impl Redirection {
    /// How far round in circles it may be. To ask the same node once more is no step.
    fn steps(&self) -> u8 {
        u8::from(matches!(self, Redirection::Moved { .. } | Redirection::Ask { .. }))
    }
}

/// A request that another node must answer.
#[derive(Debug)]
pub struct Redirected<T> {
    pub to: Redirection,
    pub pending: Pending<T>,
    pub request: Vec<u8>,
}

impl<T> Redirected<T> {
    /// A request that was prepared and not sent.
    pub fn unsent(pending: Pending<T>, request: Vec<u8>) -> Redirected<T> {
        Redirected { to: Redirection::Owner, pending, request }
    }

    pub fn is_transaction(&self) -> bool {
        matches!(self.pending.ticket, Ticket::Transaction(_))
    }

    /// Whether its slot is nobody's, while the cluster is well otherwise.
    pub fn is_nobodys(&self) -> bool {
        matches!(&self.to, Redirection::Down { said } if said.starts_with(SLOT_OF_NOBODY))
    }

    /// Whether a cluster has refused it as long as one waits for that.
    pub fn has_waited_enough(&self) -> bool {
        matches!(self.to, Redirection::Down { .. }) && self.pending.times_down >= MAX_DOWN
    }

    /// Whether it only reads, and a cluster that was down has refused it.
    pub fn is_read_again(&self) -> bool {
        let words: Vec<&[u8]> = Arguments::new(&self.request).take(2).collect();
        self.pending.times_down > 0 && matches!(self.pending.ticket, Ticket::Command(_)) && only_reads(&words)
    }

    /// The same, for whoever has its slot then.
    pub fn once_more(self) -> Redirected<T> {
        let is_down = u8::from(matches!(self.to, Redirection::Down { .. }));
        let times_down = self.pending.times_down.saturating_add(is_down);
        let redirections = self.pending.redirections.saturating_add(self.to.steps());
        let pending = Pending { redirections, times_down, ..self.pending };
        Redirected { to: Redirection::Owner, pending, request: self.request }
    }

    /// Until when it may take if it is sent at `from`: one that blocks begins to wait anew.
    pub fn deadline(&self, node: &Node, from: Instant) -> Instant {
        match self.pending.ticket {
            Ticket::Blocking(_) => {
                let words: Vec<&[u8]> = Arguments::new(&self.request).collect();
                patience(node, &words, from)
            }
            _ => self.pending.deadline(node),
        }
    }

    /// What its caller is told where it is not sent any more.
    pub fn error(&self) -> Error {
        Error::reply(match &self.to {
            Redirection::Down { said } => said,
            _ => SLOT_IS_MOVING,
        })
    }

    /// The slot of what it is about; `None` where it names no key.
    pub fn slot(&self) -> Option<u16> {
        if let Redirection::Moved { slot, .. } = self.to {
            return Some(slot);
        }
        slot_of_request(&self.request)
    }

    /// Appends the request for the node that is to answer it.
    pub fn append(self, node: &Node, now: Instant, out: &mut impl Requests<Pending<T>>) {
        let deadline = self.deadline(node, now);
        let Redirected { to, pending, request } = self;
        let is_asking = matches!(to, Redirection::Ask { .. });
        if is_asking {
            push_asking(pending.issued, deadline, out);
        }
        let redirections = pending.redirections.saturating_add(to.steps());
        out.push(Pending { is_asking, redirections, ..pending }, deadline, |bytes| {
            bytes.extend_from_slice(&request);
            replies_of(&request)
        });
    }
}

/// Appends what makes a node carry out the next request, though it does not have the slot yet.
pub(super) fn push_asking<T>(issued: Instant, deadline: Instant, out: &mut impl Requests<Pending<T>>) {
    out.push(Pending::unasked(Ticket::Asking, issued), deadline, |bytes| {
        append_command(bytes, &[b"ASKING"]);
        1
    });
}

/// A script of a room has asked for a key that it did not name, and that has moved before the one that it named.
const NOT_HERE: &str = "attempted to access a non local key";

/// What a node's refusal says of where the request belongs. Nobody waits for housekeeping: it is not asked again.
pub(super) fn redirection<T>(error: &Error, pending: &Pending<T>) -> Option<Redirection> {
    if matches!(pending.ticket, Ticket::Feature(_)) && error.message().contains(NOT_HERE) {
        return Some(Redirection::TryAgain);
    }
    let code = error.redis_code()?;
    if !matches!(code, "MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN") {
        return None;
    }
    if !pending.may_wait() && !matches!(pending.ticket, Ticket::Feature(_)) {
        return None;
    }
    if code == "CLUSTERDOWN" {
        // The calls of other rooms have an answer without the cluster.
        let said = error.message().to_owned();
        return pending.may_wait().then_some(Redirection::Down { said });
    }
    // That one ends at the call's deadline.
    if code == "TRYAGAIN" {
        return Some(Redirection::TryAgain);
    }
    if pending.redirections >= MAX_REDIRECTIONS {
        return None;
    }
    let mut words = error.message().split(' ').skip_while(|word| *word != code).skip(1);
    let slot = words.next()?.parse().ok()?;
    // An IPv6 address has colons of its own.
    let (host, port) = words.next()?.rsplit_once(':')?;
    let (host, port) = (host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?);
    Some(match code {
        "MOVED" => Redirection::Moved { slot, host, port },
        _ => Redirection::Ask { host, port },
    })
}
