//! Facts about Redis's commands: which arguments are keys, which commands only read, which ones block.
//!
//! Promises: the facts are those that servers report themselves (COMMAND), in a generated table; a command
//! that is not in the table has no keys and no flags. Relies on nobody. Never allocates to look a command up,
//! and never changes a command.

mod blocking;
mod keys;
mod prefix;
mod slot;
mod table;

pub use blocking::{Blocking, blocking};
pub use keys::{describe as describe_keys, key_positions};
pub use prefix::Prefix;
pub use slot::{SLOTS, hash_tag, key_in, slot_of};

use table::COMMANDS;

pub const WRITE: u8 = 1;
pub const READONLY: u8 = 1 << 1;
/// The command may wait for other clients.
pub const BLOCKING: u8 = 1 << 2;
pub const PUBSUB: u8 = 1 << 3;
pub const NOSCRIPT: u8 = 1 << 4;
/// The position of the keys depends on other arguments.
pub const MOVABLEKEYS: u8 = 1 << 5;
pub const FAST: u8 = 1 << 6;

/// The flags with their names in COMMAND's reply.
pub const FLAG_NAMES: [(u8, &str); 7] = [
    (WRITE, "write"),
    (READONLY, "readonly"),
    (BLOCKING, "blocking"),
    (PUBSUB, "pubsub"),
    (NOSCRIPT, "noscript"),
    (MOVABLEKEYS, "movablekeys"),
    (FAST, "fast"),
];

/// The longest name of a command, including its container's name.
const MAX_NAME_BYTES: usize = 32;

/// One command.
#[derive(Debug)]
pub struct Command {
    /// The name in lower case. A subcommand is named `container
    /// name`.
    pub name: &'static str,
    /// The number of words including the name. A negative number is a minimum.
    pub arity: i16,
    pub flags: u8,
    keys: &'static [KeySpec],
    pub policy: Option<Policy>,
}

/// The nodes of a cluster that a command without keys goes to; see
/// <https://redis.io/docs/latest/develop/reference/command-tips/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    AllNodes,
    AllShards,
    MultiShard,
    Special,
}

/// A key spec: where keys stand among the words; see
/// <https://redis.io/docs/latest/develop/reference/key-specs/>.
#[derive(Debug)]
struct KeySpec {
    begin: Begin,
    find: Find,
}

#[derive(Debug)]
enum Begin {
    At(usize),
    /// The keys follow this word. The search starts at this position, counted from the end if it is negative.
    Behind(&'static str, isize),
}

#[derive(Debug)]
enum Find {
    /// The keys reach to `last`, which counts from the first key, or from the end if it is negative. `limit`
    /// reduces them to one part in `limit` of the remaining words.
    Range { last: isize, step: usize, limit: usize },
    /// The word at `number` holds the number of keys.
    Counted { number: usize, first: usize, step: usize },
}

const fn command(name: &'static str, arity: i16, flags: u8, keys: &'static [KeySpec]) -> Command {
    Command { name, arity, flags, keys, policy: None }
}

impl Command {
    const fn asks(self, policy: Policy) -> Command {
        Command { policy: Some(policy), ..self }
    }

    pub fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

const fn at(position: usize) -> Begin {
    Begin::At(position)
}

const fn behind(word: &'static str, from: isize) -> Begin {
    Begin::Behind(word, from)
}

const fn range(begin: Begin, last: isize, step: usize, limit: usize) -> KeySpec {
    KeySpec { begin, find: Find::Range { last, step, limit } }
}

const fn counted(begin: Begin, number: usize, first: usize, step: usize) -> KeySpec {
    KeySpec { begin, find: Find::Counted { number, first, step } }
}

/// Every command that is not a subcommand, with its number. A number is positive and stays the same while the
/// process runs.
pub fn all() -> impl Iterator<Item = (u16, &'static Command)> {
    (1..).zip(COMMANDS).filter(|(_, command)| !command.name.contains('|'))
}

/// The name of the command with this number; `None` for an unknown number.
pub fn name_of(number: u16) -> Option<&'static str> {
    COMMANDS.get(usize::from(number).checked_sub(1)?).map(|command| command.name)
}

/// Finds the command that these words are, or its subcommand if there is one.
pub fn find(words: &[&[u8]]) -> Option<&'static Command> {
    let name = words.first()?;
    let position = search(name, None)?;
    let is_container = COMMANDS.get(position + 1).is_some_and(|next| {
        next.name
            .as_bytes()
            .strip_prefix(COMMANDS[position].name.as_bytes())
            .is_some_and(|rest| rest[0] == b'|')
    });
    let subcommand =
        if is_container { words.get(1).and_then(|second| search(name, Some(second))) } else { None };
    COMMANDS.get(subcommand.unwrap_or(position))
}

/// Whether a command only reads and does not block. Such a command may go to any node and may run twice.
pub fn only_reads(words: &[&[u8]]) -> bool {
    find(words).is_some_and(|command| command.is(READONLY) && !command.is(BLOCKING))
}

fn search(name: &[u8], subcommand: Option<&[u8]>) -> Option<usize> {
    let mut lower = [0; MAX_NAME_BYTES];
    let mut length = 0;
    let mut put = |bytes: &[u8]| {
        let room = lower.get_mut(length..length + bytes.len())?;
        room.copy_from_slice(bytes);
        room.make_ascii_lowercase();
        length += bytes.len();
        Some(())
    };
    put(name)?;
    if let Some(subcommand) = subcommand {
        put(b"|")?;
        put(subcommand)?;
    }
    let initial = usize::from(lower[0]);
    let (from, until) = (*OFFSETS.get(initial)?, *OFFSETS.get(initial + 1)?);
    let found =
        COMMANDS[from..until].binary_search_by(|command| command.name.as_bytes().cmp(&lower[..length]));
    found.ok().map(|position| from + position)
}

/// The index of the first command with each initial letter. Every raw command is looked up, some of them
/// twice.
static OFFSETS: [usize; 129] = offsets();

const fn offsets() -> [usize; 129] {
    let mut offsets = [0; 129];
    let mut initial = 0;
    while initial < offsets.len() {
        let mut position = 0;
        while position < COMMANDS.len() && (COMMANDS[position].name.as_bytes()[0] as usize) < initial {
            position += 1;
        }
        offsets[initial] = position;
        initial += 1;
    }
    offsets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_that_the_search_needs() {
        assert!(COMMANDS.is_sorted_by(|a, b| a.name < b.name));
        assert!(COMMANDS.iter().all(|command| command.name.len() <= MAX_NAME_BYTES));
        assert!(COMMANDS.len() > 300);
    }

    #[test]
    fn a_command_is_found_by_any_case_and_with_its_subcommand() {
        let name = |words: &[&[u8]]| find(words).map(|command| command.name);
        assert_eq!(name(&[b"GeT", b"k"]), Some("get"));
        assert_eq!(name(&[b"XGROUP", b"Create", b"s"]), Some("xgroup|create"));
        assert_eq!(name(&[b"xgroup", b"frobnicate"]), Some("xgroup"));
        assert_eq!(name(&[b"xgroup"]), Some("xgroup"));
        assert_eq!(name(&[b"get", b"ter"]), Some("get"));
        assert_eq!(name(&[b"nonsense"]), None);
        assert_eq!(name(&[&[b'x'; 500]]), None);
        assert_eq!(name(&[]), None);
    }

    #[test]
    fn flags_tell_readers_from_writers() {
        let is = |word: &[u8], flag| find(&[word]).is_some_and(|command| command.is(flag));
        assert!(is(b"get", READONLY) && !is(b"get", WRITE));
        assert!(only_reads(&[b"get", b"k"]) && !only_reads(&[b"xread"]) && !only_reads(&[b"set"]));
        assert!(is(b"set", WRITE) && is(b"blpop", BLOCKING) && is(b"subscribe", PUBSUB));
    }
}
