//! Deletes a field of a hash.

use super::behaviour::{Behaviour, Refusal, Reply, WrongType};
use super::reply::deleted;
use crate::cache::ticket::CacheRequest;
use crate::journal::Write;
use crate::lane::{Arguments, Node, Requests, append_command};
use crate::outage::{Change, Step};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct HashDelete<'a> {
    pub key: &'a [u8],
    pub field: &'a [u8],
}

impl<'a> Behaviour<'a> for HashDelete<'a> {
    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_command(out, &[b"HDEL", self.key, self.field]);
        1
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<HashDelete<'a>> {
        Some(HashDelete { key: arguments.nth(1)?, field: arguments.next()? })
    }

    fn step(&self) -> Step<'a> {
        let write = Write::DeleteField { field: self.field };
        Step::Write(Change { key: self.key, write, ttl: None, index: None })
    }

    fn is_expected(node: &Node<'_>) -> bool {
        matches!(node, Node::Integer(_))
    }

    fn replied<'f>(&self, reply: &Reply<'_, 'f>, _: &mut impl Requests<CacheRequest>) -> Option<Outcome<'f>> {
        deleted(reply, &self.step())
    }

    /// A plain value has no fields.
    fn wrong_type(&self, refusal: &Refusal<'_>, _: &mut impl Requests<CacheRequest>) -> WrongType {
        refusal.context.health().write(refusal.elapsed);
        WrongType::Settled(Outcome::Boolean(false))
    }
}
