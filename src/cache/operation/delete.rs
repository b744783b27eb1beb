//! Deletes a value.

use super::behaviour::{Behaviour, Reply};
use super::reply::deleted;
use crate::cache::ticket::CacheRequest;
use crate::journal::Write;
use crate::lane::{Arguments, Node, Requests, append_command};
use crate::outage::{Change, Step};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct Delete<'a> {
    pub key: &'a [u8],
}

impl<'a> Behaviour<'a> for Delete<'a> {
    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_command(out, &[b"DEL", self.key]);
        1
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<Delete<'a>> {
        Some(Delete { key: arguments.nth(1)? })
    }

    fn step(&self) -> Step<'a> {
        Step::Write(Change { key: self.key, write: Write::Delete, ttl: None, index: None })
    }

    fn is_expected(node: &Node<'_>) -> bool {
        matches!(node, Node::Integer(_))
    }

    fn replied<'f>(&self, reply: &Reply<'_, 'f>, _: &mut impl Requests<CacheRequest>) -> Option<Outcome<'f>> {
        deleted(reply, &self.step())
    }
}
