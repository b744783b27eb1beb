//! Operations on keys, as requests for Redis and back.
//!
//! A lane keeps the bytes of each request until its reply is here. When that never comes, the
//! operation is read back out of them, so the healthy path copies nothing for the sick one.

use std::time::Duration;

use super::upkeep::append_index_entry;
use crate::journal::Write;
use crate::lane::{Arguments, append_argument, append_command, append_header, append_integer_argument};
use crate::outage::lifetime::milliseconds;
use crate::outage::{Change, Read, Step};

/// One step on one key (or two that belong together), with everything spelled out.
#[derive(Debug, PartialEq, Eq)]
pub enum Operation<'a> {
    Get { key: &'a [u8] },
    Set { key: &'a [u8], value: &'a [u8], ttl: Duration, index: Option<&'a [u8]> },
    SetPair { first: (&'a [u8], &'a [u8]), second: (&'a [u8], &'a [u8]), ttl: Duration },
    Delete { key: &'a [u8] },
    HashGet { key: &'a [u8], field: &'a [u8] },
    HashSet { key: &'a [u8], field: &'a [u8], value: &'a [u8], ttl: Duration, index: &'a [u8] },
    HashDelete { key: &'a [u8], field: &'a [u8] },
    HashEntries { key: &'a [u8] },
}

/// Replies of `Operation::HashSet`: MULTI, four commands, EXEC.
pub const HASH_SET_REPLIES: u32 = 6;

/// Which operation a request is, small enough to travel with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    Get,
    Set,
    SetIndexed,
    SetPair,
    Delete,
    HashGet,
    HashSet,
    HashDelete,
    HashEntries,
}

impl Operation<'_> {
    pub fn kind(&self) -> OperationKind {
        match self {
            Operation::Get { .. } => OperationKind::Get,
            Operation::Set { index: None, .. } => OperationKind::Set,
            Operation::Set { index: Some(_), .. } => OperationKind::SetIndexed,
            Operation::SetPair { .. } => OperationKind::SetPair,
            Operation::Delete { .. } => OperationKind::Delete,
            Operation::HashGet { .. } => OperationKind::HashGet,
            Operation::HashSet { .. } => OperationKind::HashSet,
            Operation::HashDelete { .. } => OperationKind::HashDelete,
            Operation::HashEntries { .. } => OperationKind::HashEntries,
        }
    }

    /// The key, or the first of two.
    pub fn key(&self) -> &[u8] {
        match *self {
            Operation::Get { key }
            | Operation::Set { key, .. }
            | Operation::SetPair { first: (key, _), .. }
            | Operation::Delete { key }
            | Operation::HashGet { key, .. }
            | Operation::HashSet { key, .. }
            | Operation::HashDelete { key, .. }
            | Operation::HashEntries { key } => key,
        }
    }

    /// The other key of two that belong together.
    pub fn second_key(&self) -> Option<&[u8]> {
        match *self {
            Operation::SetPair { second: (key, _), .. } => Some(key),
            _ => None,
        }
    }

    /// What it reads or changes.
    pub fn step(&self) -> Step<'_> {
        let set =
            |(key, value), ttl, index| Change { key, write: Write::Set { value }, ttl: Some(ttl), index };
        match *self {
            Operation::Get { key } => Step::Read(Read::Value { key }),
            Operation::Set { key, value, ttl, index } => Step::Write(set((key, value), ttl, index)),
            Operation::SetPair { first, second, ttl } => {
                Step::WriteBoth([set(first, ttl, None), set(second, ttl, None)])
            }
            Operation::Delete { key } => {
                Step::Write(Change { key, write: Write::Delete, ttl: None, index: None })
            }
            Operation::HashGet { key, field } => Step::Read(Read::Field { key, field }),
            Operation::HashSet { key, field, value, ttl, index } => {
                let write = Write::SetField { field, value };
                Step::Write(Change { key, write, ttl: Some(ttl), index: Some(index) })
            }
            Operation::HashDelete { key, field } => {
                Step::Write(Change { key, write: Write::DeleteField { field }, ttl: None, index: None })
            }
            Operation::HashEntries { key } => Step::Read(Read::Fields { key }),
        }
    }

    pub fn is_read(&self) -> bool {
        matches!(self.kind(), OperationKind::Get | OperationKind::HashGet | OperationKind::HashEntries)
    }

    /// Appends the request and gives the number of replies it will have.
    ///
    /// A value and its index entry are one transaction: between the two, another process could
    /// clear the organization and leave a value that no index finds. Its last command asks for
    /// the index's lifetime, which must not end before the value's.
    pub fn append(&self, out: &mut Vec<u8>) -> u32 {
        match *self {
            Operation::Get { key } => append_command(out, &[b"GET", key]),
            Operation::Set { key, value, ttl, index: None } => append_set(out, key, value, ttl),
            Operation::Set { key, value, ttl, index: Some(index) } => {
                append_command(out, &[b"MULTI"]);
                append_set(out, key, value, ttl);
                append_index_entry(out, index, key, ttl);
                append_command(out, &[b"PTTL", index]);
                append_command(out, &[b"EXEC"]);
                return 5;
            }
            Operation::SetPair { first, second, ttl } => {
                append_command(out, &[b"MULTI"]);
                append_set(out, first.0, first.1, ttl);
                append_set(out, second.0, second.1, ttl);
                append_command(out, &[b"EXEC"]);
                return 4;
            }
            Operation::Delete { key } => append_command(out, &[b"DEL", key]),
            Operation::HashGet { key, field } => append_command(out, &[b"HGET", key, field]),
            Operation::HashSet { key, field, value, ttl, index } => {
                append_command(out, &[b"MULTI"]);
                append_command(out, &[b"HSET", key, field, value]);
                append_header(out, 3);
                append_argument(out, b"PEXPIRE");
                append_argument(out, key);
                append_integer_argument(out, milliseconds(ttl));
                append_index_entry(out, index, key, ttl);
                append_command(out, &[b"PTTL", index]);
                append_command(out, &[b"EXEC"]);
                return HASH_SET_REPLIES;
            }
            Operation::HashDelete { key, field } => append_command(out, &[b"HDEL", key, field]),
            Operation::HashEntries { key } => append_command(out, &[b"HGETALL", key]),
        }
        1
    }

    /// Reads a request back that `append` wrote.
    pub fn parse(kind: OperationKind, request: &[u8]) -> Option<Operation<'_>> {
        let mut arguments = Arguments::new(request);
        let mut next = |skip: usize| arguments.nth(skip);
        Some(match kind {
            OperationKind::Get => Operation::Get { key: next(1)? },
            OperationKind::Set => {
                let (key, value, ttl) = (next(1)?, next(0)?, duration(next(1)?)?);
                Operation::Set { key, value, ttl, index: None }
            }
            OperationKind::SetIndexed => {
                let (key, value, ttl) = (next(2)?, next(0)?, duration(next(1)?)?);
                Operation::Set { key, value, ttl, index: Some(next(1)?) }
            }
            OperationKind::SetPair => {
                let (key, value, ttl) = (next(2)?, next(0)?, duration(next(1)?)?);
                Operation::SetPair { first: (key, value), second: (next(1)?, next(0)?), ttl }
            }
            OperationKind::Delete => Operation::Delete { key: next(1)? },
            OperationKind::HashGet => Operation::HashGet { key: next(1)?, field: next(0)? },
            OperationKind::HashSet => {
                let (key, field, value) = (next(2)?, next(0)?, next(0)?);
                Operation::HashSet { key, field, value, ttl: duration(next(2)?)?, index: next(1)? }
            }
            OperationKind::HashDelete => Operation::HashDelete { key: next(1)?, field: next(0)? },
            OperationKind::HashEntries => Operation::HashEntries { key: next(1)? },
        })
    }
}

fn append_set(out: &mut Vec<u8>, key: &[u8], value: &[u8], ttl: Duration) {
    append_header(out, 5);
    append_argument(out, b"SET");
    append_argument(out, key);
    append_argument(out, value);
    append_argument(out, b"PX");
    append_integer_argument(out, milliseconds(ttl));
}

fn duration(milliseconds: &[u8]) -> Option<Duration> {
    Some(Duration::from_millis(std::str::from_utf8(milliseconds).ok()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_can_be_read_back_from_its_request() {
        let ttl = Duration::from_millis(1500);
        let operations = [
            Operation::Get { key: b"k" },
            Operation::Set { key: b"k", value: b"$3\r\nv", ttl, index: None },
            Operation::Set { key: b"k", value: b"", ttl, index: Some(b"i") },
            Operation::SetPair { first: (b"a", b"1"), second: (b"b", b"2"), ttl },
            Operation::Delete { key: b"k" },
            Operation::HashGet { key: b"k", field: b"f" },
            Operation::HashSet { key: b"k", field: b"f", value: b"v", ttl, index: b"i" },
            Operation::HashDelete { key: b"k", field: b"f" },
            Operation::HashEntries { key: b"k" },
        ];
        for operation in operations {
            let mut request = Vec::new();
            let replies = operation.append(&mut request);
            let heads = Arguments::new(&request).filter(|word| {
                [&b"MULTI"[..], b"EXEC", b"GET", b"SET", b"DEL", b"PTTL", b"ZADD"].contains(word)
                    || word.starts_with(b"H")
                    || *word == b"PEXPIRE"
            });
            assert_eq!(heads.count() as u32, replies, "{operation:?}");
            assert_eq!(Operation::parse(operation.kind(), &request), Some(operation));
        }
    }
}
