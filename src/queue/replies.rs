//! What the scripts answer, as the steps' replies.

use super::contract::{Hints, Reply, Shape, Turned, Word};
use crate::error::{Error, ErrorCode, Result};
use crate::lane::{Frame, Node};

fn garbled() -> Error {
    Error::new(ErrorCode::Reply, "Redis answered a step of a queue with something that is no answer to it")
}

impl Shape {
    /// # Errors
    /// The reply is no answer to such a step.
    pub fn read(self, frame: Frame<'_>) -> Result<Reply> {
        if let Some(line) = frame.error() {
            return Err(Error::reply(&line));
        }
        if self == Shape::Update {
            return match frame.node() {
                Node::Integer(number) => Ok(Reply::Updated(number == 1)),
                _ => Err(garbled()),
            };
        }
        let Node::Array(mut parts) = frame.node() else { return Err(garbled()) };
        if self == Shape::Words {
            return parts.map(word).collect::<Result<Vec<_>>>().map(Reply::Words);
        }
        let first = integer(parts.next())?;
        if first == 0 && self != Shape::Sweep {
            return Ok(Reply::Stale);
        }
        let hints = Hints {
            ready: integer(parts.next())?.max(0) as u64,
            due_ms: u64::try_from(integer(parts.next())?).ok(),
            is_paused: integer(parts.next())? == 1,
        };
        Ok(match self {
            Shape::Add if first == 2 => Reply::Full { hints },
            Shape::Add => {
                let mut held = Vec::new();
                while let Some(at) = parts.next() {
                    let id = text(parts.next())?;
                    held.push((integer(Some(at))? as usize, Some(id).filter(|id| !id.is_empty())));
                }
                Reply::Added { hints, held }
            }
            Shape::Turn => {
                let (lost, died) = (positions(parts.next())?, positions(parts.next())?);
                let Some(Node::Array(mut pairs)) = parts.next() else { return Err(garbled()) };
                let mut given = Vec::with_capacity(pairs.remaining() / 2);
                while let Some(member) = pairs.next() {
                    let Some(Node::Bulk(record)) = pairs.next() else { return Err(garbled()) };
                    given.push((text(Some(member))?, record.to_vec()));
                }
                let missing = integer(parts.next())? as u64;
                Reply::Turned(Turned { hints, lost, died, given, missing })
            }
            Shape::Renew => {
                Reply::Renewed { hints, lost: positions(parts.next())?, stopped: positions(parts.next())? }
            }
            Shape::Sweep => {
                let Some(Node::Array(mut pairs)) = parts.next() else { return Err(garbled()) };
                let mut stalled = Vec::new();
                while let Some(id) = pairs.next() {
                    stalled.push((text(Some(id))?, integer(pairs.next())? == 1));
                }
                let missing = integer(parts.next())? as u64;
                let slot_ms = u64::try_from(integer(parts.next())?).ok();
                let server_ms = integer(parts.next())?;
                Reply::Swept { hints, swept: first == 1, stalled, missing, slot_ms, server_ms }
            }
            Shape::Update | Shape::Words => return Err(garbled()),
        })
    }
}

fn integer(node: Option<Node<'_>>) -> Result<i64> {
    match node {
        Some(Node::Integer(number)) => Ok(number),
        _ => Err(garbled()),
    }
}

fn text(node: Option<Node<'_>>) -> Result<String> {
    match node {
        Some(Node::Bulk(text)) => String::from_utf8(text.to_vec()).map_err(|_| garbled()),
        _ => Err(garbled()),
    }
}

fn positions(node: Option<Node<'_>>) -> Result<Vec<usize>> {
    match node {
        Some(Node::Array(items)) => items.map(|item| integer(Some(item)).map(|at| at as usize)).collect(),
        _ => Err(garbled()),
    }
}

fn word(node: Node<'_>) -> Result<Word> {
    match node {
        Node::Integer(number) => Ok(Word::Number(number)),
        Node::Bulk(text) => Ok(Word::Text(text.to_vec())),
        Node::Null => Ok(Word::Text(Vec::new())),
        _ => Err(garbled()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_of_another_shape_is_an_error() {
        for reply in
            [&b"+OK\r\n"[..], b"*1\r\n:1\r\n", b"*4\r\n:1\r\n:0\r\n:0\r\n$1\r\nx\r\n", b"-OOM no\r\n"]
        {
            assert!(Shape::Turn.read(Frame::new(reply)).is_err());
        }
        let stale = Shape::Turn.read(Frame::new(b"*1\r\n:0\r\n")).unwrap();
        assert_eq!(stale, Reply::Stale);
    }
}
