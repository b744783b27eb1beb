//! Reads all fields of a hash.

use super::behaviour::{Behaviour, Reply};
use super::reply::fields;
use crate::cache::context::Context;
use crate::cache::ticket::CacheRequest;
use crate::lane::{Arguments, Node, Requests, append_command};
use crate::outage::{Read, Step, pending_fill};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct HashEntries<'a> {
    pub key: &'a [u8],
}

impl<'a> Behaviour<'a> for HashEntries<'a> {
    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_command(out, &[b"HGETALL", self.key]);
        1
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<HashEntries<'a>> {
        Some(HashEntries { key: arguments.nth(1)? })
    }

    fn step(&self) -> Step<'a> {
        Step::Read(Read::Fields { key: self.key })
    }

    fn is_expected(node: &Node<'_>) -> bool {
        matches!(node, Node::Map(_) | Node::Array(_))
    }

    fn replied<'f>(
        &self,
        reply: &Reply<'_, 'f>,
        next: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'f>> {
        let fields = fields(reply.frame);
        let stand_in = &reply.context.stand_in;
        pending_fill::saw_fields(stand_in, self.key, fields.iter().copied(), reply.now, next);
        let entries = decoded(reply.context, &fields);
        reply.context.health().read(reply.elapsed, !entries.is_empty());
        Some(Outcome::Entries(entries))
    }
}

fn decoded(context: &Context, fields: &[(&[u8], &[u8])]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::with_capacity(fields.len());
    for (field, stored) in fields {
        match context.codec.decode(stored) {
            Ok(json) => entries.push((field.to_vec(), json.into_owned())),
            Err(_) => context.health().counters().corrupt_values.increment(),
        }
    }
    entries
}
