//! The trait that each operation fulfils, and the arguments of its methods.

use std::time::{Duration, Instant};

use crate::cache::context::Context;
use crate::cache::ticket::CacheRequest;
use crate::lane::{Arguments, Frame, Node, Requests};
use crate::outage::Step;
use crate::redis::Outcome;

/// One step on one key, or two that belong together, with everything spelled out.
///
/// A lane keeps the bytes of each request until its reply is here. When that never comes, the operation is read
/// back out of them, so the healthy path copies nothing for the sick one.
pub trait Behaviour<'a>: Sized {
    /// Whether the request is a transaction, whose reply may hold the error of a command.
    const IS_TRANSACTION: bool = false;

    /// Appends the request and gives the number of replies it will have.
    fn append(&self, out: &mut Vec<u8>) -> u32;

    /// Reads a request back that `append` wrote.
    fn parse(arguments: &mut Arguments<'a>) -> Option<Self>;

    /// What it reads or changes. Memory answers and the journal keeps it by that.
    fn step(&self) -> Step<'a>;

    /// Whether a reply is of a type that the request can have.
    fn is_expected(node: &Node<'_>) -> bool;

    /// The outcome, or `None` where a further request was put into `next`.
    fn replied<'f>(
        &self,
        reply: &Reply<'_, 'f>,
        next: &mut impl Requests<CacheRequest>,
    ) -> Option<Outcome<'f>>;

    /// Redis has a value of another type under the key. A read finds nothing, and the value counts as corrupt; a write
    /// is refused.
    fn wrong_type(&self, refusal: &Refusal<'_>, _: &mut impl Requests<CacheRequest>) -> WrongType {
        let Step::Read(read) = self.step() else { return WrongType::Refused };
        let health = refusal.context.health();
        health.counters().corrupt_values.increment();
        health.read(refusal.elapsed, false);
        WrongType::Settled(read.miss())
    }
}

/// A reply that has come.
pub struct Reply<'r, 'f> {
    pub context: &'r Context,
    pub token: &'r CacheRequest,
    pub frame: Frame<'f>,
    pub now: Instant,
    /// Since the call was made.
    pub elapsed: Duration,
}

/// An error in place of a reply.
pub struct Refusal<'r> {
    pub context: &'r Context,
    pub token: &'r CacheRequest,
    pub request: &'r [u8],
    pub elapsed: Duration,
}

/// What becomes of a call whose key has a value of another type.
pub enum WrongType {
    Settled(Outcome<'static>),
    /// Further requests are to make room for it.
    Mended,
    /// It is an error like any other.
    Refused,
}
