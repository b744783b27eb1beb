//! From verbs and arguments to calls of the limiter.

use super::answer::LOCAL_RECEIPT;
use super::check::{Check, Checks, texts_of_checks};
use super::options::LimiterOptions;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::{Asked, CallArguments, misuse, verbs};

verbs! {
    Normalize: "normalize",
    Open: "open",
    Close: "close",
    Update: "update",
    Stats: "stats",
    Bypassed: "bypassed",
    Denied: "denied",
    Heard: "heard",
    Admitted: "admitted",
    Consume: "consume",
    Acquire: "acquire",
    Release: "release",
    Peek: "peek",
    Refund: "refund",
    GiveBack: "giveBack",
    Reset: "reset",
    Block: "block",
    Unblock: "unblock",
}

/// A caller that checks more than this at once has made a mistake, and all or nothing would be slow for others.
pub(super) const MAX_CHECKS_A_CALL: usize = 32;

/// In the detail of a consume: it is a part of a call over several slots. Each check is answered with its receipt, and
/// JavaScript tells which are admitted.
pub(super) const RECEIPTS: u8 = 1;
/// In the detail of a refund: who counted the call. 0: the caller does not say.
pub(super) const COUNTED_BY_REDIS: u8 = 1;
pub(super) const COUNTED_HERE: u8 = 2;

/// The longest block: a year. Longer ones belong into the application's data.
const MAX_BLOCK_SECONDS: f64 = 31_536_000.0;

/// One call of JavaScript.
#[derive(Debug)]
pub enum Call<'a> {
    /// Checks options and fills in what was left out.
    Normalize(Box<LimiterOptions>),
    Open(Box<LimiterOptions>),
    Close {
        limiter: usize,
    },
    Update {
        limiter: usize,
        policy: usize,
        json: &'a str,
    },
    Stats {
        limiter: usize,
    },
    /// JavaScript let a check pass without asking.
    Bypassed {
        limiter: usize,
        policy: usize,
    },
    /// JavaScript refused checks itself, whose refusals hold: so many because of the limit, and of a block.
    Denied {
        limiter: usize,
        policy: usize,
        limited: u64,
        blocked: u64,
    },
    /// Another process has changed an identifier. Empty: messages may have been lost.
    Heard {
        limiter: usize,
        said: &'a str,
    },
    /// A check of a call over several slots is admitted, and leaves so much.
    Admitted {
        limiter: usize,
        policy: usize,
        remaining: u64,
    },
    Consume {
        limiter: usize,
        checks: Checks<'a>,
        manner: Manner,
    },
    /// The work of a lease is done.
    Release {
        limiter: usize,
        lease: u64,
    },
    Refund {
        limiter: usize,
        check: Check<'a>,
        counted: Counted,
    },
    Reset {
        limiter: usize,
        check: Check<'a>,
    },
    Block {
        limiter: usize,
        check: Check<'a>,
        seconds: u64,
    },
    Unblock {
        limiter: usize,
        check: Check<'a>,
    },
}

/// Who counted a call that is refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The caller does not say.
    Unknown,
    /// At this time of its clock, in us; 0 is the newest call.
    ByRedis { at_us: u64 },
    /// This process, while Redis was away.
    Here,
}

/// How checks are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Consume {
        wants_receipts: bool,
    },
    /// One call, which may hold leases.
    Acquire {
        wants_receipts: bool,
    },
    /// Nothing is consumed, counted or remembered.
    Peek,
}

impl Manner {
    /// Whether the call is a part of one over several slots.
    pub fn wants_receipts(self) -> bool {
        matches!(self, Manner::Consume { wants_receipts: true } | Manner::Acquire { wants_receipts: true })
    }
}

/// The call with these arguments.
pub(super) fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
    let verb = Verb::of(asked)?;
    match verb {
        Verb::Normalize => Ok(Call::Normalize(options(arguments)?)),
        Verb::Open => Ok(Call::Open(options(arguments)?)),
        _ => decode_for(verb, asked.detail, arguments),
    }
}

fn options(arguments: &CallArguments) -> Result<Box<LimiterOptions>> {
    LimiterOptions::from_json(arguments.required(0, "the options")?).map(Box::new)
}

/// A call of the limiter whose number is the first argument.
fn decode_for(verb: Verb, detail: u8, arguments: &mut CallArguments) -> Result<Call<'_>> {
    let limiter = position(arguments, 0)?;
    let first = match verb {
        Verb::Consume | Verb::Acquire | Verb::Peek | Verb::Refund | Verb::Reset | Verb::Unblock => 1,
        Verb::GiveBack | Verb::Block => 2,
        _ => arguments.count(),
    };
    let checks = texts_of_checks(arguments, first)?;
    if !matches!(verb, Verb::Consume | Verb::Acquire) && checks > 1 {
        return Err(misuse("a call of one check was given several"));
    }
    let arguments = &*arguments;
    let mut checks = Checks::new(arguments, first);
    let mut one = || checks.next().ok_or_else(|| misuse("a call of one check was given none"));
    Ok(match verb {
        Verb::Close => Call::Close { limiter },
        Verb::Update => Call::Update {
            limiter,
            policy: position(arguments, 1)?,
            json: arguments.required(2, "the policy")?,
        },
        Verb::Stats => Call::Stats { limiter },
        Verb::Bypassed => Call::Bypassed { limiter, policy: position(arguments, 1)? },
        Verb::Denied => Call::Denied {
            limiter,
            policy: position(arguments, 1)?,
            limited: whole(arguments, 2)?,
            blocked: whole(arguments, 3)?,
        },
        Verb::Heard => Call::Heard { limiter, said: arguments.required(1, "what was said").unwrap_or("") },
        Verb::Admitted => {
            Call::Admitted { limiter, policy: position(arguments, 1)?, remaining: whole(arguments, 2)? }
        }
        Verb::Consume => Call::Consume {
            limiter,
            checks,
            manner: Manner::Consume { wants_receipts: detail & RECEIPTS != 0 },
        },
        Verb::Acquire => Call::Consume {
            limiter,
            checks,
            manner: Manner::Acquire { wants_receipts: detail & RECEIPTS != 0 },
        },
        Verb::Release => Call::Release { limiter, lease: whole(arguments, 1)? },
        Verb::Peek => Call::Consume { limiter, checks, manner: Manner::Peek },
        Verb::Refund => Call::Refund { limiter, check: one()?, counted: counted(detail) },
        Verb::GiveBack => Call::Refund { limiter, counted: receipt(arguments)?, check: one()? },
        Verb::Reset => Call::Reset { limiter, check: one()? },
        Verb::Block => Call::Block { limiter, seconds: block_seconds(arguments)?, check: one()? },
        Verb::Unblock => Call::Unblock { limiter, check: one()? },
        Verb::Normalize | Verb::Open => return Err(misuse("a call came to the wrong place in the bridge")),
    })
}

fn position(arguments: &CallArguments, at: usize) -> Result<usize> {
    arguments
        .number(at)
        .map(|number| number as usize)
        .ok_or_else(|| misuse("a call names no limiter or policy"))
}

fn whole(arguments: &CallArguments, at: usize) -> Result<u64> {
    arguments
        .number(at)
        .map(|number| number as u64)
        .ok_or_else(|| misuse("a count or a receipt is no number"))
}

fn counted(detail: u8) -> Counted {
    match detail {
        COUNTED_BY_REDIS => Counted::ByRedis { at_us: 0 },
        COUNTED_HERE => Counted::Here,
        _ => Counted::Unknown,
    }
}

fn receipt(arguments: &CallArguments) -> Result<Counted> {
    Ok(match whole(arguments, 1)? {
        LOCAL_RECEIPT => Counted::Here,
        at_us => Counted::ByRedis { at_us },
    })
}

fn block_seconds(arguments: &CallArguments) -> Result<u64> {
    match arguments.number(1) {
        Some(seconds) if seconds.fract() == 0.0 && (1.0..=MAX_BLOCK_SECONDS).contains(&seconds) => {
            Ok(seconds as u64)
        }
        _ => Err(Error::new(
            ErrorCode::Argument,
            "the seconds of a block are not allowed; give an integer from 1 to 31536000",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::{BEGINS, HAS_COST, HAS_ORGANIZATION, KINDS, POLICY_UNIT};
    use super::super::identity::Kind;
    use super::*;

    enum Given<'a> {
        Number(f64),
        Text(&'a str),
        Absent,
    }
    use Given::{Absent, Number, Text};

    fn given(values: &[Given<'_>]) -> CallArguments {
        let mut arguments = CallArguments::default();
        for value in values {
            match value {
                Number(number) => arguments.push_number(*number),
                Absent => arguments.push_absent(),
                Text(text) => {
                    let from = arguments.buffer().len();
                    arguments.buffer().extend_from_slice(text.as_bytes());
                    arguments.push_bytes(from);
                }
            }
        }
        arguments
    }

    fn asked(name: &str) -> Asked {
        let verb = VERBS.iter().position(|verb| *verb == name).unwrap() as u8;
        Asked { verb, flags: 0, detail: 0 }
    }

    fn word(policy: u64, bits: u64) -> Given<'static> {
        Number((policy * POLICY_UNIT + bits) as f64)
    }

    #[test]
    fn checks_are_read_with_all_their_parts() {
        let named = KINDS[3].1;
        let mut arguments = given(&[
            Number(3.0),
            word(0, BEGINS),
            Number(17.0),
            word(2, named | HAS_ORGANIZATION | HAS_COST),
            Text("id"),
            Text("key"),
            Text("org"),
            Number(5.0),
            word(1, BEGINS | KINDS[1].1 | HAS_COST),
            Text("::1"),
            Number(0.0),
        ]);
        let Call::Consume { limiter: 3, checks, manner } = decode(asked("consume"), &mut arguments).unwrap()
        else {
            panic!("no consume");
        };
        assert_eq!(manner, Manner::Consume { wants_receipts: false });
        let all: Vec<_> = checks
            .map(|check| {
                let (kind, id) = (check.kind().unwrap(), check.id().unwrap());
                (check.policy, check.begins, kind, id, check.organization().unwrap(), check.cost().unwrap())
            })
            .collect();
        assert_eq!(
            all,
            [
                (0, true, Kind::User, "17", None, 1),
                (2, false, Kind::Named("key"), "id", Some("org"), 5),
                (1, true, Kind::Address, "::1", None, 0),
            ]
        );
    }

    #[test]
    fn a_check_says_itself_what_is_wrong_with_it() {
        for cost in [-1.0, 1.5, f64::NAN, f64::INFINITY, 9_007_199_254_740_992.0] {
            let mut arguments = given(&[Number(0.0), word(0, HAS_COST), Absent, Number(cost)]);
            let Call::Consume { mut checks, .. } = decode(asked("consume"), &mut arguments).unwrap() else {
                panic!("no consume");
            };
            let check = checks.next().unwrap();
            assert_eq!(check.id().unwrap_err().code(), ErrorCode::Key);
            assert_eq!(check.cost().unwrap_err().code(), ErrorCode::Key);
        }
    }

    #[test]
    fn what_is_no_text_and_no_number_names_nobody() {
        for id in [f64::NAN, f64::INFINITY] {
            let mut arguments = given(&[Number(0.0), word(0, HAS_ORGANIZATION), Number(id), Absent]);
            let Call::Consume { mut checks, .. } = decode(asked("consume"), &mut arguments).unwrap() else {
                panic!("no consume");
            };
            let check = checks.next().unwrap();
            assert_eq!(check.id().unwrap_err().code(), ErrorCode::Key);
            assert_eq!(check.organization().unwrap_err().code(), ErrorCode::Key);
        }
    }

    #[test]
    fn arguments_that_are_no_checks_are_refused() {
        for values in [
            &[Number(0.0), Text("id")][..],
            &[Number(0.0), word(0, HAS_COST), Text("id")],
            &[Text("limiter"), word(0, 0), Text("id")],
        ] {
            assert!(decode(asked("consume"), &mut given(values)).is_err());
        }
        let two = &[Number(0.0), word(0, 0), Text("a"), word(0, 0), Text("b")];
        assert!(decode(asked("peek"), &mut given(two)).is_err());
        assert!(decode(asked("reset"), &mut given(&[Number(0.0)])).is_err());
    }

    #[test]
    fn a_block_lasts_a_second_to_a_year() {
        let block = |seconds| {
            let mut arguments = given(&[Number(0.0), Number(seconds), word(0, 0), Text("a")]);
            decode(asked("block"), &mut arguments).map(|call| match call {
                Call::Block { seconds, .. } => seconds,
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(block(60.0).unwrap(), 60);
        for seconds in [0.0, -1.0, 0.5, 31_536_001.0, f64::NAN] {
            assert_eq!(block(seconds).unwrap_err().code(), ErrorCode::Argument);
        }
    }
}
