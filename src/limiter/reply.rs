//! The reply of the script `consume`: letters and states become verdicts.

use super::algorithm::{Fixed, Gcra, LogSummary, Reason, Sliding, State, Verdict, view};
use super::batch::{Check, CheckBatch};
use super::call::{blocked, shut_for};
use super::policy::{Algorithm, Policy, US_PER_MS};
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Frame, Items, Node};

/// The verdicts on a batch.
#[derive(Debug)]
pub struct BatchReply {
    /// The server's time, by which all of it was decided.
    pub now_us: u64,
    verdicts: Vec<Verdict>,
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    /// Where its verdicts end.
    end: usize,
    is_admitted: bool,
    error: Option<Error>,
}

/// The answer to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallReply<'r> {
    /// One a check, in their order.
    pub verdicts: &'r [Verdict],
    /// Whether all costs were taken. A check of a shadow policy never keeps that from being so.
    pub is_admitted: bool,
}

impl BatchReply {
    /// The calls in the order in which they were added. The error of a call is that of the server.
    pub fn calls(&self) -> impl Iterator<Item = Result<CallReply<'_>, &Error>> {
        self.calls.iter().scan(0, |start, call| {
            let verdicts = &self.verdicts[*start..call.end];
            *start = call.end;
            Some(match &call.error {
                None => Ok(CallReply { verdicts, is_admitted: call.is_admitted }),
                Some(error) => Err(error),
            })
        })
    }
}

impl CheckBatch {
    /// Reads the reply to this batch.
    ///
    /// # Errors
    /// It is no reply to this batch, which only a server can answer that is none of Redis's kind.
    pub fn decode(&self, reply: Frame<'_>) -> Result<BatchReply> {
        self.verdicts(reply).ok_or_else(|| {
            Error::new(ErrorCode::Reply, "the server's answer to a rate limit is not that of its script")
        })
    }

    fn verdicts(&self, reply: Frame<'_>) -> Option<BatchReply> {
        let Node::Array(mut items) = reply.node() else { return None };
        let Node::Integer(now_us) = items.next()? else { return None };
        let letters = bulk(&mut items)?;
        if letters.len() != self.len() || items.remaining() != self.len() {
            return None;
        }
        let now_us = u64::try_from(now_us).ok()?;
        let mut read = BatchReply { now_us, verdicts: Vec::with_capacity(self.len()), calls: Vec::new() };
        let mut call = Call { end: 0, is_admitted: true, error: None };
        for ((check, policy), letter) in self.checks().zip(letters) {
            let detail = bulk(&mut items)?;
            if *letter == b'e' {
                call.error = Some(refusal(detail));
            }
            let verdict = verdict(check, policy, *letter, detail, now_us)?;
            call.is_admitted &= *letter == b'a' || policy.is_shadow();
            read.verdicts.push(verdict);
            if check.is_last_of_call {
                call.end = read.verdicts.len();
                read.calls
                    .push(std::mem::replace(&mut call, Call { end: 0, is_admitted: true, error: None }));
            }
        }
        Some(read)
    }
}

fn bulk<'a>(items: &mut Items<'a>) -> Option<&'a [u8]> {
    match items.next()? {
        Node::Bulk(text) => Some(text),
        _ => None,
    }
}

fn verdict(check: Check, policy: &Policy, letter: u8, detail: &[u8], now_us: u64) -> Option<Verdict> {
    let seen = |detail: &[u8], cost: u64| look(policy, detail, now_us, cost);
    Some(match letter {
        b'a' => seen(detail, 0),
        b'l' => seen(detail, check.cost),
        b'n' => shut_for(seen(detail, check.cost), policy.block_ms()),
        b'b' => {
            let bar = detail.iter().position(|byte| *byte == b'|')?;
            let left_ms = parse(&detail[..bar])?;
            blocked(seen(&detail[bar + 1..], check.cost), left_ms)
        }
        b'e' => Verdict { reason: Reason::Limit, remaining: 0, reset_ms: 0, retry_after_ms: None },
        _ => return None,
    })
}

/// The verdict on a check by what the reply shows of its key.
fn look(policy: &Policy, detail: &[u8], now_us: u64, cost: u64) -> Verdict {
    let state = match policy.algorithm() {
        Algorithm::Sliding => {
            numbers(detail).map(|[window, before, used]| State::Sliding(Sliding { window, before, used }))
        }
        Algorithm::Gcra => numbers(detail).map(|[free_us]| State::Gcra(Gcra { free_us })),
        Algorithm::Fixed => numbers(detail).map(|[start_ms, used]| State::Fixed(Fixed { start_ms, used })),
        Algorithm::Log => {
            let [used, newest_ms, leaving_ms] = numbers(detail).unwrap_or_default();
            let summary = LogSummary { used, newest_ms, leaving_ms };
            return summary.view(policy, now_us / US_PER_MS, cost);
        }
    };
    view(policy, state.as_ref(), now_us, cost)
}

/// Whole numbers between colons.
fn numbers<const N: usize>(text: &[u8]) -> Option<[u64; N]> {
    let mut parts = text.split(|byte| *byte == b':');
    let mut numbers = [0; N];
    for number in &mut numbers {
        *number = parse(parts.next()?)?;
    }
    parts.next().is_none().then_some(numbers)
}

fn parse(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The server's refusal of a write. Redis 6 puts the place in the script before it.
fn refusal(line: &[u8]) -> Error {
    let line = String::from_utf8_lossy(line);
    let line = line.trim_end();
    Error::reply(line.split_once(": -").map_or(line, |(_, refusal)| refusal))
}
