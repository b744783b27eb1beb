//! Recognizes a subscribed connection's messages and confirmations with RESP2, which marks neither.

use super::frame::{Frame, Node};

/// The number of subscriptions that the server has confirmed.
#[derive(Debug, Default)]
pub(super) struct Subscribed {
    /// Channels and patterns, which the server counts together.
    channels: i64,
    shard_channels: i64,
}

/// The meaning of an array on a subscribed connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SubscriberFrame<'a> {
    Message,
    /// A subscription began or ended. The count is the number of subscriptions of its kind.
    Confirmation {
        kind: &'a [u8],
        count: i64,
    },
    Other,
}

impl<'a> SubscriberFrame<'a> {
    pub(super) fn of(frame: Frame<'a>) -> SubscriberFrame<'a> {
        // Every reply passes here. Five bytes exclude all but arrays of three or four elements.
        if !matches!(frame.bytes(), [b'*', b'3' | b'4', b'\r', b'\n', b'$', ..]) {
            return SubscriberFrame::Other;
        }
        let Node::Array(mut items) = frame.node() else { return SubscriberFrame::Other };
        let length = items.remaining();
        let Some(Node::Bulk(kind)) = items.next() else { return SubscriberFrame::Other };
        match (kind, length) {
            (b"message" | b"smessage", 3) | (b"pmessage", 4) => SubscriberFrame::Message,
            (kind, 3) if kind.ends_with(b"subscribe") => match items.nth(1) {
                Some(Node::Integer(count)) => SubscriberFrame::Confirmation { kind, count },
                _ => SubscriberFrame::Other,
            },
            _ => SubscriberFrame::Other,
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
