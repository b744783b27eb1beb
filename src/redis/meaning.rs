//! Which replies answer requests, on a connection that subscribes or monitors.
//!
//! RESP3 marks what answers no request; RESP2 does not, so there the words tell. A subscription gets one
//! confirmation a channel: <https://redis.io/docs/latest/develop/pubsub/#format-of-pushed-messages>.

use crate::lane::{Frame, Meaning, Node};

/// What a request changes about the replies to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// One reply.
    Reply,
    /// A confirmation for each of so many channels that is still missing.
    Subscribe { names: Names, missing: u32 },
    /// The same; with `missing` none until nothing of the kind is subscribed.
    Unsubscribe { names: Names, missing: Option<u32> },
    /// From its reply on the server tells each command that it carries out.
    Monitor,
    /// Ends subscriptions and monitoring.
    Reset,
}

/// The three lists of names that a server keeps for a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    Channels,
    Patterns,
    ShardChannels,
}

/// What the words of a confirmation say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Confirmation {
    names: Names,
    subscribes: bool,
    /// How many names are subscribed afterwards; channels and patterns are counted together.
    total: u64,
}

/// What a connection has subscribed to.
#[derive(Debug, Default)]
pub struct Subscriptions {
    channels: u64,
    patterns: u64,
    shard_channels: u64,
    /// Its confirmations and messages are arrays like any other reply.
    is_unmarked: bool,
    is_monitoring: bool,
}

impl Expectation {
    pub fn of(words: &[&[u8]]) -> Expectation {
        let Some((name, arguments)) = words.split_first() else { return Expectation::Reply };
        // Most commands are told apart by the length of their name.
        if !matches!(name.len(), 5 | 7 | 9..=12) {
            return Expectation::Reply;
        }
        let is = |command: &str| name.eq_ignore_ascii_case(command.as_bytes());
        if is("MONITOR") {
            return Expectation::Monitor;
        }
        if is("RESET") {
            return Expectation::Reset;
        }
        let count = u32::try_from(arguments.len()).unwrap_or(u32::MAX);
        match subscription(&name.to_ascii_lowercase()) {
            Some((names, true)) => Expectation::Subscribe { names, missing: count },
            Some((names, false)) => Expectation::Unsubscribe { names, missing: (count > 0).then_some(count) },
            None => Expectation::Reply,
        }
    }
}

/// Which names a command changes, and whether it adds to them.
fn subscription(name: &[u8]) -> Option<(Names, bool)> {
    Some(match name {
        b"subscribe" => (Names::Channels, true),
        b"psubscribe" => (Names::Patterns, true),
        b"ssubscribe" => (Names::ShardChannels, true),
        b"unsubscribe" => (Names::Channels, false),
        b"punsubscribe" => (Names::Patterns, false),
        b"sunsubscribe" => (Names::ShardChannels, false),
        _ => return None,
    })
}

impl Subscriptions {
    /// What `frame` is to the request `front`, which was sent and waits for its reply.
    pub fn judge(&mut self, frame: Frame<'_>, front: Option<&mut Expectation>) -> Meaning {
        let is_usual = !self.is_unmarked && !self.is_monitoring && !frame.is_push();
        match front {
            Some(Expectation::Reply) if is_usual => Meaning::Answer,
            None => {
                // Confirmations come unasked too: a server ends the subscriptions of a slot that it gives away.
                if let Some(confirmation) = confirmation(frame) {
                    self.note(confirmation, frame);
                }
                Meaning::Push
            }
            Some(front) => self.judge_carefully(frame, front),
        }
    }

    fn judge_carefully(&mut self, frame: Frame<'_>, front: &mut Expectation) -> Meaning {
        if self.is_monitoring && is_monitored_command(frame) {
            return Meaning::Push;
        }
        if let Some(confirmation) = confirmation(frame)
            && (frame.is_push() || self.is_unmarked || front.awaits(confirmation))
        {
            self.note(confirmation, frame);
            return if front.awaits(confirmation) {
                Meaning::Confirmation { is_last: self.is_last(front) }
            } else {
                Meaning::Push
            };
        }
        if frame.is_push() || (self.is_unmarked && is_message(frame)) {
            return Meaning::Push;
        }
        match (&*front, frame.node()) {
            (Expectation::Monitor, Node::Status(b"OK")) => self.is_monitoring = true,
            (Expectation::Reset, Node::Status(b"RESET")) => *self = Subscriptions::default(),
            _ => {}
        }
        Meaning::Answer
    }

    fn note(&mut self, Confirmation { names, total, .. }: Confirmation, frame: Frame<'_>) {
        match names {
            Names::Channels => self.channels = total.saturating_sub(self.patterns),
            Names::Patterns => self.patterns = total.saturating_sub(self.channels),
            Names::ShardChannels => self.shard_channels = total,
        }
        let any = self.channels + self.patterns + self.shard_channels > 0;
        self.is_unmarked = any && !frame.is_push();
    }

    /// Counts a confirmation that the request in front has got.
    fn is_last(&self, front: &mut Expectation) -> bool {
        match front {
            Expectation::Subscribe { missing, .. }
            | Expectation::Unsubscribe { missing: Some(missing), .. } => {
                *missing = missing.saturating_sub(1);
                *missing == 0
            }
            Expectation::Unsubscribe { names, missing: None } => match names {
                Names::Channels => self.channels == 0,
                Names::Patterns => self.patterns == 0,
                Names::ShardChannels => self.shard_channels == 0,
            },
            _ => true,
        }
    }
}

impl Expectation {
    fn awaits(&self, confirmation: Confirmation) -> bool {
        match self {
            Expectation::Subscribe { names, .. } => confirmation.subscribes && *names == confirmation.names,
            Expectation::Unsubscribe { names, .. } => {
                !confirmation.subscribes && *names == confirmation.names
            }
            _ => false,
        }
    }
}

fn confirmation(frame: Frame<'_>) -> Option<Confirmation> {
    let Node::Array(mut items) = frame.node() else { return None };
    let (names, subscribes) = match items.next() {
        Some(Node::Bulk(kind) | Node::Status(kind)) => subscription(kind)?,
        _ => return None,
    };
    let _name = items.next()?;
    match (items.next(), items.next()) {
        (Some(Node::Integer(total)), None) => {
            Some(Confirmation { names, subscribes, total: u64::try_from(total).ok()? })
        }
        _ => None,
    }
}

fn is_message(frame: Frame<'_>) -> bool {
    let Node::Array(mut items) = frame.node() else { return false };
    let length = items.remaining();
    match items.next() {
        Some(Node::Bulk(kind) | Node::Status(kind)) => match kind {
            b"message" | b"smessage" => length == 3,
            b"pmessage" => length == 4,
            _ => false,
        },
        _ => false,
    }
}

/// `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`
fn is_monitored_command(frame: Frame<'_>) -> bool {
    matches!(frame.node(), Node::Status(line) if line.first().is_some_and(u8::is_ascii_digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection whose server says `replies`; what each is to `requests`, which are all sent.
    fn judged(requests: &[&str], replies: &[&[u8]]) -> Vec<Meaning> {
        let words = |request: &&str| -> Expectation {
            let words: Vec<&[u8]> = request.split(' ').map(str::as_bytes).collect();
            Expectation::of(&words)
        };
        let mut waiting: std::collections::VecDeque<Expectation> = requests.iter().map(words).collect();
        let mut subscriptions = Subscriptions::default();
        let mut judge = |reply: &&[u8]| {
            let meaning = subscriptions.judge(Frame::new(reply), waiting.front_mut());
            if matches!(meaning, Meaning::Answer | Meaning::Confirmation { is_last: true }) {
                waiting.pop_front();
            }
            meaning
        };
        let meanings = replies.iter().map(&mut judge).collect();
        assert!(waiting.is_empty(), "{waiting:?}");
        meanings
    }

    const LAST: Meaning = Meaning::Confirmation { is_last: true };
    const NOT_LAST: Meaning = Meaning::Confirmation { is_last: false };
    const SUBSCRIBED_A: &[u8] = b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
    const SUBSCRIBED_B: &[u8] = b"*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n";
    const SUBSCRIBED_PATTERN: &[u8] = b"*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:3\r\n";
    const MESSAGE: &[u8] = b"*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n";
    const PONG: &[u8] = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n";

    #[test]
    fn a_subscription_is_answered_by_its_last_confirmation_and_messages_answer_nothing() {
        assert_eq!(
            judged(&["SUBSCRIBE a b", "ping"], &[SUBSCRIBED_A, MESSAGE, SUBSCRIBED_B, MESSAGE, PONG]),
            [NOT_LAST, Meaning::Push, LAST, Meaning::Push, Meaning::Answer],
        );
    }

    #[test]
    fn a_list_that_looks_like_a_message_is_a_reply_where_nothing_is_subscribed() {
        let unsubscribed: &[u8] = b"*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n";
        assert_eq!(
            judged(
                &["LRANGE l 0 -1", "lrange l 0 -1", "subscribe a", "unsubscribe a", "lrange l 0 -1"],
                &[MESSAGE, SUBSCRIBED_A, SUBSCRIBED_A, unsubscribed, MESSAGE],
            ),
            [Meaning::Answer, Meaning::Answer, LAST, LAST, Meaning::Answer],
        );
    }

    #[test]
    fn unsubscribing_from_everything_of_a_kind_ends_when_nothing_of_it_is_left() {
        let left = |kind: &str, name: &str, total: u32| {
            format!("*3\r\n${}\r\n{kind}\r\n{name}:{total}\r\n", kind.len()).into_bytes()
        };
        let (first, second) = (left("unsubscribe", "$1\r\na\r\n", 2), left("unsubscribe", "$1\r\nb\r\n", 1));
        let nothing = left("unsubscribe", "$-1\r\n", 1);
        let pattern = left("punsubscribe", "$1\r\n*\r\n", 0);
        assert_eq!(
            judged(
                &["SUBSCRIBE a b", "PSUBSCRIBE *", "UNSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE"],
                &[SUBSCRIBED_A, SUBSCRIBED_B, SUBSCRIBED_PATTERN, &first, &second, &nothing, &pattern],
            ),
            [NOT_LAST, LAST, LAST, NOT_LAST, LAST, LAST, LAST],
        );
    }

    #[test]
    fn a_refused_or_queued_subscription_has_one_reply() {
        assert_eq!(
            judged(&["subscribe a b", "ssubscribe c"], &[b"-NOPERM no\r\n", b"+QUEUED\r\n"]),
            [Meaning::Answer, Meaning::Answer],
        );
    }

    #[test]
    fn a_subscription_that_the_server_ends_answers_nothing() {
        let ended: &[u8] = b"*3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n";
        let began: &[u8] = b"*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n";
        assert_eq!(
            judged(&["ssubscribe a", "get k"], &[began, ended, MESSAGE]),
            [LAST, Meaning::Push, Meaning::Answer],
        );
    }

    #[test]
    fn with_resp3_only_marked_replies_are_messages() {
        let confirmed: &[u8] = b">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n";
        let message: &[u8] = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n";
        assert_eq!(
            judged(&["subscribe a", "lrange l 0 -1"], &[confirmed, message, MESSAGE]),
            [LAST, Meaning::Push, Meaning::Answer],
        );
    }

    #[test]
    fn a_monitoring_connection_is_told_commands_until_it_is_reset() {
        let told: &[u8] = b"+1339518083.107412 [0 127.0.0.1:60866] \"keys\" \"*\"\r\n";
        assert_eq!(
            judged(
                &["monitor", "auth x", "RESET", "lrange l 0 -1", "get k"],
                &[b"+OK\r\n", told, b"+OK\r\n", told, b"+RESET\r\n", MESSAGE, told],
            ),
            [
                Meaning::Answer,
                Meaning::Push,
                Meaning::Answer,
                Meaning::Push,
                Meaning::Answer,
                Meaning::Answer,
                Meaning::Answer,
            ],
        );
    }

    #[test]
    fn a_reply_to_nothing_is_told_as_it_is() {
        assert_eq!(judged(&[], &[b"-ERR max number of clients reached\r\n"]), [Meaning::Push]);
    }
}
