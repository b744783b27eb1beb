//! Reads a field of a hash.

use super::behaviour::{Behaviour, Reply};
use super::reply::{stored, value_read};
use crate::cache::ticket::CacheRequest;
use crate::lane::{Arguments, Node, Requests, append_command};
use crate::outage::{Read, Step, pending_fill};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct HashGet<'a> {
    pub key: &'a [u8],
    pub field: &'a [u8],
}

impl<'a> Behaviour<'a> for HashGet<'a> {
    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_command(out, &[b"HGET", self.key, self.field]);
        1
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<HashGet<'a>> {
        Some(HashGet { key: arguments.nth(1)?, field: arguments.next()? })
    }

    fn step(&self) -> Step<'a> {
        Step::Read(Read::Field { key: self.key, field: self.field })
    }

    fn is_expected(node: &Node<'_>) -> bool {
        matches!(node, Node::Bulk(_) | Node::Null)
    }

    fn replied<'f>(
        &self,
        reply: &Reply<'_, 'f>,
        next: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'f>> {
        let stored = stored(reply.frame);
        let stand_in = &reply.context.stand_in;
        pending_fill::saw_field(stand_in, (self.key, self.field), stored, reply.now, next);
        Some(value_read(reply, stored))
    }
}
