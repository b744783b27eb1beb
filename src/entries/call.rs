//! The calls of JavaScript, and how they are made of verbs and arguments.

use super::options::check_tag_count;
use crate::error::{Error, ErrorCode, Result};
use crate::redis::{Asked, CallArguments, misuse, verbs};

verbs! {
    Normalize: "entryNormalize",
    Open: "entryOpen",
    Close: "entryClose",
    Options: "entryOptions",
    Get: "entryGet",
    Pull: "entryPull",
    Take: "entryTake",
    Fill: "entryFill",
    Renew: "entryRenew",
    Fail: "entryFail",
    Set: "entrySet",
    Delete: "entryDelete",
    Expire: "entryExpire",
    Tags: "entryTags",
    Clear: "entryClear",
    Keys: "entryKeys",
    Mutate: "entryMutate",
    Query: "entryQuery",
}

/// Bits and numbers in a call's detail, and their names for JavaScript.
pub(super) const DETAILS: [(&str, u8); 8] = [
    ("bare", BARE),
    ("facts", FACTS),
    ("force", FORCE),
    ("first", FIRST),
    ("notModified", NOT_MODIFIED),
    ("soft", SOFT),
    ("renew", RENEW),
    ("end", END),
];
const BARE: u8 = 1;
const FACTS: u8 = 2;
const FORCE: u8 = 1;
const FIRST: u8 = 2;
const NOT_MODIFIED: u8 = 1;
const SOFT: u8 = 1;
const RENEW: u8 = 1;
const END: u8 = 2;

/// A change of more keys at once would keep the server from others.
const MAX_KEYS: usize = 1000;

/// Where an entry is. `cache` is the number of a cache.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    pub scope: Scope<'a>,
    pub key: &'a str,
}

#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub cache: usize,
    /// `None`: the global scope.
    pub organization: Option<&'a str>,
}

/// Texts that stand one behind the other among the arguments.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    arguments: &'a CallArguments,
    from: usize,
    to: usize,
    what: &'static str,
}

impl<'a> Texts<'a> {
    pub fn count(&self) -> usize {
        self.to - self.from
    }

    pub fn iter(&self) -> impl Iterator<Item = Result<&'a str>> {
        let Texts { arguments, from, to, what } = *self;
        (from..to).map(move |position| arguments.required(position, what))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Begin,
    Renew,
    End,
}

/// What a caller that keeps values tells of the one that it has.
#[derive(Debug, Clone, Copy)]
pub struct Keeps {
    /// Reads that it has answered since it was told last.
    pub reads: u64,
}

/// One call. `options` are the JSON text of what the caller gave.
#[derive(Debug, Clone, Copy)]
pub enum Call<'a> {
    /// Checks options and fills in what was left out.
    Normalize {
        json: &'a str,
    },
    Open {
        json: &'a str,
    },
    Close {
        cache: usize,
    },
    Options {
        cache: usize,
        json: &'a str,
    },
    Get {
        at: At<'a>,
        options: Option<&'a str>,
        /// Answers only whether it is there.
        is_bare: bool,
        /// The caller keeps the value, and is told what must stay as it is for it to answer again.
        keeps: Option<Keeps>,
    },
    Pull {
        at: At<'a>,
    },
    Take {
        at: At<'a>,
        /// The nonce of the entry that the caller saw; empty where it saw none.
        seen: &'a [u8],
        options: Option<&'a str>,
        attempt: u32,
        is_forced: bool,
        /// Nobody has looked yet: a fresh entry is the answer, and only without one the lease is taken.
        is_first: bool,
    },
    Fill {
        at: At<'a>,
        grant: &'a [u8],
        /// Empty for an `undefined`.
        value: &'a [u8],
        factory_ms: u32,
        options: Option<&'a str>,
        is_unmodified: bool,
    },
    Renew {
        at: At<'a>,
        grant: &'a [u8],
    },
    Fail {
        at: At<'a>,
        grant: &'a [u8],
        rests: bool,
        options: Option<&'a str>,
    },
    Set {
        at: At<'a>,
        value: &'a [u8],
        options: Option<&'a str>,
    },
    Delete {
        at: At<'a>,
    },
    Expire {
        at: At<'a>,
    },
    Tags {
        scope: Scope<'a>,
        tags: Texts<'a>,
        is_soft: bool,
    },
    Clear {
        scope: Scope<'a>,
    },
    Keys {
        scope: Scope<'a>,
        cursor: &'a [u8],
    },
    Mutate {
        scope: Scope<'a>,
        token: &'a str,
        tags: Texts<'a>,
        keys: Texts<'a>,
        phase: Phase,
    },
    /// Asks for the key of a query.
    Query {
        sql: &'a str,
        parameters: &'a str,
    },
}

impl<'a> Call<'a> {
    /// Reads that the caller has answered itself, and tells of now.
    pub fn kept_reads(&self) -> Option<u64> {
        match self {
            Call::Get { keeps: Some(Keeps { reads }), .. } if *reads > 0 => Some(*reads),
            _ => None,
        }
    }

    /// The scope whose slot the call is for; `None` where it needs no server.
    pub fn scope(&self) -> Option<Scope<'a>> {
        match *self {
            Call::Normalize { .. }
            | Call::Open { .. }
            | Call::Close { .. }
            | Call::Options { .. }
            | Call::Query { .. } => None,
            Call::Get { at, .. }
            | Call::Pull { at }
            | Call::Take { at, .. }
            | Call::Fill { at, .. }
            | Call::Renew { at, .. }
            | Call::Fail { at, .. }
            | Call::Set { at, .. }
            | Call::Delete { at }
            | Call::Expire { at } => Some(at.scope),
            Call::Tags { scope, .. }
            | Call::Clear { scope }
            | Call::Keys { scope, .. }
            | Call::Mutate { scope, .. } => Some(scope),
        }
    }
}

/// The call with these arguments.
///
/// # Errors
/// The arguments make no call.
pub fn decode(asked: Asked, arguments: &mut CallArguments) -> Result<Call<'_>> {
    let verb = Verb::of(asked)?;
    if verb == Verb::Open || verb == Verb::Normalize {
        let json = arguments.required(0, "the options")?;
        return Ok(if verb == Verb::Open { Call::Open { json } } else { Call::Normalize { json } });
    }
    if verb == Verb::Query {
        let parameters = arguments.required(1, "the parameters")?;
        return Ok(Call::Query { sql: arguments.text(0)?.unwrap_or_default(), parameters });
    }
    let cache = number(arguments, 0)? as usize;
    if matches!(verb, Verb::Close | Verb::Options) {
        let json = if verb == Verb::Close { "" } else { arguments.required(1, "the options")? };
        return Ok(if verb == Verb::Close { Call::Close { cache } } else { Call::Options { cache, json } });
    }
    arguments.numbers_to_text(1..2);
    let detail = asked.detail;
    if matches!(verb, Verb::Tags | Verb::Clear | Verb::Keys | Verb::Mutate) {
        return decode_of_scope(verb, detail, cache, arguments);
    }
    arguments.numbers_to_text(2..3);
    let scope = Scope { cache, organization: arguments.organization(1)? };
    let at = At { scope, key: arguments.required(2, "the key")? };
    let options = |position| arguments.text(position);
    Ok(match verb {
        Verb::Get => {
            let reads = || arguments.number(4).unwrap_or_default() as u64;
            let keeps = (detail & FACTS != 0).then(|| Keeps { reads: reads() });
            Call::Get { at, options: options(3)?, is_bare: detail & BARE != 0, keeps }
        }
        Verb::Pull => Call::Pull { at },
        Verb::Take => Call::Take {
            at,
            seen: arguments.bytes(3),
            options: options(4)?,
            attempt: arguments.number(5).unwrap_or_default() as u32,
            is_forced: detail & FORCE != 0,
            is_first: detail & FIRST != 0,
        },
        Verb::Fill => Call::Fill {
            at,
            grant: arguments.bytes(3),
            value: arguments.bytes(4),
            factory_ms: number(arguments, 5)? as u32,
            options: options(6)?,
            is_unmodified: detail & NOT_MODIFIED != 0,
        },
        Verb::Renew => Call::Renew { at, grant: arguments.bytes(3) },
        Verb::Fail => Call::Fail {
            at,
            grant: arguments.bytes(3),
            rests: number(arguments, 4)? != 0.0,
            options: options(5)?,
        },
        Verb::Set => Call::Set { at, value: arguments.bytes(3), options: options(4)? },
        Verb::Delete => Call::Delete { at },
        Verb::Expire => Call::Expire { at },
        _ => return Err(misuse("a call came to the wrong place in the bridge")),
    })
}

fn decode_of_scope(verb: Verb, detail: u8, cache: usize, arguments: &mut CallArguments) -> Result<Call<'_>> {
    let count = arguments.count();
    let tags_from = if verb == Verb::Mutate { 4 } else { 2 };
    let tags_to = match verb {
        Verb::Mutate => tags_from + number(arguments, 3)? as usize,
        Verb::Tags => count,
        _ => tags_from,
    };
    if verb == Verb::Mutate || verb == Verb::Tags {
        arguments.numbers_to_text(tags_from..count);
        check_tag_count(tags_to.saturating_sub(tags_from))?;
        if tags_to > count {
            return Err(misuse("a change names fewer tags than it says"));
        }
        if count - tags_to > MAX_KEYS {
            return Err(Error::new(ErrorCode::Argument, "a change names more than 1000 keys"));
        }
    }
    let arguments = &*arguments;
    let scope = Scope { cache, organization: arguments.organization(1)? };
    let tags = Texts { arguments, from: tags_from, to: tags_to, what: "a tag" };
    Ok(match verb {
        Verb::Tags => Call::Tags { scope, tags, is_soft: detail & SOFT != 0 },
        Verb::Clear => Call::Clear { scope },
        Verb::Keys => Call::Keys { scope, cursor: arguments.bytes(2) },
        _ => Call::Mutate {
            scope,
            token: arguments.text(2)?.unwrap_or_default(),
            tags,
            keys: Texts { arguments, from: tags_to, to: count, what: "the key" },
            phase: match detail {
                RENEW => Phase::Renew,
                END => Phase::End,
                _ => Phase::Begin,
            },
        },
    })
}

fn number(arguments: &CallArguments, position: usize) -> Result<f64> {
    arguments
        .number(position)
        .filter(|number| *number >= 0.0)
        .ok_or_else(|| misuse("a call names no cache, or lacks a number"))
}

#[cfg(test)]
mod tests {
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

    fn asked(name: &str, detail: u8) -> Asked {
        let verb = VERBS.iter().position(|verb| *verb == name).unwrap() as u8;
        Asked { verb, flags: 0, detail }
    }

    #[test]
    fn every_verb_is_decoded_as_its_name_says() {
        for name in VERBS {
            let values = match name {
                "entryOptions" => vec![Number(0.0), Text("{}")],
                "entryOpen" | "entryNormalize" => vec![Text("{}")],
                "entryMutate" => {
                    vec![Number(0.0), Text("org"), Text(""), Number(1.0), Text("t"), Text("k")]
                }
                "entryQuery" => vec![Text("SELECT 1"), Text("[]")],
                "entryTake" => vec![Number(0.0), Absent, Text("k"), Absent, Absent],
                "entryFail" => vec![Number(0.0), Text("org"), Text("key"), Text("a"), Number(0.0)],
                _ => vec![Number(0.0), Text("org"), Text("key"), Text("a"), Absent, Number(7.0)],
            };
            let mut arguments = given(&values);
            let shown = format!("{:?}", decode(asked(name, 0), &mut arguments).unwrap());
            assert!(shown.starts_with(&name["entry".len()..]), "{name} is {shown}");
        }
        let mut arguments = given(&[]);
        assert!(decode(Asked { verb: VERBS.len() as u8, flags: 0, detail: 0 }, &mut arguments).is_err());
    }

    #[test]
    fn a_change_has_tags_then_keys() {
        let mut arguments =
            given(&[Number(3.0), Absent, Text("token"), Number(2.0), Text("a"), Number(5.0), Text("k")]);
        let Call::Mutate { scope, token, tags, keys, phase } =
            decode(asked("entryMutate", END), &mut arguments).unwrap()
        else {
            panic!("no change");
        };
        assert_eq!((scope.cache, scope.organization, token, phase), (3, None, "token", Phase::End));
        let texts = |texts: Texts<'_>| texts.iter().map(|text| text.unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!((texts(tags), texts(keys)), (vec!["a".to_owned(), "5".to_owned()], vec!["k".to_owned()]));
    }

    #[test]
    fn too_many_tags_or_keys_are_refused() {
        let mut tags: Vec<_> = (0..65).map(|_| Text("t")).collect();
        tags.splice(0..0, [Number(0.0), Absent]);
        assert_eq!(decode(asked("entryTags", 0), &mut given(&tags)).unwrap_err().code(), ErrorCode::Tag);
        let mut keys: Vec<_> = (0..=MAX_KEYS).map(|_| Text("k")).collect();
        keys.splice(0..0, [Number(0.0), Absent, Text(""), Number(0.0)]);
        assert_eq!(
            decode(asked("entryMutate", 0), &mut given(&keys)).unwrap_err().code(),
            ErrorCode::Argument
        );
    }

    #[test]
    fn a_key_must_be_there() {
        let refused = decode(asked("entryGet", 0), &mut given(&[Number(0.0), Absent, Absent])).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Key);
        assert!(decode(asked("entryGet", 0), &mut given(&[Absent, Absent, Text("k")])).is_err());
    }
}
