//! Writes a value of an organization.

use std::time::Duration;

use super::behaviour::{Behaviour, Reply};
use super::reply::{lifetime, written};
use super::set::append_set;
use crate::cache::organization::{after_indexed_write, append_index_entry};
use crate::cache::ticket::CacheRequest;
use crate::journal::Write;
use crate::lane::{Arguments, Node, Requests, append_command};
use crate::outage::{Change, Step};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct SetIndexed<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    pub ttl: Duration,
    pub index: &'a [u8],
}

impl<'a> Behaviour<'a> for SetIndexed<'a> {
    const IS_TRANSACTION: bool = true;

    /// A value and its index entry are one transaction: between the two, another process could
    /// clear the organization and leave a value that no index finds. Its last command asks for
    /// the index's lifetime, which must not end before the value's.
    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_command(out, &[b"MULTI"]);
        append_set(out, self.key, self.value, self.ttl);
        append_index_entry(out, self.index, self.key, self.ttl);
        append_command(out, &[b"PTTL", self.index]);
        append_command(out, &[b"EXEC"]);
        5
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<SetIndexed<'a>> {
        let (key, value) = (arguments.nth(2)?, arguments.next()?);
        Some(SetIndexed { key, value, ttl: lifetime(arguments.nth(1)?)?, index: arguments.nth(1)? })
    }

    fn step(&self) -> Step<'a> {
        let SetIndexed { key, value, ttl, index } = *self;
        Step::Write(Change { key, write: Write::Set { value }, ttl: Some(ttl), index: Some(index) })
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
        if after_indexed_write(reply.context, (self.index, self.ttl), reply.frame, reply.token, next) {
            return None;
        }
        Some(Outcome::Boolean(true))
    }
}
