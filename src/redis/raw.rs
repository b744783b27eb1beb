//! The raw client's commands, one by one and in transactions.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use super::error_policy::ErrorPolicy;
use super::node::{Node, embedded};
use super::pending::{Pending, Ticket};
use super::reply_format::{CommandOptions, ReplyFormat};
use super::shared_connection;
use super::slots::routing_position;
use crate::command::{Blocking, Prefix, blocking, key_positions, only_reads, slot_of};
use crate::error::{Error, Result};
use crate::lane::{
    Arguments, Frame, Node as Reply, Requests, append_argument, append_command, append_header,
    append_joined_argument, commands_of, count_commands,
};

/// A call of the raw client: Redis alone can answer it.
#[derive(Debug, Clone, Copy)]
pub enum RawCall<'a> {
    /// A command as it is, its name first.
    Command { words: &'a [&'a [u8]], options: CommandOptions },
    /// Commands that run together or not at all, without MULTI and EXEC.
    Transaction { commands: &'a [&'a [&'a [u8]]], options: CommandOptions },
}

impl<'a> RawCall<'a> {
    /// The words of each command.
    fn commands(&self) -> &[&'a [&'a [u8]]] {
        match self {
            RawCall::Command { words, .. } => std::slice::from_ref(words),
            RawCall::Transaction { commands, .. } => commands,
        }
    }

    fn options(&self) -> CommandOptions {
        match self {
            RawCall::Command { options, .. } | RawCall::Transaction { options, .. } => *options,
        }
    }

    /// Whether it reads and does nothing else, so that a replica may answer it.
    pub fn only_reads(&self) -> bool {
        matches!(self, RawCall::Command { words, .. } if only_reads(words))
    }

    /// Puts the request of this call into `out`.
    ///
    /// # Errors
    /// The connection cannot carry it, or there is no Redis.
    pub fn append<T>(
        &self,
        node: &Node,
        call_id: u32,
        issued: Instant,
        out: &mut impl Requests<Pending<T>>,
    ) -> Result<()> {
        match self {
            RawCall::Command { words, options } => append_one(node, words, *options, call_id, issued, out),
            RawCall::Transaction { commands, options } => {
                append_transaction(node, commands, *options, call_id, issued, out)
            }
        }
    }

    /// The slot of its first key, in a cluster; `None` where it names none, so that any node may answer.
    pub fn slot(&self, prefix: &Prefix) -> Option<u16> {
        let is_prefixed = self.options().is_prefixed;
        self.commands().iter().find_map(|words| {
            let word = words[routing_position(words)?];
            Some(if is_prefixed && !word.starts_with(prefix.text()) {
                slot_of(&[prefix.text(), word].concat())
            } else {
                slot_of(word)
            })
        })
    }

    /// The key of a command that reads one value and does nothing else.
    pub fn key_read(&self, prefix: &Prefix) -> Option<Cow<'a, [u8]>> {
        let RawCall::Command { words, options } = *self else { return None };
        if !only_reads(words) {
            return None;
        }
        let mut positions = Vec::new();
        key_positions(words, |position| positions.push(position));
        let [1] = positions[..] else { return None };
        Some(if options.is_prefixed {
            prefix.apply(&words[..2]).swap_remove(1)
        } else {
            Cow::Borrowed(words[1])
        })
    }
}

/// A lane wants a deadline of every request; a command that blocks for ever has none.
const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// MULTI and EXEC.
const FRAME_REPLIES: u32 = 2;

fn append_one<T>(
    node: &Node,
    words: &[&[u8]],
    options: CommandOptions,
    call_id: u32,
    issued: Instant,
    out: &mut impl Requests<Pending<T>>,
) -> Result<()> {
    check(node, words)?;
    let format = ReplyFormat::of(words.first().copied().unwrap_or_default(), options);
    // A connection that all share carries no command that blocks.
    let (ticket, deadline) = if node.is_dedicated() && blocking(words).is_some() {
        (Ticket::Blocking(format), patience(node, words, issued))
    } else {
        (Ticket::Command(format), node.deadline(issued))
    };
    let selects = !node.is_shared() && database_of(words).is_some();
    let pending = Pending { selects, ..Pending::new(call_id, ticket, issued) };
    let replies = if node.is_dedicated() { confirmations(words) } else { 1 };
    out.push(pending, deadline, |bytes| {
        append_words(node.prefix(), words, options, bytes);
        replies
    });
    Ok(())
}

/// When a command that blocks must be answered, if it is sent at `from`.
pub(super) fn patience(node: &Node, words: &[&[u8]], from: Instant) -> Instant {
    let usual = node.deadline(from);
    match blocking(words) {
        None => usual,
        Some(Blocking::Forever) => from + NEVER,
        Some(Blocking::For(time)) => usual.checked_add(time).unwrap_or(from + NEVER),
    }
}

/// Sends commands as one request, so that nothing of others can come between them.
fn append_transaction<T>(
    node: &Node,
    commands: &[&[&[u8]]],
    options: CommandOptions,
    call_id: u32,
    issued: Instant,
    out: &mut impl Requests<Pending<T>>,
) -> Result<()> {
    for words in commands {
        check(node, words)?;
    }
    let formats =
        commands.iter().map(|words| ReplyFormat::of(words.first().copied().unwrap_or_default(), options));
    let selects = !node.is_shared() && commands.iter().any(|words| database_of(words).is_some());
    let ticket = Ticket::Transaction(formats.collect());
    let pending = Pending { selects, ..Pending::new(call_id, ticket, issued) };
    let deadline = node.deadline(issued);
    out.push(pending, deadline, |bytes| {
        append_command(bytes, &[b"MULTI"]);
        commands.iter().for_each(|words| append_words(node.prefix(), words, options, bytes));
        append_command(bytes, &[b"EXEC"]);
        commands.len() as u32 + FRAME_REPLIES
    });
    Ok(())
}

fn check(node: &Node, words: &[&[u8]]) -> Result<()> {
    if !node.config().use_redis() {
        return Err(embedded());
    }
    shared_connection::refusal(words, node.role()).map_or(Ok(()), Err)
}

fn append_words(prefix: &Prefix, words: &[&[u8]], options: CommandOptions, bytes: &mut Vec<u8>) {
    if !options.is_prefixed {
        return append_command(bytes, words);
    }
    let Some(marks) = prefix.marks(words) else {
        let words = prefix.apply(words);
        append_header(bytes, words.len());
        return words.iter().for_each(|word| append_argument(bytes, word));
    };
    append_header(bytes, words.len());
    for (position, word) in words.iter().enumerate() {
        match marks >> position & 1 {
            0 => append_argument(bytes, word),
            _ => append_joined_argument(bytes, prefix.text(), word),
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
pub(super) fn database_after(request: &[u8], reply: Frame<'_>) -> Option<u32> {
    let words: Vec<&[u8]> = Arguments::new(request).collect();
    let Reply::Array(replies) = reply.node() else { return database_of(&words) };
    let mut commands = commands_of(request);
    commands.next();
    let answered = commands.zip(replies).filter(|(_, reply)| !matches!(reply, Reply::Error(_)));
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
    match ErrorPolicy::of(&refused) {
        ErrorPolicy::Replace => refused,
        _ => Error::discarded(line),
    }
}
