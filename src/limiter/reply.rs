//! The reply of the script `consume`: letters and states become verdicts.

use super::algorithm::{
    Calendar, Concurrency, Fixed, Gcra, LogSummary, Reason, Sliding, State, Verdict, view,
};
use super::batch::{AskedChecks, Check, CheckBatch};
use super::call::{blocked, shut_for};
use super::policy::{Algorithm, Policy, US_PER_MS};
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Frame, Items, Node};

/// The letter of a check that passes.
const ADMITTED: u8 = b'a';

/// The verdicts on a batch.
#[derive(Debug)]
pub struct BatchReply {
    /// The server's time, by which all of it was decided.
    pub now_us: u64,
    verdicts: Vec<Verdict>,
    calls: Vec<Call>,
}

#[derive(Debug, Default)]
struct Call {
    /// Where its verdicts end.
    end: usize,
    is_rejected: bool,
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
                None => Ok(CallReply { verdicts, is_admitted: !call.is_rejected }),
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
        self.asked.decode(reply)
    }
}

impl AskedChecks {
    /// As `CheckBatch::decode`.
    pub fn decode(&self, reply: Frame<'_>) -> Result<BatchReply> {
        self.verdicts(reply).ok_or_else(|| {
            Error::new(ErrorCode::Reply, "the server's answer to a rate limit is not that of its script")
        })
    }

    fn verdicts(&self, reply: Frame<'_>) -> Option<BatchReply> {
        let Node::Array(mut items) = reply.node() else { return None };
        let Node::Integer(now_us) = items.next()? else { return None };
        let letters = bulk(&mut items)?;
        // No letters stand for all admitted.
        let is_read = letters.is_empty() || letters.len() == self.len();
        if !is_read || items.remaining() != self.len() {
            return None;
        }
        let now_us = u64::try_from(now_us).ok()?;
        let (verdicts, calls) = (Vec::with_capacity(self.len()), Vec::with_capacity(self.len()));
        let mut read = BatchReply { now_us, verdicts, calls };
        let mut call = Call::default();
        for (position, (check, policy)) in self.iter().enumerate() {
            let letter = letters.get(position).copied().unwrap_or(ADMITTED);
            let detail = bulk(&mut items)?;
            if letter == b'e' {
                call.error = Some(refusal(detail));
            }
            let verdict = verdict(check, policy, letter, detail, now_us)?;
            call.is_rejected |= letter != ADMITTED && !policy.is_shadow();
            read.verdicts.push(verdict);
            if check.is_last_of_call {
                call.end = read.verdicts.len();
                read.calls.push(std::mem::take(&mut call));
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
        ADMITTED => seen(detail, 0),
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
        Algorithm::Calendar => detail
            .strip_prefix(b"C")
            .and_then(numbers)
            .map(|[start_ms, used]| State::Calendar(Calendar { start_ms, used })),
        Algorithm::Concurrency => numbers(detail)
            .map(|[used, first_ms, last_ms]| State::Concurrency(Concurrency { used, first_ms, last_ms })),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::batch::BatchCheck;
    use super::super::policy_options::PolicyOptions;
    use super::*;

    fn policy(algorithm: &str, is_shadow: bool) -> Arc<Policy> {
        let options = PolicyOptions {
            algorithm: Some(algorithm),
            limit: Some(10.0),
            window_seconds: Some(60.0),
            block_seconds: Some(90.0),
            is_shadow,
            ..PolicyOptions::default()
        };
        Arc::new(Policy::new("p", &options).unwrap())
    }

    /// A batch of two calls: one check by each policy, and both.
    fn batch(first: &Arc<Policy>, second: &Arc<Policy>) -> CheckBatch {
        let check = |policy| BatchCheck {
            policy,
            cost: 4,
            key: b"key",
            block_key: None,
            own_block_key: None,
            is_peek: false,
        };
        let mut batch = CheckBatch::default();
        batch.add(&[check(first)]);
        batch.add(&[check(first), check(second)]);
        batch
    }

    fn reply(now_us: u64, texts: &[&str]) -> Vec<u8> {
        let mut reply = format!("*{}\r\n:{now_us}\r\n", texts.len() + 1).into_bytes();
        texts.iter().for_each(|text| crate::lane::append_argument(&mut reply, text.as_bytes()));
        reply
    }

    #[test]
    fn letters_and_states_become_verdicts() {
        let (fixed, log) = (policy("fixed", false), policy("log", false));
        let bytes = reply(1_000_050_500, &["aln", "1000000:4", "1000000:8", "9:1000020:1000010"]);
        let read = batch(&fixed, &log).decode(Frame::new(&bytes)).unwrap();
        assert_eq!(read.now_us, 1_000_050_500);
        let calls: Vec<_> = read.calls().map(Result::unwrap).collect();
        assert!(calls[0].is_admitted && !calls[1].is_admitted);
        let verdict = |reason, remaining, reset_ms, retry_ms| Verdict {
            reason,
            remaining,
            reset_ms,
            retry_after_ms: Some(retry_ms),
        };
        assert_eq!(calls[0].verdicts, [verdict(Reason::Ok, 6, 59_950, 0)]);
        let expected = [verdict(Reason::Limit, 2, 59_950, 59_950), verdict(Reason::Limit, 0, 90_000, 90_000)];
        assert_eq!(calls[1].verdicts, expected);
    }

    #[test]
    fn no_letters_mean_that_all_is_admitted_and_no_state_that_all_is_free() {
        let (sliding, gcra) = (policy("sliding", false), policy("gcra", false));
        let bytes = reply(1_000_050_000, &["", "", "x", "1012050000"]);
        let read = batch(&sliding, &gcra).decode(Frame::new(&bytes)).unwrap();
        let calls: Vec<_> = read.calls().map(Result::unwrap).collect();
        assert!(calls.iter().all(|call| call.is_admitted));
        let remaining: Vec<_> =
            calls.iter().flat_map(|call| call.verdicts).map(|verdict| verdict.remaining).collect();
        assert_eq!(remaining, [10, 10, 8]);
    }

    #[test]
    fn a_shadow_policy_keeps_no_call_from_being_admitted() {
        let (fixed, shadow) = (policy("fixed", false), policy("fixed", true));
        let bytes = reply(1_000_050_000, &["aab", "", "", "500|1000000:8"]);
        let read = batch(&fixed, &shadow).decode(Frame::new(&bytes)).unwrap();
        let last = read.calls().last().unwrap().unwrap();
        assert!(last.is_admitted);
        assert_eq!((last.verdicts[1].reason, last.verdicts[1].remaining), (Reason::Blocked, 0));
    }

    #[test]
    fn a_refused_write_is_the_error_of_its_call() {
        let fixed = policy("fixed", false);
        for line in ["OOM no memory", "@user_script: 12: -OOM no memory\r\n"] {
            let bytes = reply(1_000_050_000, &["aee", "", line, line]);
            let read = batch(&fixed, &fixed).decode(Frame::new(&bytes)).unwrap();
            let calls: Vec<_> = read.calls().collect();
            assert!(calls[0].is_ok());
            let error = calls[1].unwrap_err();
            assert_eq!((error.redis_code(), error.message()), (Some("OOM"), "OOM no memory"));
        }
    }

    #[test]
    fn what_is_no_reply_of_the_script_is_refused() {
        let fixed = policy("fixed", false);
        let wrong = [
            b"+OK\r\n".to_vec(),
            b"*0\r\n".to_vec(),
            b"*2\r\n:1\r\n$0\r\n\r\n".to_vec(),
            reply(1, &["aa", "", "", ""]),
            reply(1, &["aax", "", "", ""]),
            reply(1, &["aab", "", "", "no bar"]),
            reply(1, &["", "", ""]),
            reply(1, &["", "", "", "", ""]),
            b"*5\r\n:-1\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n".to_vec(),
            b"*5\r\n:1\r\n$0\r\n\r\n:1\r\n:1\r\n:1\r\n".to_vec(),
        ];
        for bytes in wrong {
            let error = batch(&fixed, &fixed).decode(Frame::new(&bytes)).unwrap_err();
            assert_eq!(error.code(), ErrorCode::Reply, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}
