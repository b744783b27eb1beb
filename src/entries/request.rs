//! Requests that run a script, and how they are read back.
//!
//! A lane keeps the bytes of each request until its reply is here. Where that never comes, and where no server is asked at
//! all, the same bytes say what was to be done.

use super::scripts::Script;
use crate::lane::{Arguments, append_argument, append_header, append_integer_argument};

/// Appends a request that runs a script.
pub fn append_script(out: &mut Vec<u8>, script: Script, keys: &[&[u8]], arguments: &[&[u8]]) {
    append_header(out, 3 + keys.len() + arguments.len());
    append_argument(out, b"EVALSHA");
    append_argument(out, script.sha());
    append_integer_argument(out, keys.len() as i64);
    keys.iter().chain(arguments).for_each(|argument| append_argument(out, argument));
}

/// The same, for a server that may not know the script, where the order of requests matters.
pub fn append_whole_script(out: &mut Vec<u8>, script: Script, keys: &[&[u8]], arguments: &[&[u8]]) {
    append_header(out, 3 + keys.len() + arguments.len());
    append_argument(out, b"EVAL");
    append_argument(out, script.text());
    append_integer_argument(out, keys.len() as i64);
    keys.iter().chain(arguments).for_each(|argument| append_argument(out, argument));
}

/// KEYS and ARGV of a script's request.
#[derive(Debug)]
pub struct Sent<'a> {
    pub keys: Vec<&'a [u8]>,
    pub arguments: Vec<&'a [u8]>,
}

impl<'a> Sent<'a> {
    /// `None` where the request runs no script. A GET counts as a script with one key.
    pub fn parse(request: &'a [u8]) -> Option<Sent<'a>> {
        let mut words = Arguments::new(request);
        if words.next()? == b"GET" {
            return Some(Sent { keys: vec![words.next()?], arguments: Vec::new() });
        }
        let count = integer(words.nth(1)?)?;
        let keys: Vec<_> = words.by_ref().take(usize::try_from(count).ok()?).collect();
        Some(Sent { keys, arguments: words.collect() })
    }

    /// The first of the keys, without a look at the others.
    pub fn first_key(request: &'a [u8]) -> Option<&'a [u8]> {
        let mut words = Arguments::new(request);
        if words.next()? == b"GET" { words.next() } else { words.nth(2) }
    }

    /// Empty where there are fewer.
    pub fn key(&self, position: usize) -> &'a [u8] {
        self.keys.get(position).copied().unwrap_or_default()
    }

    /// Empty where there are fewer.
    pub fn argument(&self, position: usize) -> &'a [u8] {
        self.arguments.get(position).copied().unwrap_or_default()
    }

    pub fn number(&self, position: usize) -> i64 {
        integer(self.argument(position)).unwrap_or_default()
    }

    pub fn text(&self, position: usize) -> &'a str {
        std::str::from_utf8(self.argument(position)).unwrap_or_default()
    }
}

pub fn integer(digits: &[u8]) -> Option<i64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::scripts::text_of;
    use super::*;

    #[test]
    fn a_request_is_read_back() {
        let mut out = Vec::new();
        append_script(&mut out, Script::LOOK, &[b"a", b"b\r\n"], &[b"x", b"", b"12"]);
        let sent = Sent::parse(&out).unwrap();
        assert_eq!((sent.keys.as_slice(), sent.arguments.len()), (&[&b"a"[..], b"b\r\n"][..], 3));
        assert_eq!(Sent::first_key(&out), Some(&b"a"[..]));
        assert_eq!((sent.text(0), sent.argument(1), sent.number(2)), ("x", &b""[..], 12));
        assert_eq!((sent.key(7), sent.argument(7), sent.number(0)), (&b""[..], &b""[..], 0));
        let mut whole = Vec::new();
        assert!(crate::redis::append_eval(&out, text_of, &mut whole));
        let again = Sent::parse(&whole).unwrap();
        assert_eq!((again.keys, again.arguments), (sent.keys, sent.arguments));
    }
}
