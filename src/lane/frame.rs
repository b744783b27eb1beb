//! A complete reply, read in place: no tree is built, and every text borrows from the receive buffer.

use std::borrow::Cow;

/// The bytes of one complete reply, as measured by the scanner.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    bytes: &'a [u8],
}

/// One value of a reply. An aggregate gives its elements through `Items`.
#[derive(Debug)]
pub enum Node<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// A bulk string, or a verbatim string without its format mark.
    Bulk(&'a [u8]),
    Status(&'a [u8]),
    Error(&'a [u8]),
    /// A double or a big number, in the server's digits.
    Number(&'a [u8]),
    Array(Items<'a>),
    /// A map: keys and values alternate.
    Map(Items<'a>),
}

/// The elements of an aggregate.
#[derive(Debug)]
pub struct Items<'a> {
    rest: &'a [u8],
    remaining: usize,
}

impl<'a> Frame<'a> {
    /// `bytes` must be a reply that a `Scanner` found complete.
    pub fn new(bytes: &'a [u8]) -> Self {
        Frame { bytes }
    }

    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Whether the frame is out-of-band data, which answers no request.
    pub fn is_push(self) -> bool {
        self.bytes.first() == Some(&b'>')
    }

    /// Whether the frame reports a command to a connection in MONITOR mode, e.g. `+1700000000.123456 [0
    /// 127.0.0.1:6379] "get" "k"`.
    pub fn is_monitored(self) -> bool {
        let Node::Status(line) = self.node() else { return false };
        let seconds = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
        seconds > 0 && line[seconds..].starts_with(b".") && line.ends_with(b"\"")
    }

    /// The line of an error reply; `None` for any other reply.
    pub fn error(self) -> Option<Cow<'a, str>> {
        match self.node() {
            Node::Error(line) => Some(String::from_utf8_lossy(line)),
            _ => None,
        }
    }

    pub fn node(self) -> Node<'a> {
        take(self.bytes).map_or(Node::Null, |(node, _)| node)
    }
}

impl Items<'_> {
    /// The number of remaining elements.
    pub fn remaining(&self) -> usize {
        self.remaining
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        self.remaining = self.remaining.checked_sub(1)?;
        let (node, length) = take(self.rest)?;
        self.rest = match &node {
            // An aggregate's elements lie between its head and the next sibling.
            Node::Array(items) | Node::Map(items) => skip_values(items.rest, items.remaining)?,
            _ => self.rest.get(length..)?,
        };
        Some(node)
    }
}

fn skip_values(mut rest: &[u8], mut missing: usize) -> Option<&[u8]> {
    while missing > 0 {
        let (node, length) = take(rest)?;
        missing -= 1;
        match node {
            Node::Array(items) | Node::Map(items) => {
                missing += items.remaining;
                rest = items.rest;
            }
            _ => rest = rest.get(length..)?,
        }
    }
    Some(rest)
}

/// Reads the value at the front and its length. The length of an aggregate is that of its head.
fn take(bytes: &[u8]) -> Option<(Node<'_>, usize)> {
    let (&marker, _) = bytes.split_first()?;
    let end = memchr::memchr(b'\n', bytes)?;
    let line = bytes.get(1..end.checked_sub(1)?)?;
    let head = end + 1;
    Some(match marker {
        b'$' | b'=' | b'!' => {
            let Some(length) = integer(line).and_then(|n| usize::try_from(n).ok()) else {
                return Some((Node::Null, head));
            };
            let content = bytes.get(head..head + length)?;
            let node = match marker {
                b'$' => Node::Bulk(content),
                // A verbatim string begins with `txt:` or `mkd:`.
                b'=' => Node::Bulk(content.get(4..).unwrap_or_default()),
                _ => Node::Error(content),
            };
            (node, head + length + 2)
        }
        b'+' => (Node::Status(line), head),
        b'-' => (Node::Error(line), head),
        b':' => (integer(line).map_or(Node::Number(line), Node::Integer), head),
        b',' | b'(' => (Node::Number(line), head),
        b'#' => (Node::Boolean(line == b"t"), head),
        b'*' | b'~' | b'>' | b'%' => {
            let Some(count) = integer(line).and_then(|n| usize::try_from(n).ok()) else {
                return Some((Node::Null, head));
            };
            if marker == b'%' {
                (Node::Map(Items { rest: &bytes[head..], remaining: count * 2 }), head)
            } else {
                (Node::Array(Items { rest: &bytes[head..], remaining: count }), head)
            }
        }
        b'|' => {
            let pairs = integer(line).and_then(|n| usize::try_from(n).ok())?;
            let described = skip_values(&bytes[head..], pairs * 2)?;
            let (node, length) = take(described)?;
            (node, bytes.len() - described.len() + length)
        }
        _ => (Node::Null, head),
    })
}

fn integer(line: &[u8]) -> Option<i64> {
    std::str::from_utf8(line).ok()?.parse().ok()
}
