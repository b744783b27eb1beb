//! One operation of the list, and what it says of itself.

use super::behaviour::{Behaviour, Refusal, Reply, WrongType};
use super::delete::Delete;
use super::get::Get;
use super::hash_delete::HashDelete;
use super::hash_entries::HashEntries;
use super::hash_get::HashGet;
use super::hash_set::HashSet;
use super::kind::{OperationKind, for_each_operation};
use super::pair::SetPair;
use super::set::Set;
use super::set_indexed::SetIndexed;
use crate::cache::ticket::CacheRequest;
use crate::lane::{Arguments, Frame, Node, Requests};
use crate::outage::Step;
use crate::redis::Outcome;

macro_rules! operations {
    ($($name:ident)+) => {
        /// One operation of the list.
        #[derive(Debug, PartialEq, Eq)]
        pub enum Operation<'a> {
            $($name($name<'a>),)+
        }

        impl<'a> Operation<'a> {
            pub fn kind(&self) -> OperationKind {
                match self {
                    $(Operation::$name(_) => OperationKind::$name,)+
                }
            }

            /// Appends the request and gives the number of replies it will have.
            pub fn append(&self, out: &mut Vec<u8>) -> u32 {
                match self {
                    $(Operation::$name(operation) => operation.append(out),)+
                }
            }

            /// Reads a request back that `append` wrote.
            pub fn parse(kind: OperationKind, request: &'a [u8]) -> Option<Operation<'a>> {
                let mut arguments = Arguments::new(request);
                match kind {
                    $(OperationKind::$name => $name::parse(&mut arguments).map(Operation::$name),)+
                }
            }

            /// What it reads or changes.
            pub fn step(&self) -> Step<'a> {
                match self {
                    $(Operation::$name(operation) => operation.step(),)+
                }
            }

            /// The outcome, or `None` where a further request was put into `next`.
            pub fn replied<'f>(
                &self,
                reply: &Reply<'_, 'f>,
                next: &mut impl Requests<CacheRequest>,
            ) -> Option<Outcome<'f>> {
                match self {
                    $(Operation::$name(operation) => operation.replied(reply, next),)+
                }
            }

            /// Redis has a value of another type under the key.
            pub fn wrong_type(
                &self,
                refusal: &Refusal<'_>,
                next: &mut impl Requests<CacheRequest>,
            ) -> WrongType {
                match self {
                    $(Operation::$name(operation) => operation.wrong_type(refusal, next),)+
                }
            }

            /// Whether a reply is of a type that a request of this kind can have.
            pub fn is_expected(kind: OperationKind, node: &Node<'_>) -> bool {
                match kind {
                    $(OperationKind::$name => $name::is_expected(node),)+
                }
            }

            fn is_transaction(kind: OperationKind) -> bool {
                match kind {
                    $(OperationKind::$name => $name::IS_TRANSACTION,)+
                }
            }
        }
    };
}

for_each_operation!(operations);

impl Operation<'_> {
    /// The first error among the replies of a transaction, which EXEC itself does not report.
    pub fn error_in(kind: OperationKind, frame: Frame<'_>) -> Option<String> {
        if !Operation::is_transaction(kind) {
            return None;
        }
        let items = match frame.node() {
            Node::Array(items) => items,
            Node::Null => return Some("EXECABORT the transaction was not carried out".to_owned()),
            _ => return None,
        };
        items.into_iter().find_map(|item| match item {
            Node::Error(line) => Some(String::from_utf8_lossy(line).into_owned()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_operation_can_be_read_back_from_its_request() {
        let ttl = Duration::from_millis(1500);
        let operations = [
            Operation::Get(Get { key: b"k" }),
            Operation::Set(Set { key: b"k", value: b"$3\r\nv", ttl }),
            Operation::SetIndexed(SetIndexed { key: b"k", value: b"", ttl, index: b"i" }),
            Operation::SetPair(SetPair { first: (b"a", b"1"), second: (b"b", b"2"), ttl }),
            Operation::Delete(Delete { key: b"k" }),
            Operation::HashGet(HashGet { key: b"k", field: b"f" }),
            Operation::HashSet(HashSet { key: b"k", field: b"f", value: b"v", ttl, index: b"i" }),
            Operation::HashDelete(HashDelete { key: b"k", field: b"f" }),
            Operation::HashEntries(HashEntries { key: b"k" }),
        ];
        for operation in operations {
            let mut request = Vec::new();
            let replies = operation.append(&mut request);
            let heads = Arguments::new(&request).filter(|word| {
                [&b"MULTI"[..], b"EXEC", b"GET", b"SET", b"DEL", b"PTTL", b"ZADD"].contains(word)
                    || word.starts_with(b"H")
                    || *word == b"PEXPIRE"
            });
            assert_eq!(heads.count() as u32, replies, "{operation:?}");
            assert_eq!(Operation::parse(operation.kind(), &request), Some(operation));
        }
    }
}
