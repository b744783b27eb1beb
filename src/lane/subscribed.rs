//! What a subscribed connection says with RESP2, which marks neither messages nor confirmations.

use super::frame::{Frame, Node};

/// How many subscriptions the server has told of in this protocol.
#[derive(Debug, Default)]
pub(super) struct Subscribed {
    /// Channels and patterns, which the server counts together.
    channels: i64,
    shard_channels: i64,
}

/// What an array may be on a connection that has subscribed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Message,
    /// A subscription that began or ended, and how many of its kind there are now.
    Confirmation {
        kind: &'a [u8],
        count: i64,
    },
    Other,
}

impl<'a> Said<'a> {
    pub(super) fn of(frame: Frame<'a>) -> Said<'a> {
        // Every reply comes by here: all but arrays of three or four are told by five bytes.
        if !matches!(frame.bytes(), [b'*', b'3' | b'4', b'\r', b'\n', b'$', ..]) {
            return Said::Other;
        }
        let Node::Array(mut items) = frame.node() else { return Said::Other };
        let length = items.remaining();
        let Some(Node::Bulk(kind)) = items.next() else { return Said::Other };
        match (kind, length) {
            (b"message" | b"smessage", 3) | (b"pmessage", 4) => Said::Message,
            (kind, 3) if kind.ends_with(b"subscribe") => match items.nth(1) {
                Some(Node::Integer(count)) => Said::Confirmation { kind, count },
                _ => Said::Other,
            },
            _ => Said::Other,
        }
    }
}

impl Subscribed {
    pub(super) fn is_to_any(&self) -> bool {
        self.channels > 0 || self.shard_channels > 0
    }

    pub(super) fn note(&mut self, kind: &[u8], count: i64) {
        match kind {
            b"ssubscribe" | b"sunsubscribe" => self.shard_channels = count,
            _ => self.channels = count,
        }
    }
}
