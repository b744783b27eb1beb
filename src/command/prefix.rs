//! Adds a prefix to every key of a command and to every pattern that selects keys.

use std::borrow::Cow;

use super::{PUBSUB, find, key_positions};

/// The prefix of keys.
#[derive(Debug, Clone)]
pub struct Prefix {
    text: Box<[u8]>,
    /// The prefix with its pattern characters escaped, for glob patterns.
    pattern: Box<[u8]>,
}

impl Prefix {
    pub fn new(text: &str) -> Prefix {
        let mut pattern = Vec::with_capacity(text.len());
        for byte in text.bytes() {
            if matches!(byte, b'*' | b'?' | b'[' | b']' | b'\\') {
                pattern.push(b'\\');
            }
            pattern.push(byte);
        }
        Prefix { text: text.as_bytes().into(), pattern: pattern.into() }
    }

    /// The prefix's text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// The words that get the prefix, one bit each. `None` when `apply` must decide: the command has
    /// patterns, or too many words.
    pub fn marks(&self, words: &[&[u8]]) -> Option<u128> {
        if self.text.is_empty() {
            return Some(0);
        }
        if words.len() > u128::BITS as usize || has_patterns(words) {
            return None;
        }
        if names_channels(words) {
            return Some(0);
        }
        let mut marks = 0;
        key_positions(words, |position| {
            if !words[position].starts_with(&self.text) {
                marks |= 1 << position;
            }
        });
        Some(marks)
    }

    /// The words with the prefix added to keys and patterns. A word that already begins with the prefix
    /// stays.
    pub fn apply<'w>(&self, words: &[&'w [u8]]) -> Vec<Cow<'w, [u8]>> {
        let mut prefixed: Vec<Cow<'w, [u8]>> = words.iter().map(|word| Cow::Borrowed(*word)).collect();
        if self.text.is_empty() || names_channels(words) {
            return prefixed;
        }
        key_positions(words, |position| put_before(&self.text, &mut prefixed[position]));
        self.patterns(words, &mut prefixed);
        prefixed
    }

    fn patterns(&self, words: &[&[u8]], prefixed: &mut Vec<Cow<'_, [u8]>>) {
        let is = |name: &str| words.first().is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()));
        let behind = |word: &str| {
            let found = words.iter().skip(1).position(|other| other.eq_ignore_ascii_case(word.as_bytes()));
            found.map(|position| position + 2).filter(|position| *position < words.len())
        };
        if is("keys") && words.len() == 2 {
            put_before(&self.pattern, &mut prefixed[1]);
        } else if is("scan") && words.len() > 1 {
            if let Some(position) = behind("MATCH") {
                put_before(&self.pattern, &mut prefixed[position]);
            } else {
                prefixed.push(Cow::Borrowed(b"MATCH"));
                prefixed.push(Cow::Owned([&self.pattern[..], b"*"].concat()));
            }
        } else if is("sort") || is("sort_ro") {
            for position in 2..words.len().saturating_sub(1) {
                let is_pattern_next =
                    [&b"BY"[..], b"GET"].iter().any(|word| words[position].eq_ignore_ascii_case(word));
                // A pattern without an asterisk names no key: `#` is the element itself, and `nosort` is
                // nothing.
                if is_pattern_next && words[position + 1].contains(&b'*') {
                    put_before(&self.text, &mut prefixed[position + 1]);
                }
            }
        }
    }
}

/// Whether the command's keys are shard channels, which the server counts as keys. Channels have a prefix of
/// their own, or none.
fn names_channels(words: &[&[u8]]) -> bool {
    find(words).is_some_and(|command| command.is(PUBSUB))
}

/// Whether the command selects keys by a pattern.
fn has_patterns(words: &[&[u8]]) -> bool {
    const SEARCHING: [&str; 4] = ["scan", "keys", "sort", "sort_ro"];
    let Some(name) = words.first() else { return false };
    SEARCHING.iter().any(|searching| name.eq_ignore_ascii_case(searching.as_bytes()))
}

fn put_before(prefix: &[u8], word: &mut Cow<'_, [u8]>) {
    if !word.starts_with(prefix) {
        *word = Cow::Owned([prefix, word].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(prefix: &str, command: &str) -> String {
        let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
        let prefixed = Prefix::new(prefix).apply(&words);
        let texts: Vec<_> = prefixed.iter().map(|word| String::from_utf8_lossy(word)).collect();
        texts.join(" ")
    }

    #[test]
    fn every_key_gets_the_prefix_once() {
        assert_eq!(apply("p:", "get k"), "get p:k");
        assert_eq!(apply("p:", "get p:k"), "get p:k");
        assert_eq!(apply("p:", "mset a a b b"), "mset p:a a p:b b");
        assert_eq!(apply("p:", "eval return 1 k k"), "eval return 1 p:k k");
        assert_eq!(apply("p:", "publish k k"), "publish k k");
        assert_eq!(apply("p:", "spublish k k"), "spublish k k");
        assert_eq!(apply("", "get k"), "get k");
        assert_eq!(apply("p:", "migrate h 1  0 5 KEYS a p:b"), "migrate h 1  0 5 KEYS p:a p:b");
        assert_eq!(apply("p:", "migrate h 1 k 0 5"), "migrate h 1 p:k 0 5");
        let marks = |command: &str| {
            let words: Vec<&[u8]> = command.split(' ').map(str::as_bytes).collect();
            Prefix::new("p:").marks(&words)
        };
        assert_eq!(marks("mset a a p:b b c c"), Some(0b10_0010));
        assert_eq!(marks("KEYS *"), None);
    }

    #[test]
    fn patterns_of_keys_get_it_and_others_do_not() {
        assert_eq!(apply("p:", "scan 0 MATCH a* COUNT 5"), "scan 0 MATCH p:a* COUNT 5");
        assert_eq!(apply("p:", "scan 0"), "scan 0 MATCH p:*");
        assert_eq!(apply("a*b:", "keys x?"), r"keys a\*b:x?");
        assert_eq!(apply("p:", "hscan h 0 MATCH f*"), "hscan p:h 0 MATCH f*");
        assert_eq!(apply("p:", "sort l BY w_* GET # GET v_*->f"), "sort p:l BY p:w_* GET # GET p:v_*->f");
        assert_eq!(apply("p:", "sort l BY nosort STORE to"), "sort p:l BY nosort STORE p:to");
    }
}
