//! The raw client's commands, one by one and in transactions.

use std::time::{Duration, Instant};

use super::call::{Shape, Style};
use super::core::{Core, embedded};
use super::refusals::Treatment;
use super::shared_connection;
use super::token::{Purpose, Token};
use crate::command::{Blocking, blocking};
use crate::error::{Error, Result};
use crate::lane::{
    Arguments, Frame, Node, Requests, append_argument, append_command, append_header, append_joined_argument,
    commands_of, count_commands,
};

/// A lane wants a deadline of every request; a command that blocks for ever has none.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// MULTI and EXEC.
const FRAME_REPLIES: u32 = 2;

impl Core {
    pub(super) fn command(
        &self,
        words: &[&[u8]],
        style: Style,
        token: Token,
        out: &mut impl Requests<Token>,
    ) -> Result<()> {
        self.check(words)?;
        let shape = Shape::of(words.first().copied().unwrap_or_default(), style);
        let token = Token { selects: !self.is_shared() && database_of(words).is_some(), ..token };
        // A connection that all share carries no command that blocks.
        let (purpose, deadline) = match self.is_dedicated() && blocking(words).is_some() {
            true => (Purpose::Blocking(shape), self.patience(words, token.issued)),
            false => (Purpose::Command(shape), self.deadline(token.issued)),
        };
        let replies = match self.is_dedicated() {
            true => confirmations(words),
            false => 1,
        };
        out.push(token.followed_by(purpose), deadline, |bytes| {
            self.append_words(words, style, bytes);
            replies
        });
        Ok(())
    }

    /// What an answered request tells of later ones: the size of a value, the database of its connection.
    pub(super) fn learn(&self, token: &Token, request: &[u8], reply: Frame<'_>) {
        if matches!(token.purpose, Purpose::Command(_) | Purpose::Operation(_)) {
            self.learn_size(request, reply.bytes().len());
        }
        if token.selects
            && let Some(database) = database_after(request, reply)
        {
            self.dialer().select(database);
        }
    }

    /// When a command that blocks must be answered, if it is sent at `from`.
    pub(super) fn patience(&self, words: &[&[u8]], from: Instant) -> Instant {
        let usual = self.deadline(from);
        match blocking(words) {
            None => usual,
            Some(Blocking::Forever) => from + NEVER,
            Some(Blocking::For(time)) => usual.checked_add(time).unwrap_or(from + NEVER),
        }
    }

    /// Sends commands as one request, so that nothing of others can come between them.
    pub(super) fn transaction(
        &self,
        commands: &[&[&[u8]]],
        style: Style,
        token: Token,
        out: &mut impl Requests<Token>,
    ) -> Result<()> {
        for words in commands {
            self.check(words)?;
        }
        let shapes =
            commands.iter().map(|words| Shape::of(words.first().copied().unwrap_or_default(), style));
        let purpose = Purpose::Transaction(shapes.collect());
        let selects = !self.is_shared() && commands.iter().any(|words| database_of(words).is_some());
        let token = Token { selects, ..token };
        let deadline = self.deadline(token.issued);
        out.push(token.followed_by(purpose), deadline, |bytes| {
            append_command(bytes, &[b"MULTI"]);
            commands.iter().for_each(|words| self.append_words(words, style, bytes));
            append_command(bytes, &[b"EXEC"]);
            commands.len() as u32 + FRAME_REPLIES
        });
        Ok(())
    }

    fn check(&self, words: &[&[u8]]) -> Result<()> {
        if !self.config().use_redis() {
            return Err(embedded());
        }
        shared_connection::refusal(words, self.role()).map_or(Ok(()), Err)
    }

    fn append_words(&self, words: &[&[u8]], style: Style, bytes: &mut Vec<u8>) {
        if !style.is_prefixed {
            return append_command(bytes, words);
        }
        let Some(marks) = self.prefix.marks(words) else {
            let words = self.prefix.apply(words);
            append_header(bytes, words.len());
            return words.iter().for_each(|word| append_argument(bytes, word));
        };
        append_header(bytes, words.len());
        for (position, word) in words.iter().enumerate() {
            match marks >> position & 1 {
                0 => append_argument(bytes, word),
                _ => append_joined_argument(bytes, self.prefix.text(), word),
            }
        }
    }
}

/// The database that a command selects.
fn database_of(words: &[&[u8]]) -> Option<u32> {
    match words {
        [name, database] if name.eq_ignore_ascii_case(b"SELECT") => {
            std::str::from_utf8(database).ok()?.parse().ok()
        }
        _ => None,
    }
}

/// The database in which a request that was answered has left its connection; `None` where it changed nothing.
fn database_after(request: &[u8], reply: Frame<'_>) -> Option<u32> {
    let words: Vec<&[u8]> = Arguments::new(request).collect();
    let Node::Array(replies) = reply.node() else { return database_of(&words) };
    let mut commands = commands_of(request);
    commands.next();
    let answered = commands.zip(replies).filter(|(_, reply)| !matches!(reply, Node::Error(_)));
    answered.filter_map(|(words, _)| database_of(&words)).last()
}

/// A subscription is confirmed for each channel, and the lane counts each confirmation as a reply.
fn confirmations(words: &[&[u8]]) -> u32 {
    const EACH: [&str; 6] =
        ["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"];
    match words.split_first() {
        Some((name, channels)) if EACH.iter().any(|each| name.eq_ignore_ascii_case(each.as_bytes())) => {
            (channels.len() as u32).max(1)
        }
        _ => 1,
    }
}

/// How many replies a request has that was put together before.
pub(super) fn replies_of(request: &[u8]) -> u32 {
    match count_commands(request) {
        1 => confirmations(&Arguments::new(request).collect::<Vec<_>>()),
        commands => commands,
    }
}

/// What a transaction failed with, of which a part was refused while it was put together.
pub(super) fn transaction_refused(line: &str) -> Error {
    let refused = Error::reply(line);
    match Treatment::of(&refused) {
        Treatment::Replace => refused,
        _ => Error::reply(&format!("EXECABORT Transaction discarded because of previous errors: {line}")),
    }
}
