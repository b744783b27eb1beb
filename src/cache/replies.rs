//! What a reply means, and what it means that none came.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::core::Core;
use super::fallback::attempt;
use super::legacy::Legacy;
use super::request::{HASH_SET_REPLIES, Operation, OperationKind};
use super::scripts::DROP_UNLESS_HASH;
use super::ticket::{CacheRequest, FollowedBy, Purpose, unasked};
use super::upkeep;
use crate::error::Error;
use crate::lane::{Frame, Node, Requests, append_command};
use crate::outage::{pending_fill, replay};
use crate::redis::{ErrorPolicy, FollowUp, Followed, Outcome, Redirection};

impl Core {
    /// The outcome of a request, or `None` where a further request was put into `follow_up` or nobody waits.
    pub(super) fn finish<'a>(
        &self,
        token: CacheRequest,
        frame: Frame<'a>,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<CacheRequest>>,
    ) -> Option<Outcome<'a>> {
        let owner = self.keeper_of(&token, request);
        let keeper = owner.as_deref().unwrap_or(self);
        let elapsed = now.saturating_duration_since(token.issued);
        let next = &mut follow_up.requests;
        match token.ticket.purpose {
            Purpose::Operation(kind) => {
                self.node.learn_size(request, frame.bytes().len());
                let operation = Operation::parse(kind, request)?;
                keeper.operation_done(token, &operation, frame, (now, elapsed), next)
            }
            Purpose::Legacy(legacy) => {
                let found = self.legacy_value(frame);
                self.health().read(elapsed, found.is_some());
                if let Some(json) = &found {
                    self.health().counters().legacy_reads.increment();
                    legacy.move_here(self, json, token.issued, next);
                }
                Some(found.map_or(Outcome::Null, Outcome::Json))
            }
            Purpose::Clear(_) => keeper.clearing_advanced(token, frame, now, next),
            Purpose::Upkeep => None,
            Purpose::ExtendIndex => Some(Outcome::Boolean(true)),
            Purpose::Lifetime(fill) => {
                pending_fill::lifetime_known(&self.stand_in, *fill, frame, token.issued);
                None
            }
            Purpose::Replay(replay) => {
                let unusable = replay::answered(&self.stand_in, *replay, Ok(frame), now, next);
                *follow_up.unusable = follow_up.unusable.take().or(unusable);
                None
            }
        }
    }

    /// Whether a request goes where another node says. What the journal itself has sent stays there until the map of slots
    /// is new.
    pub(super) fn may_follow(&self, token: &CacheRequest, to: &Redirection, request: &[u8]) -> Followed {
        let is_asked = match &token.ticket.purpose {
            Purpose::Operation(_) | Purpose::ExtendIndex => true,
            Purpose::Clear(clearing) => !clearing.is_replayed(),
            _ => false,
        };
        if !is_asked {
            return Followed::No;
        }
        let owner = self.keeper_of(token, request);
        let keeper = owner.as_deref().unwrap_or(self);
        if !matches!(to, Redirection::Moved { .. }) && keeper.is_journalled(token, request) {
            return Followed::AnsweredHere;
        }
        if let Purpose::Clear(clearing) = &token.ticket.purpose {
            // What this one remembers of the organization is cleared too.
            self.local_state().clear_memory(clearing.index());
        }
        Followed::Yes
    }

    /// What the journal holds of the key is newer than what any node has: until it is replayed, that is where it
    /// is read from and written to.
    fn is_journalled(&self, token: &CacheRequest, request: &[u8]) -> bool {
        let Purpose::Operation(kind) = token.ticket.purpose else { return false };
        let local_state = self.local_state();
        !local_state.journal.is_empty()
            && Operation::parse(kind, request)
                .is_some_and(|operation| local_state.journal.entry(operation.key()).is_some())
    }

    fn operation_done<'a>(
        &self,
        token: CacheRequest,
        operation: &Operation<'_>,
        frame: Frame<'a>,
        (now, elapsed): (Instant, Duration),
        next: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'a>> {
        if let Some(outcome) = self.read_overruled(operation, frame, now) {
            return Some(outcome);
        }
        match *operation {
            Operation::Get { key } => {
                let stored = stored(frame.node());
                pending_fill::saw_value(&self.stand_in, key, stored, now, next);
                if stored.is_none()
                    && let Some(legacy) = Legacy::of(self, key)
                {
                    legacy.ask(self, &token, next);
                    return None;
                }
                Some(self.read_done(stored, elapsed))
            }
            Operation::HashGet { key, field } => {
                let stored = stored(frame.node());
                pending_fill::saw_field(&self.stand_in, (key, field), stored, now, next);
                Some(self.read_done(stored, elapsed))
            }
            Operation::HashEntries { key } => {
                let fields = fields(frame);
                pending_fill::saw_fields(&self.stand_in, key, fields.iter().copied(), now, next);
                let entries = self.entries(&fields);
                self.health().read(elapsed, !entries.is_empty());
                Some(Outcome::Entries(entries))
            }
            Operation::Set { .. } | Operation::SetPair { .. } | Operation::HashSet { .. } => {
                self.health().write(elapsed);
                pending_fill::saw_write(&self.stand_in, &operation.step(), &attempt(&token, true));
                for key in [Some(operation.key()), operation.second_key()].into_iter().flatten() {
                    self.remove_legacy(key, token.issued, next);
                }
                if upkeep::after_indexed_write(self, operation, frame, &token, next) {
                    return None;
                }
                Some(Outcome::Boolean(true))
            }
            Operation::Delete { .. } | Operation::HashDelete { .. } => {
                self.health().write(elapsed);
                pending_fill::saw_write(&self.stand_in, &operation.step(), &attempt(&token, true));
                Some(Outcome::Boolean(matches!(frame.node(), Node::Integer(count) if count > 0)))
            }
        }
    }

    fn clearing_advanced(
        &self,
        token: CacheRequest,
        frame: Frame<'_>,
        now: Instant,
        next: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'static>> {
        let bare = token.followed_by(Purpose::Upkeep);
        let Purpose::Clear(mut clearing) = token.ticket.purpose else { return None };
        if clearing.advance(frame) {
            let ended = clearing.of_outage(bare.ticket.sequence, bare.issued);
            replay::clearing_ended(&self.stand_in, &ended, true, now, next);
            return Some(Outcome::Integer(clearing.removed()));
        }
        clearing.ask(self, &bare, now, next);
        None
    }

    fn read_done<'a>(&self, stored: Option<&'a [u8]>, elapsed: Duration) -> Outcome<'a> {
        let outcome = match stored.map(|stored| self.codec.decode(stored)) {
            Some(Ok(json)) => Outcome::Json(json),
            Some(Err(_)) => {
                self.health().counters().corrupt_values.increment();
                Outcome::Null
            }
            None => Outcome::Null,
        };
        self.health().read(elapsed, outcome != Outcome::Null);
        outcome
    }

    fn legacy_value<'a>(&self, frame: Frame<'a>) -> Option<Cow<'a, [u8]>> {
        let stored = match frame.node() {
            Node::Bulk(stored) => stored,
            // The value and the mark of a clearing that came after it.
            Node::Array(mut items) => match (items.next(), items.next()) {
                (Some(Node::Bulk(stored)), Some(Node::Null)) => stored,
                _ => return None,
            },
            _ => return None,
        };
        let decoded = self.codec.decode(stored);
        if decoded.is_err() {
            self.health().counters().corrupt_values.increment();
        }
        decoded.ok()
    }

    fn entries(&self, fields: &[(&[u8], &[u8])]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut entries = Vec::with_capacity(fields.len());
        for (field, stored) in fields {
            match self.codec.decode(stored) {
                Ok(json) => entries.push((field.to_vec(), json.into_owned())),
                Err(_) => self.health().counters().corrupt_values.increment(),
            }
        }
        entries
    }

    /// The server answered with an error.
    pub(super) fn operation_refused(
        &self,
        token: CacheRequest,
        error: Error,
        request: &[u8],
        now: Instant,
        follow_up: &mut FollowUp<'_, impl Requests<CacheRequest>>,
    ) -> Option<Outcome<'static>> {
        let policy = ErrorPolicy::of(&error);
        let next = &mut follow_up.requests;
        let kind = match token.ticket.purpose {
            Purpose::Replay(replay) => {
                let unusable = replay::answered(&self.stand_in, *replay, Err(error), now, next);
                *follow_up.unusable = follow_up.unusable.take().or(unusable);
                return None;
            }
            Purpose::Clear(ref clearing) if policy == ErrorPolicy::Later && !clearing.is_replayed() => {
                return self.give_up(token, request, false, now);
            }
            Purpose::Clear(_) if policy != ErrorPolicy::Replace => {
                return Some(self.clearing_refused(token, &error, now, next));
            }
            Purpose::Operation(kind) => kind,
            _ => return self.give_up(token, request, false, now),
        };
        if error.redis_code() == Some("WRONGTYPE") && kind == OperationKind::HashSet {
            replace_by_hash(self, token, request, next);
            return None;
        }
        if error.redis_code() == Some("WRONGTYPE") && is_read(kind) {
            self.health().counters().corrupt_values.increment();
            self.health().read(now.saturating_duration_since(token.issued), false);
            return Some(miss(kind));
        }
        if error.redis_code() == Some("WRONGTYPE") && kind == OperationKind::HashDelete {
            // A plain value has no fields.
            self.health().write(now.saturating_duration_since(token.issued));
            return Some(Outcome::Boolean(false));
        }
        if policy == ErrorPolicy::Later {
            return self.give_up(token, request, false, now);
        }
        if policy != ErrorPolicy::Replace {
            self.health().failed(error.redis_code().unwrap_or(error.code().as_str()), "Redis refuses calls");
            if !is_read(kind) {
                return Some(Outcome::Boolean(false));
            }
        } else if error.redis_code() == Some("READONLY") {
            self.node.dialer().require_primary();
        }
        self.give_up(token, request, false, now)
    }

    /// Of one that the journal holds nobody hears, and it is tried again.
    fn clearing_refused(
        &self,
        token: CacheRequest,
        error: &Error,
        now: Instant,
        next: &mut impl Requests<CacheRequest>,
    ) -> Outcome<'static> {
        self.health().failed(error.redis_code().unwrap_or(error.code().as_str()), "Redis refuses to clear");
        if let Purpose::Clear(clearing) = &token.ticket.purpose {
            let ended = clearing.of_outage(token.ticket.sequence, token.issued);
            replay::clearing_ended(&self.stand_in, &ended, false, now, next);
        }
        Outcome::Boolean(false)
    }

    /// The outcome of a request that Redis did not answer: the call falls back. `is_in_doubt`: it was sent, and may have run.
    pub(super) fn give_up(
        &self,
        token: CacheRequest,
        request: &[u8],
        is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        let owner = self.keeper_of(&token, request);
        owner.as_deref().unwrap_or(self).settle_without(token, request, is_in_doubt, now)
    }

    fn settle_without(
        &self,
        token: CacheRequest,
        request: &[u8],
        is_in_doubt: bool,
        now: Instant,
    ) -> Option<Outcome<'static>> {
        let bare = token.followed_by(Purpose::Upkeep);
        match token.ticket.purpose {
            Purpose::Operation(kind) => {
                let operation = Operation::parse(kind, request)?;
                Some(self.fall_back(&operation, &bare, is_in_doubt, now))
            }
            Purpose::Clear(clearing) => {
                let lost = clearing.of_outage(bare.ticket.sequence, bare.issued);
                replay::clearing_lost(&self.stand_in, &lost, now);
                Some(self.stand_in.clear(&lost))
            }
            // The value is in Redis; its index must not end before it.
            Purpose::ExtendIndex => {
                self.local_state().extend_later(request);
                Some(Outcome::Boolean(true))
            }
            Purpose::Legacy(_) => Some(Outcome::Null),
            Purpose::Replay(replay) => {
                replay::lost(&self.stand_in, &replay, now);
                None
            }
            Purpose::Upkeep | Purpose::Lifetime(_) => None,
        }
    }
}

fn is_read(kind: OperationKind) -> bool {
    matches!(kind, OperationKind::Get | OperationKind::HashGet | OperationKind::HashEntries)
}

/// Whether a reply is of a type that its request can have.
pub(super) fn is_expected(purpose: &Purpose, frame: Frame<'_>) -> bool {
    let node = frame.node();
    match purpose {
        Purpose::Operation(OperationKind::Get | OperationKind::HashGet) => {
            matches!(node, Node::Bulk(_) | Node::Null)
        }
        Purpose::Operation(OperationKind::Set) => matches!(node, Node::Status(_)),
        Purpose::Operation(OperationKind::Delete | OperationKind::HashDelete) => {
            matches!(node, Node::Integer(_))
        }
        Purpose::Operation(OperationKind::HashEntries) => matches!(node, Node::Map(_) | Node::Array(_)),
        Purpose::Operation(OperationKind::SetIndexed | OperationKind::SetPair | OperationKind::HashSet) => {
            matches!(node, Node::Array(_))
        }
        Purpose::Legacy(_) => matches!(node, Node::Bulk(_) | Node::Null | Node::Array(_)),
        Purpose::Replay(_) => matches!(node, Node::Array(_)),
        Purpose::ExtendIndex | Purpose::Upkeep | Purpose::Lifetime(_) => matches!(node, Node::Integer(_)),
        Purpose::Clear(_) => true,
    }
}

/// What a read answers where nothing is.
pub(super) fn miss(kind: OperationKind) -> Outcome<'static> {
    match kind {
        OperationKind::HashEntries => Outcome::Entries(Vec::new()),
        _ => Outcome::Null,
    }
}

fn stored<'a>(node: Node<'a>) -> Option<&'a [u8]> {
    match node {
        Node::Bulk(stored) => Some(stored),
        _ => None,
    }
}

pub(super) fn fields<'a>(frame: Frame<'a>) -> Vec<(&'a [u8], &'a [u8])> {
    let (Node::Map(mut items) | Node::Array(mut items)) = frame.node() else { return Vec::new() };
    let mut fields = Vec::new();
    while let (Some(Node::Bulk(field)), Some(Node::Bulk(stored))) = (items.next(), items.next()) {
        fields.push((field, stored));
    }
    fields
}

/// The first error among the replies of a transaction, which EXEC itself does not report.
pub(super) fn transaction_error(kind: OperationKind, frame: Frame<'_>) -> Option<String> {
    if !matches!(kind, OperationKind::SetIndexed | OperationKind::SetPair | OperationKind::HashSet) {
        return None;
    }
    let items = match frame.node() {
        Node::Array(items) => items,
        Node::Null => return Some("EXECABORT the transaction was not carried out".to_owned()),
        _ => return None,
    };
    items.into_iter().find_map(|item| match item {
        Node::Error(line) => Some(String::from_utf8_lossy(line).into_owned()),
        _ => None,
    })
}

/// A field was set in what is no hash: the key gives way, and the field is set again. A writer who
/// puts the old type back each time is met until the call's deadline.
fn replace_by_hash(core: &Core, token: CacheRequest, request: &[u8], next: &mut impl Requests<CacheRequest>) {
    let Some(Operation::HashSet { key, .. }) = Operation::parse(OperationKind::HashSet, request) else {
        return;
    };
    let deadline = core.deadline(token.issued);
    next.push(unasked(Purpose::Upkeep, token.issued), deadline, |out| {
        append_command(out, &[b"EVAL", DROP_UNLESS_HASH, b"1", key]);
        1
    });
    next.push(token.followed_by(Purpose::Operation(OperationKind::HashSet)), deadline, |out| {
        out.extend_from_slice(request);
        HASH_SET_REPLIES
    });
}
