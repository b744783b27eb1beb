//! What a server says unasked on a connection that tracks keys.

use crate::lane::{Frame, Items, Node};

/// One push message.
#[derive(Debug)]
pub enum Invalidation<'a> {
    /// These keys have changed, or the server tracks them no longer.
    Keys(Keys<'a>),
    /// Every key may have gone: FLUSHALL, or FLUSHDB of any database.
    All,
    /// Something else.
    Other,
}

impl<'a> Invalidation<'a> {
    pub fn of(frame: Frame<'a>) -> Invalidation<'a> {
        let Node::Array(mut items) = frame.node() else { return Invalidation::Other };
        if !matches!(items.next(), Some(Node::Bulk(b"invalidate"))) {
            return Invalidation::Other;
        }
        match items.next() {
            Some(Node::Array(keys)) => Invalidation::Keys(Keys(keys)),
            Some(Node::Null) => Invalidation::All,
            _ => Invalidation::Other,
        }
    }
}

/// The keys of a message.
#[derive(Debug)]
pub struct Keys<'a>(Items<'a>);

impl<'a> Iterator for Keys<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.0.find_map(|item| match item {
            Node::Bulk(key) => Some(key),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(message: &[u8]) -> Option<Vec<Vec<u8>>> {
        match Invalidation::of(Frame::new(message)) {
            Invalidation::Keys(keys) => Some(keys.map(<[u8]>::to_vec).collect()),
            _ => None,
        }
    }

    #[test]
    fn a_message_names_the_keys_that_changed() {
        let one = b">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
        assert_eq!(keys(one), Some(vec![b"k".to_vec()]));
        let two = b">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\nk\r\n$3\r\n\r\n\0\r\n";
        assert_eq!(keys(two), Some(vec![b"k".to_vec(), b"\r\n\0".to_vec()]));
        assert_eq!(keys(b">2\r\n$10\r\ninvalidate\r\n*0\r\n"), Some(vec![]));
    }

    #[test]
    fn a_message_without_keys_means_all_of_them() {
        for none in [&b">2\r\n$10\r\ninvalidate\r\n_\r\n"[..], b">2\r\n$10\r\ninvalidate\r\n*-1\r\n"] {
            assert!(matches!(Invalidation::of(Frame::new(none)), Invalidation::All), "{none:?}");
        }
    }

    #[test]
    fn other_messages_are_told_apart() {
        let other: [&[u8]; 3] = [
            b">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nm\r\n",
            b">1\r\n$10\r\ninvalidate\r\n",
            b">2\r\n$10\r\ninvalidate\r\n$1\r\nk\r\n",
        ];
        for message in other {
            assert!(matches!(Invalidation::of(Frame::new(message)), Invalidation::Other), "{message:?}");
        }
    }
}
