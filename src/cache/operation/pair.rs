//! Writes two values that belong together: both directions of a mapping.

use std::time::Duration;

use super::behaviour::{Behaviour, Reply};
use super::reply::{lifetime, written};
use super::set::append_set;
use crate::cache::ticket::CacheRequest;
use crate::journal::Write;
use crate::lane::{Arguments, Node, Requests, append_command};
use crate::outage::{Change, Step};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct SetPair<'a> {
    /// A key and its value.
    pub first: (&'a [u8], &'a [u8]),
    pub second: (&'a [u8], &'a [u8]),
    pub ttl: Duration,
}

impl<'a> Behaviour<'a> for SetPair<'a> {
    const IS_TRANSACTION: bool = true;

    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_command(out, &[b"MULTI"]);
        append_set(out, self.first.0, self.first.1, self.ttl);
        append_set(out, self.second.0, self.second.1, self.ttl);
        append_command(out, &[b"EXEC"]);
        4
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<SetPair<'a>> {
        let first = (arguments.nth(2)?, arguments.next()?);
        let ttl = lifetime(arguments.nth(1)?)?;
        Some(SetPair { first, second: (arguments.nth(1)?, arguments.next()?), ttl })
    }

    fn step(&self) -> Step<'a> {
        let SetPair { first, second, ttl } = *self;
        Step::WriteBoth([first, second].map(|(key, value)| Change {
            key,
            write: Write::Set { value },
            ttl: Some(ttl),
            index: None,
        }))
    }

    fn is_expected(node: &Node<'_>) -> bool {
        matches!(node, Node::Array(_))
    }

    fn replied<'f>(
        &self,
        reply: &Reply<'_, 'f>,
        next: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'f>> {
        written(reply, &self.step(), next);
        Some(Outcome::Boolean(true))
    }
}
