//! What an answer means to the request that it meets, and what it means that none came.

use std::borrow::Cow;
use std::time::Instant;

use super::error_policy::ErrorPolicy;
use super::feature::{Feature, FollowUp, Followed, Further, of_feature};
use super::fence::Fence;
use super::node::Node;
use super::outcome::{Outcome, RequestSink};
use super::pending::{NOBODY, Pending, Ticket};
use super::raw::{database_after, transaction_refused};
use super::redirect::{Redirected, Redirection, redirection};
use crate::command::only_reads;
use crate::connection::connection_confused;
use crate::error::Error;
use crate::lane::{Answer, Arguments, Batch, Frame, Node as Reply, Requests};

/// A request whose answer has come.
pub(super) struct Arrived<'r, T> {
    pub pending: Pending<T>,
    pub request: &'r [u8],
    pub now: Instant,
}

/// What one read tells of the connection.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Why it is of no use any more.
    pub unusable: Option<Error>,
    /// The breaker's question was answered.
    pub is_probe_answered: bool,
}

/// Takes the answer of one request in. Requests that follow from it go into `next`.
pub(super) fn answered<F: Feature>(
    feature: &F,
    arrived: Arrived<'_, F::Ticket>,
    answer: Answer<'_>,
    next: &mut Batch<Pending<F::Ticket>>,
    learned: &mut Learned,
    sink: &mut dyn RequestSink<F::Ticket>,
) {
    if let Some(error) = refusal::<F>(&arrived.pending, &answer) {
        return refused(feature, arrived, error, next, learned, sink);
    }
    let Answer::Frame(frame) = answer else { return };
    let Arrived { pending, request, now } = arrived;
    if !is_expected::<F>(&pending.ticket, frame) {
        // Who answers this has lost count of its replies, or is no Redis: none of its answers can be trusted.
        let error = connection_confused();
        learned.unusable.get_or_insert_with(|| error.clone());
        return give_up(feature, pending, request, &error, true, now, sink);
    }
    let call_id = pending.call_id;
    let outcome = replied(feature, Arrived { pending, request, now }, frame, next, learned);
    settle(outcome, call_id, sink);
}

fn settle<T>(outcome: Option<Outcome<'_>>, call_id: u32, sink: &mut dyn RequestSink<T>) {
    if let Some(outcome) = outcome
        && call_id != NOBODY
    {
        sink.settle(call_id, outcome);
    }
}

/// The error that an answer is, or has inside.
fn refusal<F: Feature>(pending: &Pending<F::Ticket>, answer: &Answer<'_>) -> Option<Error> {
    match answer {
        Answer::Refused(line) => {
            let error = Error::reply(line);
            let is_followed = redirection(&error, pending).is_some();
            Some(match pending.ticket {
                Ticket::Transaction(_) if !is_followed => transaction_refused(line),
                _ => error,
            })
        }
        Answer::Frame(frame) => match (&pending.ticket, frame.error()) {
            (_, Some(line)) => Some(Error::reply(&line)),
            (Ticket::Feature(ticket), None) => F::error_in(ticket, *frame).map(|line| Error::reply(&line)),
            _ => None,
        },
    }
}

fn replied<'a, F: Feature>(
    feature: &F,
    Arrived { pending, request, now }: Arrived<'_, F::Ticket>,
    frame: Frame<'a>,
    next: &mut Batch<Pending<F::Ticket>>,
    learned: &mut Learned,
) -> Option<Outcome<'a>> {
    let node = feature.node();
    if pending.selects
        && let Some(database) = database_after(request, frame)
    {
        node.dialer().select(database);
    }
    let elapsed = now.saturating_duration_since(pending.issued);
    let (bare, ticket) = pending.split();
    match ticket {
        Ticket::Feature(ticket) => {
            let requests = Further { requests: next, is_asking: bare.is_asking };
            let mut follow_up = FollowUp { requests, unusable: &mut learned.unusable };
            feature.replied(bare.with(ticket), frame, request, now, &mut follow_up)
        }
        Ticket::Command(format) => {
            node.learn_size(request, frame.bytes().len());
            node.health().command(elapsed);
            Some(Outcome::Reply(Cow::Borrowed(frame.bytes()), format))
        }
        Ticket::Blocking(format) => {
            node.health().command(elapsed);
            Some(Outcome::Reply(Cow::Borrowed(frame.bytes()), format))
        }
        Ticket::Transaction(formats) => {
            node.health().command(elapsed);
            Some(match frame.node() {
                // A key that was watched has changed.
                Reply::Null => Outcome::Null,
                _ => Outcome::Replies(Cow::Borrowed(frame.bytes()), formats),
            })
        }
        Ticket::Ask | Ticket::Asking => None,
        Ticket::Probe => {
            learned.is_probe_answered = true;
            None
        }
        Ticket::Fence(fence) => {
            match fence.advance() {
                Some(fence) => push_fence(node, fence, now, next),
                None => feature.fence_passed(now, &mut of_feature(next)),
            }
            None
        }
    }
}

/// The server answered with an error.
fn refused<F: Feature>(
    feature: &F,
    Arrived { pending, request, now }: Arrived<'_, F::Ticket>,
    error: Error,
    next: &mut Batch<Pending<F::Ticket>>,
    learned: &mut Learned,
    sink: &mut dyn RequestSink<F::Ticket>,
) {
    let node = feature.node();
    let Some(pending) = redirect(feature, pending, &error, request, now, sink) else { return };
    let policy = ErrorPolicy::of(&error);
    if policy == ErrorPolicy::Replace {
        learned.unusable.get_or_insert_with(|| error.clone());
    }
    let call_id = pending.call_id;
    let (bare, ticket) = pending.split();
    let outcome = match ticket {
        Ticket::Feature(ticket) => {
            let requests = Further { requests: next, is_asking: bare.is_asking };
            let mut follow_up = FollowUp { requests, unusable: &mut learned.unusable };
            feature.refused(bare.with(ticket), error, request, now, &mut follow_up)
        }
        // The primary may be well.
        Ticket::Command(_) if policy == ErrorPolicy::Replace && node.reads_replicas() => {
            return give_up(feature, bare.with(ticket), request, &error, false, now, sink);
        }
        // The caller's own mistakes (WRONGTYPE, a wrong arity) say nothing of the server.
        Ticket::Command(_) | Ticket::Blocking(_) | Ticket::Transaction(_) => Some(Outcome::Failed(error)),
        // Who may not look at connections replays without a fence.
        Ticket::Fence(_) => {
            feature.fence_passed(now, &mut of_feature(next));
            None
        }
        Ticket::Probe => {
            learned.is_probe_answered = true;
            None
        }
        Ticket::Ask | Ticket::Asking => None,
    };
    settle(outcome, call_id, sink);
}

/// Sends a refused request where another node of the cluster says, or gives it back.
fn redirect<F: Feature>(
    feature: &F,
    pending: Pending<F::Ticket>,
    error: &Error,
    request: &[u8],
    now: Instant,
    sink: &mut dyn RequestSink<F::Ticket>,
) -> Option<Pending<F::Ticket>> {
    if !feature.node().is_in_cluster() {
        return Some(pending);
    }
    let Some(to) = redirection(error, &pending) else { return Some(pending) };
    let (bare, ticket) = pending.split();
    let (pending, followed) = match ticket {
        Ticket::Feature(ticket) => {
            let (own, followed) = feature.follows(bare.with(ticket), &to, request);
            let (bare, ticket) = own.split();
            (bare.with(Ticket::Feature(ticket)), followed)
        }
        ticket => (bare.with(ticket), Followed::Yes),
    };
    match followed {
        Followed::No => return Some(pending),
        Followed::AnsweredHere => give_up(feature, pending, request, error, false, now, sink),
        Followed::Yes => sink.redirect(Redirected { to, pending, request: request.to_vec() }),
    }
    None
}

/// Ends a request that Redis did not answer. `is_in_doubt`: it was sent, and may have run.
pub fn give_up<F: Feature>(
    feature: &F,
    pending: Pending<F::Ticket>,
    request: &[u8],
    error: &Error,
    is_in_doubt: bool,
    now: Instant,
    sink: &mut dyn RequestSink<F::Ticket>,
) {
    let call_id = pending.call_id;
    let outcome = match pending.ticket {
        Ticket::Command(_) if feature.node().reads_replicas() => {
            let to = Redirection::Owner;
            return sink.redirect(Redirected { to, pending, request: request.to_vec() });
        }
        Ticket::Command(_) | Ticket::Blocking(_) | Ticket::Transaction(_) => {
            Some(Outcome::Failed(error.clone()))
        }
        Ticket::Feature(_) => {
            let (bare, ticket) = pending.split();
            let Ticket::Feature(ticket) = ticket else { return };
            feature.lost(bare.with(ticket), request, error, is_in_doubt, now)
        }
        Ticket::Fence(_) | Ticket::Ask | Ticket::Asking | Ticket::Probe => None,
    };
    settle(outcome, call_id, sink);
}

/// Whether a reply is of a type that its request can have.
fn is_expected<F: Feature>(ticket: &Ticket<F::Ticket>, frame: Frame<'_>) -> bool {
    match ticket {
        Ticket::Feature(ticket) => F::is_expected(ticket, frame),
        Ticket::Transaction(_) => matches!(frame.node(), Reply::Array(_) | Reply::Null),
        // RESP2's subscribed connections answer PING with an array.
        Ticket::Ask | Ticket::Asking | Ticket::Probe => {
            matches!(frame.node(), Reply::Status(_) | Reply::Array(_))
        }
        Ticket::Command(_) | Ticket::Blocking(_) | Ticket::Fence(_) => true,
    }
}

/// Asks the server to end an earlier connection.
pub(super) fn push_fence<T>(node: &Node, fence: Fence, now: Instant, out: &mut impl Requests<Pending<T>>) {
    let from = out.buffer().len();
    let replies = fence.append(out.buffer());
    out.commit(from, replies, Pending::unasked(Ticket::Fence(Box::new(fence)), now), node.deadline(now));
}

/// A command that only reads, or chooses the database: whether it has run before makes no difference.
pub(super) fn may_run_twice<T>(pending: &Pending<T>, request: &[u8]) -> bool {
    if pending.selects {
        return matches!(pending.ticket, Ticket::Command(_));
    }
    let words: Vec<&[u8]> = Arguments::new(request).take(2).collect();
    matches!(pending.ticket, Ticket::Command(_)) && only_reads(&words)
}
