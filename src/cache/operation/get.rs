//! Reads a value.

use super::behaviour::{Behaviour, Reply};
use super::reply::{stored, value_read};
use crate::cache::legacy;
use crate::cache::ticket::CacheRequest;
use crate::lane::{Arguments, Node, Requests, append_command};
use crate::outage::{Read, Step, pending_fill};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct Get<'a> {
    pub key: &'a [u8],
}

impl<'a> Behaviour<'a> for Get<'a> {
    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_command(out, &[b"GET", self.key]);
        1
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<Get<'a>> {
        Some(Get { key: arguments.nth(1)? })
    }

    fn step(&self) -> Step<'a> {
        Step::Read(Read::Value { key: self.key })
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
        reply.context.near_answered(&reply.token.ticket.near, self.key, stored, reply.now);
        pending_fill::saw_value(&reply.context.stand_in, self.key, stored, reply.now, next);
        if stored.is_none() && legacy::ask(reply.context, self.key, reply.token, next) {
            return None;
        }
        Some(value_read(reply, stored))
    }
}
