//! Writes a field of a hash, which belongs to an organization.

use std::time::Duration;

use super::behaviour::{Behaviour, Refusal, Reply, WrongType};
use super::kind::OperationKind;
use super::reply::{lifetime, written};
use crate::cache::organization::{after_indexed_write, append_index_entry};
use crate::cache::scripts::DROP_UNLESS_HASH;
use crate::cache::ticket::{CacheRequest, FollowedBy, Purpose, unasked};
use crate::journal::Write;
use crate::lane::{
    Arguments, Node, Requests, append_argument, append_command, append_header, append_integer_argument,
};
use crate::outage::lifetime::milliseconds;
use crate::outage::{Change, Step};
use crate::redis::Outcome;

/// MULTI, four commands, EXEC.
const REPLIES: u32 = 6;

#[derive(Debug, PartialEq, Eq)]
pub struct HashSet<'a> {
    pub key: &'a [u8],
    pub field: &'a [u8],
    pub value: &'a [u8],
    pub ttl: Duration,
    pub index: &'a [u8],
}

impl<'a> Behaviour<'a> for HashSet<'a> {
    const IS_TRANSACTION: bool = true;

    fn append(&self, out: &mut Vec<u8>) -> u32 {
        let HashSet { key, field, value, ttl, index } = *self;
        append_command(out, &[b"MULTI"]);
        append_command(out, &[b"HSET", key, field, value]);
        append_header(out, 3);
        append_argument(out, b"PEXPIRE");
        append_argument(out, key);
        append_integer_argument(out, milliseconds(ttl));
        append_index_entry(out, index, key, ttl);
        append_command(out, &[b"PTTL", index]);
        append_command(out, &[b"EXEC"]);
        REPLIES
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<HashSet<'a>> {
        let (key, field, value) = (arguments.nth(2)?, arguments.next()?, arguments.next()?);
        let ttl = lifetime(arguments.nth(2)?)?;
        Some(HashSet { key, field, value, ttl, index: arguments.nth(1)? })
    }

    fn step(&self) -> Step<'a> {
        let HashSet { key, field, value, ttl, index } = *self;
        let write = Write::SetField { field, value };
        Step::Write(Change { key, write, ttl: Some(ttl), index: Some(index) })
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

    /// The key gives way, and the field is set again. A writer who puts the old type back each time is met until the
    /// call's deadline.
    fn wrong_type(&self, refusal: &Refusal<'_>, next: &mut impl Requests<CacheRequest>) -> WrongType {
        let Refusal { context, token, request, .. } = *refusal;
        let deadline = context.deadline(token.issued);
        next.push(unasked(Purpose::Upkeep, token.issued), deadline, |out| {
            append_command(out, &[b"EVAL", DROP_UNLESS_HASH, b"1", self.key]);
            1
        });
        let mut again = token.followed_by(Purpose::Operation(OperationKind::HashSet));
        again.ticket.near = context.begin_near_writes(self.step().changes());
        next.push(again, deadline, |out| {
            out.extend_from_slice(request);
            REPLIES
        });
        WrongType::Mended
    }
}
