//! The answer to checks as JavaScript reads it: a flat array of numbers, as JSON.

use serde_json::{Map, Value, json};

use super::algorithm::{Reason, Verdict};
use super::batch::MAX_CHECKS;
use super::check::{BEGINS, HAS_COST, HAS_ORGANIZATION, IS_CRITICAL, KINDS, POLICY_UNIT};
use super::decode::{COUNTED_BY_REDIS, COUNTED_HERE, MAX_CHECKS_A_CALL, RECEIPTS};
use super::options::ready_policies;
use crate::error::Error;

/// What became of a check. `js/limiter` is told the numbers at load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    Ok = 0,
    Limit = 1,
    Blocked = 2,
    Cost = 3,
    /// A shadow policy would have refused it.
    Shadow = 4,
    /// Redis is away, and the policy is closed then.
    Down = 5,
    /// Another check of its call was refused before anybody was asked.
    Unasked = 6,
    /// What is left is kept for critical checks.
    Reserve = 7,
}

impl Code {
    pub const ALL: [(Code, &'static str); 8] = [
        (Code::Ok, "ok"),
        (Code::Limit, "limit"),
        (Code::Blocked, "blocked"),
        (Code::Cost, "cost"),
        (Code::Shadow, "shadow"),
        (Code::Down, "down"),
        (Code::Unasked, "unasked"),
        (Code::Reserve, "reserve"),
    ];

    pub fn of(reason: Reason, is_shadow: bool) -> Code {
        match reason {
            Reason::Ok => Code::Ok,
            _ if is_shadow => Code::Shadow,
            Reason::Limit => Code::Limit,
            Reason::Blocked => Code::Blocked,
            Reason::Cost => Code::Cost,
            Reason::Reserve => Code::Reserve,
        }
    }

    pub fn is_refusal(self) -> bool {
        !matches!(self, Code::Ok | Code::Shadow)
    }
}

/// Beside a code: this process decided.
pub const LOCAL: u8 = 16;
/// Beside a code: the identifier's first refusal in its window.
pub const FIRST: u8 = 32;
/// Above these bits: the milliseconds since the question for which the same check is refused in this process.
const HELD_SHIFT: u32 = 6;

/// The numbers of checks and their answers, for `js/limiter`.
pub fn shared_numbers() -> Value {
    let kinds: Map<String, Value> =
        KINDS.map(|(name, bits)| (name.to_owned(), bits.into())).into_iter().collect();
    let codes: Map<String, Value> =
        Code::ALL.map(|(code, name)| (name.to_owned(), (code as u8).into())).into_iter().collect();
    json!({
        "check": { "first": BEGINS, "organization": HAS_ORGANIZATION, "cost": HAS_COST, "critical": IS_CRITICAL },
        "kinds": kinds,
        "policyUnit": POLICY_UNIT,
        "codes": codes,
        "flags": { "local": LOCAL, "first": FIRST },
        "heldShift": HELD_SHIFT,
        "details": { "receipts": RECEIPTS, "redis": COUNTED_BY_REDIS, "local": COUNTED_HERE },
        "maxChecks": MAX_CHECKS,
        "maxChecksACall": MAX_CHECKS_A_CALL,
        "readyPolicies": ready_policies(),
    })
}

/// The answer to one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub code: Code,
    pub is_local: bool,
    pub is_first: bool,
    pub remaining: u64,
    pub reset_ms: u64,
    /// `None`: never.
    pub retry_after_ms: Option<u64>,
    /// So long after it was asked, the same check is refused here; 0 where Redis is asked again.
    pub held_ms: u32,
    /// What `giveBack` gives back; `None` where nothing was taken.
    pub taken: Option<Taken>,
}

/// A cost that was taken, as `giveBack` is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// When Redis took it, in us of its clock; `LOCAL_RECEIPT` where this process did.
    pub receipt: u64,
    /// Of checks of one key the highest cost is taken.
    pub cost: u64,
}

/// The receipt of a cost that was taken in this process's memory.
pub const LOCAL_RECEIPT: u64 = 0;

/// A server that is away may be back then: a caller that comes again at once is refused again.
const RETRY_WHEN_AWAY_MS: u64 = 1000;

impl Answer {
    /// Nothing is known of the identifier.
    pub fn bare(code: Code) -> Answer {
        Answer {
            code,
            is_local: true,
            is_first: false,
            remaining: 0,
            reset_ms: 0,
            retry_after_ms: Some(if code == Code::Down { RETRY_WHEN_AWAY_MS } else { 0 }),
            held_ms: 0,
            taken: None,
        }
    }

    pub fn of(verdict: &Verdict, is_shadow: bool, is_local: bool) -> Answer {
        Answer {
            code: Code::of(verdict.reason, is_shadow),
            is_local,
            remaining: verdict.remaining,
            reset_ms: verdict.reset_ms,
            retry_after_ms: verdict.retry_after_ms,
            ..Answer::bare(Code::Ok)
        }
    }
}

/// Writes the array.
pub struct Writer {
    out: Vec<u8>,
    has_receipts: bool,
    digits: itoa::Buffer,
}

impl Writer {
    pub fn new(checks: usize, has_receipts: bool) -> Writer {
        // A check is about as long as `0,99999,60000,0,`.
        let mut out = Vec::with_capacity(2 + 24 * checks);
        out.push(b'[');
        Writer { out, has_receipts, digits: itoa::Buffer::new() }
    }

    pub fn answer(&mut self, answer: &Answer) {
        let mut code = answer.code as u8;
        code |= if answer.is_local { LOCAL } else { 0 };
        code |= if answer.is_first { FIRST } else { 0 };
        self.number(Some(u64::from(answer.held_ms) << HELD_SHIFT | u64::from(code)));
        self.number(Some(answer.remaining));
        self.number(Some(answer.reset_ms));
        self.number(answer.retry_after_ms);
        if self.has_receipts {
            self.number(answer.taken.map(|taken| taken.receipt));
            self.number(answer.taken.map(|taken| taken.cost));
        }
    }

    /// The check, and all others of its call, could not be.
    pub fn error(&mut self, error: &Error) {
        for text in [error.code().as_str(), error.message()] {
            self.out.extend_from_slice(Value::from(text).to_string().as_bytes());
            self.out.push(b',');
        }
        let nothing = if self.has_receipts { 4 } else { 2 };
        (0..nothing).for_each(|_| self.number(None));
    }

    fn number(&mut self, number: Option<u64>) {
        match number {
            Some(number) => self.out.extend_from_slice(self.digits.format(number).as_bytes()),
            None => self.out.extend_from_slice(b"null"),
        }
        self.out.push(b',');
    }

    /// Behind all checks: the number of the lease that was taken, if any was.
    pub fn lease(&mut self, number: Option<u64>) {
        self.number(number);
    }

    pub fn finish(mut self) -> Vec<u8> {
        if self.out.len() > 1 {
            self.out.pop();
        }
        self.out.push(b']');
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    #[test]
    fn checks_are_numbers_in_a_row() {
        let verdict = Verdict { reason: Reason::Limit, remaining: 1, reset_ms: 20, retry_after_ms: Some(3) };
        let answers = [
            Answer {
                taken: Some(Taken { receipt: 7, cost: 2 }),
                ..Answer::of(&Verdict { reason: Reason::Ok, ..verdict }, false, false)
            },
            Answer { is_first: true, held_ms: 3, ..Answer::of(&verdict, false, true) },
            Answer::of(&Verdict { retry_after_ms: None, reason: Reason::Cost, ..verdict }, true, false),
        ];
        let written = |has_receipts| {
            let mut writer = Writer::new(4, has_receipts);
            answers.iter().for_each(|answer| writer.answer(answer));
            writer.error(&Error::new(ErrorCode::Key, "no \"id\""));
            String::from_utf8(writer.finish()).unwrap()
        };
        assert_eq!(written(false), r#"[0,1,20,3,241,1,20,3,4,1,20,null,"E_KEY","no \"id\"",null,null]"#);
        assert_eq!(
            written(true),
            r#"[0,1,20,3,7,2,241,1,20,3,null,null,4,1,20,null,null,null,"E_KEY","no \"id\"",null,null,null,null]"#
        );
        assert_eq!(Writer::new(0, false).finish(), b"[]");
    }
}
