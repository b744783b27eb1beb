//! Writes a value of no organization.

use std::time::Duration;

use super::behaviour::{Behaviour, Reply};
use super::reply::{lifetime, written};
use crate::cache::ticket::CacheRequest;
use crate::journal::Write;
use crate::lane::{Arguments, Node, Requests, append_argument, append_header, append_integer_argument};
use crate::outage::lifetime::milliseconds;
use crate::outage::{Change, Step};
use crate::redis::Outcome;

#[derive(Debug, PartialEq, Eq)]
pub struct Set<'a> {
    pub key: &'a [u8],
    pub value: &'a [u8],
    pub ttl: Duration,
}

impl<'a> Behaviour<'a> for Set<'a> {
    fn append(&self, out: &mut Vec<u8>) -> u32 {
        append_set(out, self.key, self.value, self.ttl);
        1
    }

    fn parse(arguments: &mut Arguments<'a>) -> Option<Set<'a>> {
        let (key, value) = (arguments.nth(1)?, arguments.next()?);
        Some(Set { key, value, ttl: lifetime(arguments.nth(1)?)? })
    }

    fn step(&self) -> Step<'a> {
        let Set { key, value, ttl } = *self;
        Step::Write(Change { key, write: Write::Set { value }, ttl: Some(ttl), index: None })
    }

    fn is_expected(node: &Node<'_>) -> bool {
        matches!(node, Node::Status(_))
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

/// Appends a SET of a value that lives `ttl`.
pub fn append_set(out: &mut Vec<u8>, key: &[u8], value: &[u8], ttl: Duration) {
    append_header(out, 5);
    append_argument(out, b"SET");
    append_argument(out, key);
    append_argument(out, value);
    append_argument(out, b"PX");
    append_integer_argument(out, milliseconds(ttl));
}
