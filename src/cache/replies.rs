//! What a reply means, and what it means that none came.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::call::Outcome;
use super::core::Core;
use super::legacy::Legacy;
use super::request::{Form, HASH_SET_REPLIES, Operation};
use super::scripts::DROP_UNLESS_HASH;
use super::token::{Purpose, Token, push};
use super::upkeep;
use crate::error::Error;
use crate::lane::{Answer, Arguments, Batch, Frame, Node, append_command};

impl Core {
    /// The outcome of a request, or `None` where a further request was put into `next`.
    pub fn finish<'a>(
        &self,
        token: Token,
        answer: Answer<'a>,
        request: &[u8],
        now: Instant,
        next: &mut Batch<Token>,
    ) -> Option<Outcome<'a>> {
        let elapsed = now.saturating_duration_since(token.issued);
        let frame = match answer {
            Answer::Refused(line) => return Some(self.refused(token, Error::reply(line), request, now)),
            Answer::Frame(frame) => match frame.error() {
                Some(line) => return Some(self.refused(token, Error::reply(&line), request, now)),
                None => frame,
            },
        };
        match token.purpose {
            Purpose::Command(shape) => {
                self.health.command(elapsed);
                Some(Outcome::Reply(Cow::Borrowed(frame.bytes()), shape))
            }
            Purpose::Operation(form) => {
                if let Some(line) = transaction_error(form, frame) {
                    if form == Form::HashSet && line.starts_with("WRONGTYPE") {
                        replace_by_hash(self, token, request, next);
                        return None;
                    }
                    return Some(self.refused(token, Error::reply(&line), request, now));
                }
                self.operation_done(token, form, frame, request, elapsed, next)
            }
            Purpose::Legacy(legacy) => {
                let found = self.legacy_value(frame);
                self.health.read(elapsed, found.is_some());
                if let Some(json) = &found {
                    self.health.counters().legacy_reads.increment();
                    legacy.move_here(self, json, token.issued, next);
                }
                Some(found.map_or(Outcome::Null, Outcome::Json))
            }
            Purpose::Clear(clearing) => clearing.advance(self, token.slot, frame, token.issued, next),
            Purpose::Upkeep => None,
            Purpose::ExtendIndex => Some(Outcome::Boolean(true)),
        }
    }

    fn operation_done<'a>(
        &self,
        token: Token,
        form: Form,
        frame: Frame<'a>,
        request: &[u8],
        elapsed: Duration,
        next: &mut Batch<Token>,
    ) -> Option<Outcome<'a>> {
        match form {
            Form::Get => match frame.node() {
                Node::Null => {
                    if let Some(legacy) = Legacy::of(self, Arguments::new(request).nth(1).unwrap_or_default())
                    {
                        legacy.ask(self, token.slot, token.issued, next);
                        return None;
                    }
                    self.health.read(elapsed, false);
                    Some(Outcome::Null)
                }
                node => Some(self.read_done(node, elapsed)),
            },
            Form::HashGet => Some(self.read_done(frame.node(), elapsed)),
            Form::HashEntries => {
                let entries = self.entries(frame);
                self.health.read(elapsed, !entries.is_empty());
                Some(Outcome::Entries(entries))
            }
            Form::Set | Form::SetPair => {
                self.health.write(elapsed);
                Some(Outcome::Boolean(true))
            }
            Form::SetIndexed | Form::HashSet => {
                self.health.write(elapsed);
                if upkeep::after_indexed_write(self, form, frame, request, &token, next) {
                    return None;
                }
                Some(Outcome::Boolean(true))
            }
            Form::Delete | Form::HashDelete => {
                self.health.write(elapsed);
                Some(Outcome::Boolean(matches!(frame.node(), Node::Integer(count) if count > 0)))
            }
        }
    }

    fn read_done<'a>(&self, node: Node<'a>, elapsed: Duration) -> Outcome<'a> {
        let outcome = match node {
            Node::Bulk(stored) | Node::Status(stored) => match self.codec.decode(stored) {
                Ok(json) => Outcome::Json(json),
                Err(_) => {
                    self.health.counters().corrupt_values.increment();
                    Outcome::Null
                }
            },
            _ => Outcome::Null,
        };
        self.health.read(elapsed, outcome != Outcome::Null);
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
            self.health.counters().corrupt_values.increment();
        }
        decoded.ok()
    }

    fn entries(&self, frame: Frame<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (Node::Map(mut items) | Node::Array(mut items)) = frame.node() else { return Vec::new() };
        let mut entries = Vec::new();
        while let (Some(Node::Bulk(field)), Some(Node::Bulk(stored))) = (items.next(), items.next()) {
            match self.codec.decode(stored) {
                Ok(json) => entries.push((field.to_vec(), json.into_owned())),
                Err(_) => self.health.counters().corrupt_values.increment(),
            }
        }
        entries
    }

    /// The server answered with an error.
    fn refused(&self, token: Token, error: Error, request: &[u8], now: Instant) -> Outcome<'static> {
        if matches!(token.purpose, Purpose::Command(_)) {
            // The caller's own mistakes (WRONGTYPE, a wrong arity) say nothing of the server.
            return Outcome::Failed(error);
        }
        if error.redis_code() == Some("WRONGTYPE") && self.is_read(&token) {
            self.health.counters().corrupt_values.increment();
            self.health.read(now.saturating_duration_since(token.issued), false);
            return miss(&token);
        }
        self.health.failed(error.redis_code().unwrap_or(error.code().as_str()));
        self.without_redis(token, request, now)
    }

    fn is_read(&self, token: &Token) -> bool {
        matches!(
            token.purpose,
            Purpose::Operation(Form::Get | Form::HashGet | Form::HashEntries) | Purpose::Legacy(_)
        )
    }

    /// The outcome of a request that Redis did not answer: the adapter's calls fall back to
    /// memory, a raw command fails with `error`.
    pub fn give_up(&self, token: Token, request: &[u8], error: &Error, now: Instant) -> Outcome<'static> {
        if matches!(token.purpose, Purpose::Command(_)) {
            return Outcome::Failed(error.clone());
        }
        self.without_redis(token, request, now)
    }

    fn without_redis(&self, token: Token, request: &[u8], now: Instant) -> Outcome<'static> {
        match token.purpose {
            Purpose::Operation(form) => match Operation::parse(form, request) {
                Some(operation) => self.run_locally(&operation, now),
                None => Outcome::Null,
            },
            Purpose::Clear(clearing) => clearing.locally(self),
            Purpose::ExtendIndex => Outcome::Boolean(true),
            Purpose::Legacy(_) | Purpose::Command(_) | Purpose::Upkeep => Outcome::Null,
        }
    }
}

/// What a read answers where nothing is.
fn miss(token: &Token) -> Outcome<'static> {
    match token.purpose {
        Purpose::Operation(Form::HashEntries) => Outcome::Entries(Vec::new()),
        _ => Outcome::Null,
    }
}

/// The first error among the replies of a transaction, which EXEC itself does not report.
fn transaction_error(form: Form, frame: Frame<'_>) -> Option<String> {
    if !matches!(form, Form::SetIndexed | Form::SetPair | Form::HashSet) {
        return None;
    }
    let Node::Array(items) = frame.node() else {
        return Some("EXECABORT the transaction was not carried out".to_owned());
    };
    items.into_iter().find_map(|item| match item {
        Node::Error(line) => Some(String::from_utf8_lossy(line).into_owned()),
        _ => None,
    })
}

/// A field was set in what is no hash: the key gives way, and the field is set again. A writer who
/// puts the old type back each time is met until the call's deadline.
fn replace_by_hash(core: &Core, token: Token, request: &[u8], next: &mut Batch<Token>) {
    let Some(Operation::HashSet { key, .. }) = Operation::parse(Form::HashSet, request) else { return };
    let deadline = core.deadline(token.issued);
    push(next, Token::upkeep(token.issued), deadline, |out| {
        append_command(out, &[b"EVAL", DROP_UNLESS_HASH.as_bytes(), b"1", key]);
        1
    });
    push(next, token, deadline, |out| {
        out.extend_from_slice(request);
        HASH_SET_REPLIES
    });
}
